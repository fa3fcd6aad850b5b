import * as tf from '@tensorflow/tfjs-core';
import { maskedMoments } from '../core/masked.js';
import { batchStatistics, mixStatistics } from '../core/mix.js';
import { applyStatistics, moments } from '../core/normalize.js';
import { groupView, keepView } from '../core/view.js';
import type { MixStatistics } from '../kernels/contract.js';
import { type BatchStatisticsOptions, batchInputs, type Masked, type WithBatchMoments } from './batchInputs.js';

/** How to mix, once the channels are known; a mix of reciprocal deviations has ε inside its result. */
type Mixture = (channels: number, epsilon: number) => { mix: MixStatistics; epsilonInside: boolean };

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
    const { mix, epsilonInside } = mixture(channels, epsilon);
    const view = groupView(x.shape, axis, channels);
    const instance = moments(x, view); // [B, C]
    const masked = options.mask && maskedMoments(x, keepView(x.shape, axis), options.mask);
    const own = () => batchStatistics(instance); // [1, C]
    const batch = given ?? masked?.statistics ?? own();
    const mixed = mixStatistics(instance, batch, mix); // [B, C]
    const y = applyStatistics(x, view, mixed, { ...parameters, epsilon: epsilonInside ? 0 : epsilon });
    return { y, seen: masked?.seen ?? (given ? own() : batch) };
  });
}
