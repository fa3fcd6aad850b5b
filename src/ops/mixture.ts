import * as tf from '@tensorflow/tfjs-core';
import { maskedMoments } from '../core/masked.js';
import { applyStatistics, type Mix, normalizeByMixture, type Parameters } from '../core/normalize.js';
import { groupView, keepView } from '../core/view.js';
import type { SlabView } from '../kernels/contract.js';
import { type BatchStatisticsOptions, batchInputs, type Masked, type WithBatchMoments } from './batchInputs.js';

/** How to mix, once the channels are known. */
type Mixture = (channels: number) => Mix;

/** An empty batch has nothing to mix: it keeps its shape, and is not remembered. */
function mixtureOfNothing(x: tf.Tensor, view: SlabView, parameters: Parameters): WithBatchMoments {
  const statistics = { mean: tf.zeros([1, view.G]), variance: tf.ones([1, view.G]) };
  const nothing = tf.fill([1, view.G], Number.NaN);
  return {
    y: applyStatistics(x, view, statistics, { ...parameters, epsilon: 0 }),
    seen: { mean: nothing, variance: nothing },
  };
}

/** The way of every mixture of norms. */
export function mixtureNorm(
  subject: string,
  value: tf.Tensor | tf.TensorLike,
  options: BatchStatisticsOptions & Masked,
  defaults: { axis: number; epsilon: number },
  mixture: Mixture,
): WithBatchMoments {
  return tf.tidy(() => {
    const { x, axis, channels, given, ...parameters } = batchInputs(subject, value, options, defaults);
    if (x.size === 0) return mixtureOfNothing(x, keepView(x.shape, axis), parameters);
    const masked = options.mask && maskedMoments(x, keepView(x.shape, axis), options.mask);
    const memory = given ?? masked?.statistics;
    const view = groupView(x.shape, axis, channels);
    const { y, batch } = normalizeByMixture(x, view, mixture(channels), { ...parameters, memory });
    return { y, seen: masked?.seen ?? batch };
  });
}
