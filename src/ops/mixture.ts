import * as tf from '@tensorflow/tfjs-core';
import { maskedMoments } from '../core/masked.js';
import { mixStatistics } from '../core/mix.js';
import { applyStatistics, moments, type Parameters } from '../core/normalize.js';
import { groupView, keepView } from '../core/view.js';
import type { MixStatistics, SlabView } from '../kernels/contract.js';
import { type BatchStatisticsOptions, batchInputs, type Masked, type WithBatchMoments } from './batchInputs.js';

/** How to mix, once the channels are known; a mix of reciprocal deviations has ε inside its result. */
type Mixture = (channels: number, epsilon: number) => { mix: MixStatistics; epsilonInside: boolean };

/** An empty batch has nothing to mix: it keeps its shape, and is not remembered. */
function mixtureOfNothing(x: tf.Tensor, view: SlabView, parameters: Parameters): WithBatchMoments {
  const statistics = { mean: tf.zeros([1, view.G]), variance: tf.ones([1, view.G]) };
  const nothing = tf.fill([1, view.G], Number.NaN);
  return {
    y: applyStatistics(x, view, statistics, { ...parameters, epsilon: 0 }),
    seen: { mean: nothing, variance: nothing },
  };
}

/**
 * The way of every mixture of norms: Instance moments once from the big tensor, everything else on `[B, C]`, then one
 * application of the mixed statistics.
 */
export function mixtureNorm(
  subject: string,
  value: tf.Tensor | tf.TensorLike,
  options: BatchStatisticsOptions & Masked,
  defaults: { axis: number; epsilon: number },
  mixture: Mixture,
): WithBatchMoments {
  return tf.tidy(() => {
    const { x, axis, channels, epsilon, given, ...parameters } = batchInputs(subject, value, options, defaults);
    if (x.size === 0) return mixtureOfNothing(x, keepView(x.shape, axis), parameters);
    const { mix, epsilonInside } = mixture(channels, epsilon);
    const view = groupView(x.shape, axis, channels);
    const instance = moments(x, view); // [B, C]
    const masked = options.mask && maskedMoments(x, keepView(x.shape, axis), options.mask);
    const { batch, ...mixed } = mixStatistics(instance, given ?? masked?.statistics, mix); // [1, C], [B, C]
    const y = applyStatistics(x, view, mixed, { ...parameters, epsilon: epsilonInside ? 0 : epsilon });
    return { y, seen: masked?.seen ?? batch };
  });
}
