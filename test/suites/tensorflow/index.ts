import type { Suite } from '../harness.js';
import { hazardSuite } from './hazards.js';
import { kernelSuites } from './kernels.js';

/** What is checked of the tensorflow backend besides the lists for all. */
export const TENSORFLOW_SUITES: readonly Suite[] = [...kernelSuites, hazardSuite];
