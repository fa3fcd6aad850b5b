import * as tf from '@tensorflow/tfjs-core';
import { maskedMoments } from '../core/masked.js';
import { applyStatistics, type Mix, normalizeByMixture, type Parameters, type Statistics } from '../core/normalize.js';
import { groupView, keepView } from '../core/view.js';
import type { SlabView } from '../kernels/contract.js';
import { type BatchStatisticsOptions, batchInputs, type Masked, type WithBatchMoments } from './batchInputs.js';

/** How to mix, once the channels are known. */
type Mixture = (channels: number) => Mix;

/**
 * Zeros of which the gradients are zeros. By no sum: tfjs's webgpu backend has none of an empty tensor. By shapes: the weights may be gone
 * when the gradients are asked for.
 */
function zerosOf(weights: tf.Tensor[], shape: number[]): tf.Tensor {
  const shapes = weights.map((t) => t.shape);
  const zeros = tf.customGrad(() => ({
    value: tf.zeros(shape),
    gradFunc: () => shapes.map((each) => tf.zeros(each)),
  }));
  return zeros(...weights);
}

/** An empty batch has nothing to mix: it keeps its shape, and is not remembered. */
function mixtureOfNothing(x: tf.Tensor, view: SlabView, weights: Mix, parameters: Parameters): WithBatchMoments {
  const { mixing: _, ...tensors } = weights;
  const mean = zerosOf(Object.values(tensors) as tf.Tensor[], [1, view.G]); // [1, C]
  const statistics = { mean, variance: tf.ones([1, view.G]) };
  const nothing = tf.fill([1, view.G], Number.NaN);
  return {
    y: applyStatistics(x, view, statistics, { ...parameters, epsilon: 0 }),
    seen: { mean: nothing, variance: nothing },
  };
}

/** The way of every mixture of norms. Who does not remember the batch's statistics does not ask for them: they cost memory. */
function mixtureOf(
  [subject, value, options, defaults, mixture]: Arguments,
  remember: boolean,
): { y: tf.Tensor; seen?: Statistics | undefined } {
  return tf.tidy(() => {
    const { x, axis, channels, given, ...parameters } = batchInputs(subject, value, options, defaults);
    if (x.size === 0) return mixtureOfNothing(x, keepView(x.shape, axis), mixture(channels), parameters);
    const masked = options.mask && maskedMoments(x, keepView(x.shape, axis), options.mask);
    const memory = given ?? masked?.statistics;
    const view = groupView(x.shape, axis, channels);
    const { y, batch } = normalizeByMixture(x, view, mixture(channels), { ...parameters, memory, remember });
    return { y, seen: masked?.seen ?? batch };
  });
}

type Arguments = [
  subject: string,
  x: tf.Tensor | tf.TensorLike,
  options: BatchStatisticsOptions & Masked,
  defaults: { axis: number; epsilon: number },
  mixture: Mixture,
];

export const mixtureNorm = (...given: Arguments): tf.Tensor => mixtureOf(given, false).y;

/** For layers: with what the memory is to learn. */
export const mixtureNormWithMoments = (...given: Arguments) => mixtureOf(given, true) as WithBatchMoments;
