import * as tf from '@tensorflow/tfjs-core';
import { maskedMoments } from '../core/masked.js';
import { applyStatistics, normalize, normalizeWithMoments } from '../core/normalize.js';
import { keepView } from '../core/view.js';
import { normRow } from '../norms.js';
import {
  BATCH_OPTIONS,
  type BatchStatisticsOptions,
  batchInputs,
  type Masked,
  type WithBatchMoments,
} from './batchInputs.js';
import { checkOptions } from './options.js';

const ROW = normRow('batch').defaults as { axis: number; epsilon: number };

/** Options of {@link batchNorm}. */
export type BatchNormOptions = BatchStatisticsOptions;

/**
 * Batch normalization.
 *
 * `y = (x − mean)/√(variance + ε)·γ + β`
 *
 * Averages over all dimensions but the channels', or uses the statistics it is given. Shapes: x of rank ≥ 1; γ, β, mean
 * and variance `[channels]`; y as x, float32. Gradients flow through the batch's own statistics and into given ones.
 *
 * @param x Input; integers are converted.
 * @param options.axis The channel axis. @default -1
 * @param options.epsilon Finite, ≥ 0; with 0 a channel without spread gives β. @default 1e-3
 * @param options.gamma Scale γ. @default none
 * @param options.beta Shift β. @default none
 * @param options.mean Mean to use, with `variance`. @default the batch's own
 * @param options.variance Variance to use, with `mean`. @default the batch's own, biased
 * @throws NormalizationError for a bad axis or epsilon, a wrong shape, mean without variance.
 *
 * @example
 * ```js
 * const x = tf.tensor2d([[1, 10], [3, 30]]);
 * batchNorm(x).print();                                                            // of this batch
 * batchNorm(x, { mean: tf.tensor1d([0, 0]), variance: tf.tensor1d([1, 100]) }).print(); // of a memory
 * ```
 * Reference: Ioffe, Szegedy, "Batch Normalization", 2015, https://arxiv.org/abs/1502.03167
 */
export function batchNorm(x: tf.Tensor | tf.TensorLike, options: BatchNormOptions = {}): tf.Tensor {
  checkOptions('batchNorm', options, BATCH_OPTIONS);
  return tf.tidy(() => {
    const { x: input, axis, given, ...rest } = batchInputs('batchNorm', x, options, ROW, true);
    const view = keepView(input.shape, axis);
    return given ? applyStatistics(input, view, given, rest) : normalize(input, view, { ...rest, center: true });
  });
}

/** For layers with a memory: the result, with the batch's own statistics, over the positions a mask admits. */
export function batchNormWithMoments(x: tf.Tensor, options: BatchNormOptions & Masked): WithBatchMoments {
  return tf.tidy(() => {
    const { x: input, axis, ...rest } = batchInputs('batchNorm', x, options, ROW, true);
    const view = keepView(input.shape, axis);
    if (options.mask) {
      const { statistics, seen } = maskedMoments(input, view, options.mask);
      return { y: applyStatistics(input, view, statistics, rest), seen };
    }
    const { y, ...seen } = normalizeWithMoments(input, view, rest);
    return { y, seen };
  });
}
