import { runSuites } from './runSuites.js';

runSuites('cpu');
