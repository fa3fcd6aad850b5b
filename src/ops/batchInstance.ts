import * as tf from '@tensorflow/tfjs-core';
import { problem } from '../core/errors.js';
import { clipGate } from '../core/gate.js';
import { normRow } from '../norms.js';
import { BATCH_OPTIONS, type BatchStatisticsOptions, type Masked, type WithBatchMoments } from './batchInputs.js';
import { mixtureNorm } from './mixture.js';
import { checkOptions, parameter } from './options.js';

const ROW = normRow('batchInstance').defaults as { axis: number; epsilon: number };

/** Options of {@link batchInstanceNorm}. */
export interface BatchInstanceNormOptions extends BatchStatisticsOptions {
  /** Share of batch normalization, in [0, 1], one for all channels or `[channels]`. @default 1 */
  rho?: tf.Tensor | number | undefined;
}

/** The gate of every channel. A number is checked; a tensor, whose values live on the device, is clipped. */
function gate(rho: tf.Tensor | number | undefined, channels: number, factor: number): tf.Tensor1D {
  if (rho === undefined || rho === null || typeof rho === 'number') {
    if (typeof rho === 'number' && !(rho >= 0 && rho <= 1)) {
      throw problem('batchInstanceNorm', 'rho must lie in [0, 1]', { rho }, 'Use 1 for batch, 0 for instance.');
    }
    return tf.fill([channels], rho ?? 1);
  }
  return clipGate(parameter('batchInstanceNorm', 'rho', rho, [channels]), factor);
}

/**
 * Batch-instance normalization: batch and instance normalization mixed by a gate per channel.
 *
 * `y = (ρ·x̂_batch + (1 − ρ)·x̂_instance)·γ + β`
 *
 * Averages over batch and space, and over space. Shapes: x of rank ≥ 2; γ, β, ρ, mean and variance `[channels]`; y as x,
 * float32. ρ is clipped to [0, 1] with a straight-through gradient.
 *
 * @param x Input; integers are converted.
 * @param options.rho Gate ρ: 1 is batch, 0 is instance normalization. @default 1
 * @param options.axis The channel axis, not 0. @default -1
 * @param options.epsilon Finite, ≥ 0. @default 1e-5
 * @param options.gamma Scale γ. @default none
 * @param options.beta Shift β. @default none
 * @param options.mean Batch mean to use, with `variance`. @default the batch's own
 * @param options.variance Batch variance to use, with `mean`. @default the batch's own, biased
 * @throws NormalizationError for a bad axis or epsilon, a number ρ outside [0, 1], a wrong shape.
 *
 * @example
 * ```js
 * batchInstanceNorm(tf.randomNormal([2, 4, 4, 3]), { rho: tf.tensor1d([0, 0.5, 1]) }).print();
 * ```
 * Reference: Nam, Kim, "Batch-Instance Normalization", 2018, https://arxiv.org/abs/1805.07925
 */
export function batchInstanceNorm(x: tf.Tensor | tf.TensorLike, options: BatchInstanceNormOptions = {}): tf.Tensor {
  checkOptions('batchInstanceNorm', options, [...BATCH_OPTIONS, 'rho']);
  return tf.tidy(() => batchInstanceNormWithMoments(x, options).y);
}

/** For the layer: with the batch's own statistics, and a factor on the gradient of ρ. */
export function batchInstanceNormWithMoments(
  x: tf.Tensor | tf.TensorLike,
  options: BatchInstanceNormOptions & Masked & { rhoGradientFactor?: number },
): WithBatchMoments {
  return mixtureNorm('batchInstanceNorm', x, options, ROW, (channels) => ({
    mixing: { by: 'rstd', statistics: ['instance', 'batch'] },
    rho: gate(options.rho, channels, options.rhoGradientFactor ?? 1),
  }));
}
