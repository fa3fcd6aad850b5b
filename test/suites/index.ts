import { badInput } from './badInput.js';
import { conformance } from './conformance.js';
import { gradientSuite } from './gradients.js';
import type { Suite } from './harness.js';
import { laws } from './laws.js';
import { memory } from './memory.js';
import { statistics } from './statistics.js';

/** Every suite there is, in the order in which a failure says most. */
export const SUITES: readonly Suite[] = [laws, statistics, gradientSuite, conformance, badInput, memory];
