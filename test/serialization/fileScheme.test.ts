/** @jest-environment <rootDir>/test/tensorflow/environment.js */
import { runSuites } from '../runSuites.js';
import { isSetUp, loadTensorFlow } from '../tensorflow/load.js';
import { whereSetUp } from '../whereSetUp.js';
import { fileScheme } from './fileScheme.js';

whereSetUp('tensorflow', isSetUp(), () => {
  beforeAll(loadTensorFlow);
  runSuites('tensorflow', { suites: [fileScheme] });
});
