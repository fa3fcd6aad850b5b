import * as tf from '@tensorflow/tfjs-core';
import { problem } from '../core/errors.js';
import { STATISTICS, type Statistic } from '../kernels/contract.js';
import { normRow } from '../norms.js';
import { BATCH_OPTIONS, type BatchStatisticsOptions, type Masked, type WithBatchMoments } from './batchInputs.js';
import { mixtureNorm } from './mixture.js';
import { checkOptions, parameter } from './options.js';

const ROW = normRow('switchable').defaults as { axis: number; epsilon: number; statistics: readonly Statistic[] };

/** Options of {@link switchNorm}. */
export interface SwitchNormOptions extends BatchStatisticsOptions {
  /** Logits of the means' weights, in the order of `statistics`. @default equal weights */
  meanWeight?: tf.Tensor | undefined;
  /** Logits of the variances' weights, in the order of `statistics`. @default equal weights */
  varianceWeight?: tf.Tensor | undefined;
  /** @default ['instance', 'layer', 'batch'] */
  statistics?: readonly Statistic[] | undefined;
}

/** Two or three of the statistics, each once. */
export function checkStatistics(subject: string, statistics: readonly Statistic[]): readonly Statistic[] {
  const list = Array.isArray(statistics) ? statistics : [];
  const known = list.every((name) => STATISTICS.includes(name));
  if (!known || new Set(list).size < list.length || list.length < 2) {
    const choices = `Choose from ${STATISTICS.map((name) => `'${name}'`).join(', ')}.`;
    throw problem(subject, 'statistics must be a list of two or three different ones', { statistics }, choices);
  }
  return list;
}

/**
 * Switchable normalization: means and variances of instance, layer and batch normalization, mixed by two softmaxes.
 *
 * `y = (x − Σ w_k·mean_k)/√(Σ u_k·variance_k + ε)·γ + β`, `w = softmax(meanWeight)`, `u = softmax(varianceWeight)`
 *
 * Averages over space, over space and channels, over batch and space. Shapes: x of rank ≥ 2; γ, β, mean and variance
 * `[channels]`, the weights `[statistics.length]`; y as x, float32.
 *
 * @param x Input; integers are converted.
 * @param options.meanWeight Logits of w. @default zeros
 * @param options.varianceWeight Logits of u. @default zeros
 * @param options.statistics Two or three of `'instance'`, `'layer'`, `'batch'`. @default all three in this order
 * @param options.axis The channel axis, not 0. @default -1
 * @param options.epsilon Finite, ≥ 0. @default 1e-5
 * @param options.gamma Scale γ. @default none
 * @param options.beta Shift β. @default none
 * @param options.mean Batch mean to use, with `variance`. @default the batch's own
 * @param options.variance Batch variance to use, with `mean`. @default the batch's own, biased
 * @throws NormalizationError for empty, repeated or unknown statistics, a bad axis or epsilon, a wrong shape.
 *
 * @example
 * ```js
 * switchNorm(tf.randomNormal([2, 4, 4, 3]), { meanWeight: tf.tensor1d([1, 0, 2]) }).print();
 * ```
 * Reference: Luo et al., "Differentiable Learning-to-Normalize via Switchable Normalization", 2019,
 * https://arxiv.org/abs/1806.10779
 */
export function switchNorm(x: tf.Tensor | tf.TensorLike, options: SwitchNormOptions = {}): tf.Tensor {
  checkOptions('switchNorm', options, [...BATCH_OPTIONS, 'meanWeight', 'varianceWeight', 'statistics']);
  return tf.tidy(() => switchNormWithMoments(x, options).y);
}

/** For the layer: with the batch's own statistics. */
export function switchNormWithMoments(
  x: tf.Tensor | tf.TensorLike,
  options: SwitchNormOptions & Masked,
): WithBatchMoments {
  const statistics = checkStatistics('switchNorm', options.statistics ?? ROW.statistics);
  const logits = (name: 'meanWeight' | 'varianceWeight') =>
    (parameter('switchNorm', name, options[name], [statistics.length]) ?? tf.zeros([statistics.length])) as tf.Tensor1D;
  return mixtureNorm('switchNorm', x, options, ROW, () => ({
    mixing: { by: 'variance', statistics },
    meanWeight: logits('meanWeight'),
    varianceWeight: logits('varianceWeight'),
  }));
}
