import { calls } from './conformance/calls.js';
import { configs } from './conformance/config.js';
import { masks } from './conformance/masks.js';
import { choices } from './conformance/statistics.js';
import type { Suite } from './harness.js';

/** Keras's `run_layer_test` and what tfjs needs besides, for every layer. */
export const conformance: Suite = { name: 'conformance', checks: [...configs, ...calls, ...choices, ...masks] };
