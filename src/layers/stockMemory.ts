import type * as tf from '@tensorflow/tfjs-core';
import type { LayerVariable, layers } from '@tensorflow/tfjs-layers';
import { batchNormWithMoments } from '../ops/batch.js';
import { weightName } from './intercept.js';

/** The host's own batch normalization, or another copy's: by name, and not a class of this package. */
export function isStockBatch(layer: layers.Layer): boolean {
  return layer.getClassName() === 'BatchNormalization' && !('memory' in layer);
}

/** The weights of a layer by name. */
export function weightsOf(layer: layers.Layer): Partial<Record<string, LayerVariable>> {
  return Object.fromEntries(layer.weights.map((weight) => [weightName(weight), weight]));
}

/** What the host's batch normalization does in training, right on every axis, without moving its memory. */
export function stockBatchNorm(layer: layers.Layer, x: tf.Tensor) {
  const { axis, epsilon } = layer.getConfig() as { axis: number; epsilon: number };
  const { gamma, beta } = weightsOf(layer);
  return batchNormWithMoments(x, { axis, epsilon, gamma: gamma?.read(), beta: beta?.read() });
}
