import type { SlabView } from '../../../src/kernels/contract.js';
import { tensorflowKernels } from '../../../src/kernels/tensorflow/kernels.js';
import { views } from '../../kernels/cases.js';
import { accuracyChecks, VIEWS } from '../gpu/sharedAccuracy.js';
import { kernelChecks } from '../gpu/sharedKernels.js';
import type { Suite } from '../harness.js';

/** Every way through the kernels, of more values than are measured from the pilot without a look. */
export const LARGE_VIEWS: readonly SlabView[] = [
  { B: 130, S: 1, G: 1, K: 2100, T: 1 }, // rows
  { B: 2200, S: 1, G: 1, K: 130, T: 1 }, // short rows
  { B: 3, S: 1031, G: 11, K: 8, T: 1 }, // channels last, a prime number of positions
  { B: 1, S: 8200, G: 33, K: 1, T: 1 }, // batch, channels last
  { B: 1, S: 2 ** 14, G: 17, K: 1, T: 1 }, // batch, folded forward, as many positions as gradients add plainly
  { B: 3, S: 2800, G: 32, K: 1, T: 1 }, // instance, few large samples
  { B: 2, S: 1, G: 5, K: 3, T: 9001 }, // channels first
  { B: 2, S: 9, G: 5, K: 3, T: 1009 }, // channels in the middle
];

/**
 * Of the largest value. TensorFlow's own batch norm adds plainly: its mean of 8,000 values is 2e-6 off; and dγ, of 10⁵ values, sees the
 * rounding of every mean.
 */
const PLAIN_SUMS = 1e-5;

/** So many positions that plain sums would be off by 2e-5 and more. */
export const LONG_VIEWS: readonly SlabView[] = [
  { B: 1, S: 2 ** 18, G: 3, K: 1, T: 1 }, // batch, in folds
  { B: 2, S: 36_000, G: 4, K: 1, T: 1 }, // instance, in folds
  { B: 1, S: 20_011, G: 14, K: 1, T: 1 }, // batch, a prime number of positions
];

/** A way each. */
const LARGEST = [...[0, 2, 4, 5].map((i) => LARGE_VIEWS[i] as SlabView), ...LONG_VIEWS];

const name = (what: string) => `tensorflow ${what}`;

export const kernelSuites: readonly Suite[] = [
  { name: name('kernels'), checks: kernelChecks(tensorflowKernels, views(60, 7)) },
  { name: name('large'), checks: kernelChecks(tensorflowKernels, LARGE_VIEWS, { seed: 1, allowed: PLAIN_SUMS }) },
  { name: name('long sums'), checks: kernelChecks(tensorflowKernels, LONG_VIEWS, { seed: 1, allowed: PLAIN_SUMS }) },
  { name: name('accuracy'), checks: accuracyChecks(tensorflowKernels, [...VIEWS, ...LARGEST]) },
];
