/** @jest-environment <rootDir>/test/tensorflow/environment.js */
import { runSuites } from './runSuites.js';
import { SUITES } from './suites/index.js';
import { TENSORFLOW_SUITES } from './suites/tensorflow/index.js';
import { isSetUp, loadTensorFlow } from './tensorflow/load.js';
import { whereSetUp } from './whereSetUp.js';

whereSetUp('tensorflow', isSetUp(), () => {
  beforeAll(loadTensorFlow);
  runSuites('tensorflow', { suites: [...SUITES, ...TENSORFLOW_SUITES] });
});
