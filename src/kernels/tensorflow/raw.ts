import * as tf from '@tensorflow/tfjs-core';
import { attributesOf, type NodeBackend } from './backend.js';

/** TensorFlow's own ops that tfjs has no name for. None of them is tidied here: kernels run inside one tidy. */

/** √Σx² over `axes`, which stay with length 1: squares that are never written. */
export function euclideanNorm(backend: NodeBackend, x: tf.Tensor, axes: number[]): tf.Tensor {
  const { type, bool } = attributesOf(backend);
  const attributes = [type('T'), type('Tidx', backend.binding.TF_INT32), bool('keep_dims', true)];
  return backend.executeSingleOutput('EuclideanNorm', attributes, [x, tf.tensor1d(axes, 'int32')]);
}

export interface BatchStatistics {
  readonly mean: tf.Tensor;
  readonly variance: tf.Tensor;
}

const fusedAttributes = (backend: NodeBackend, epsilon: number, isTraining: boolean) => {
  const { type, float, text, bool } = attributesOf(backend);
  // NHWC: on a CPU without oneDNN the other layout takes several times as long.
  const layout = text('data_format', 'NHWC');
  return [type('T'), type('U'), float('epsilon', epsilon), layout, bool('is_training', isTraining)];
};

/** Batch normalization of `[N, H, W, C]` by its own statistics. The variance is the biased one. */
export function fusedBatchNorm(
  backend: NodeBackend,
  x: tf.Tensor,
  { gamma, beta, epsilon }: { gamma: tf.Tensor; beta: tf.Tensor; epsilon: number },
): { y: tf.Tensor } & BatchStatistics {
  const nothing = tf.tensor1d([]);
  const inputs = [x, gamma, beta, nothing, nothing];
  const attributes = fusedAttributes(backend, epsilon, true);
  const found = backend.executeMultipleOutputs('FusedBatchNormV3', attributes, inputs, 6);
  // The second and third are for a running average: that variance is divided by n − 1. Test: "the biased variance".
  const [y, , , mean, variance] = found as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
  return { y, mean, variance };
}

/** `(x − mean)/√(variance + ε)·γ + β` of `[N, H, W, C]` with statistics that are given. */
export function fusedBatchNormInference(
  backend: NodeBackend,
  x: tf.Tensor,
  given: { gamma: tf.Tensor; beta: tf.Tensor; epsilon: number } & BatchStatistics,
): tf.Tensor {
  const inputs = [x, given.gamma, given.beta, given.mean, given.variance];
  const found = backend.executeMultipleOutputs(
    'FusedBatchNormV3',
    fusedAttributes(backend, given.epsilon, false),
    inputs,
    6,
  );
  return found[0] as tf.Tensor;
}

type BatchNormGrad = (
  backend: NodeBackend,
  inputs: { x: tf.Tensor; dy: tf.Tensor; gamma: tf.Tensor },
  given: BatchStatistics & { epsilon: number },
) => [dx: tf.Tensor, dgamma: tf.Tensor, dbeta: tf.Tensor];

const batchNormGrad = (
  backend: NodeBackend,
  { x, dy, gamma }: Parameters<BatchNormGrad>[1],
  { mean, variance, epsilon }: Parameters<BatchNormGrad>[2],
  isTraining: boolean,
): ReturnType<BatchNormGrad> => {
  const inputs = [dy, x, gamma, mean, variance, tf.tensor1d([])];
  const attributes = fusedAttributes(backend, epsilon, isTraining);
  const [dx, dgamma, dbeta] = backend.executeMultipleOutputs('FusedBatchNormGradV3', attributes, inputs, 5);
  return [dx, dgamma, dbeta] as [tf.Tensor, tf.Tensor, tf.Tensor];
};

/** dx, dγ and dβ of {@link fusedBatchNorm}. */
export const fusedBatchNormGrad: BatchNormGrad = (backend, inputs, given) =>
  batchNormGrad(backend, inputs, given, true);

/** dx, dγ and dβ of {@link fusedBatchNormInference}. */
export const fusedBatchNormInferenceGrad: BatchNormGrad = (backend, inputs, given) =>
  batchNormGrad(backend, inputs, given, false);

/** `[R, K]` by rows. An op of TensorFlow's own, in builds with oneDNN: whoever calls it has asked `hasLayerNorm`. */
export function mklLayerNorm(
  backend: NodeBackend,
  x: tf.Tensor,
  { gamma, beta, epsilon }: { gamma: tf.Tensor; beta: tf.Tensor; epsilon: number },
): tf.Tensor {
  const { type, float, text } = attributesOf(backend);
  // The label that TensorFlow adds to every op of this family is one under which this op is not registered; one that is
  // set already stays.
  const attributes = [text('_kernel', ''), type('T'), float('epsilon', epsilon)];
  return backend.executeSingleOutput('_MklLayerNorm', attributes, [x, gamma, beta]);
}
