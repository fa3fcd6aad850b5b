import * as tf from '@tensorflow/tfjs-core';
import { WeightNormalization } from '../wrappers/weight.js';
import type { Layer } from './graph.js';
import type { Linear } from './linear.js';
import { variablesOf, weightsAsMade, weightsByName } from './weights.js';

/** A layer's weights as it made them, the kernels of a weight normalized one as g·v/‖v‖. */
export function plainWeights(place: Layer): tf.Tensor[] {
  if (!(place instanceof WeightNormalization)) return variablesOf(place);
  const { layer } = place;
  const values = place.foldedWeights(); // in the order of the host's list
  return weightsAsMade(layer).map((weight) => values[layer.weights.indexOf(weight)] as tf.Tensor);
}

/** Kernel and bias of a linear layer, by value, its bias made where there is none. */
export function linearWeights({ place, layer }: Linear, channels: number): tf.Tensor[] {
  const own = plainWeights(place);
  return layer.getConfig().useBias === false ? [...own, tf.zeros([channels])] : own;
}

/** Channels of a norm with a memory. */
export const channelsOf = (norm: Layer): number => weightsByName(norm).get('moving_mean')?.shape[0] as number;

/** The factor lies along the kernel's output axis, or the last two of a depthwise one. */
function along({ spot }: Linear, kernel: tf.Tensor, factor: tf.Tensor): tf.Tensor {
  const outputs = [spot.axis].flat().map((axis) => (axis as number) + kernel.rank);
  const shape = kernel.shape.map((size, axis) => (outputs.includes(axis) ? size : 1));
  return tf.reshape(factor, shape); // broadcast to [kernel]
}

/**
 * Weights with which the layer does what it and a norm with fixed statistics did:
 * `kernel·a`, `(bias − mean)·a + β` where `a = γ/√(variance + ε)`.
 */
export function folded(linear: Linear, norm: Layer, weights: readonly tf.Tensor[]): tf.Tensor[] {
  const own = weightsByName(norm);
  const mean = own.get('moving_mean') as tf.Tensor; // [C]
  const variance = own.get('moving_variance');
  const { epsilon } = norm.getConfig() as { epsilon?: number };
  const gamma = own.get('gamma') ?? tf.onesLike(mean); // [C]
  const factor = variance ? tf.div(gamma, tf.sqrt(tf.add(variance, epsilon as number))) : gamma; // [C]
  const bias = tf.mul(tf.sub(weights.at(-1) as tf.Tensor, mean), factor); // [C]
  const beta = own.get('beta');
  const shifted = beta ? tf.add(bias, beta) : bias; // [C]
  const position = weights.length - 2; // the kernel next to the bias: of a separable layer the pointwise one
  const kernel = weights[position] as tf.Tensor;
  return [...weights.slice(0, position), tf.mul(kernel, along(linear, kernel, factor)), shifted];
}
