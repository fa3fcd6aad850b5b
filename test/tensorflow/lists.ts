import type { Suite } from '../suites/harness.js';
import { SUITES } from '../suites/index.js';
import { TENSORFLOW_SUITES } from '../suites/tensorflow/index.js';

/** What runs on the tensorflow backend besides cases from files. */
export const LISTS: readonly Suite[] = [...SUITES, ...TENSORFLOW_SUITES];
