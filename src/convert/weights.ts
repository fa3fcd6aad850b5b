import * as tf from '@tensorflow/tfjs-core';
import type { Layer } from './graph.js';

/** A layer's weights by the names they have in files. (What the host returns are its variables.) */
export function weightsByName(layer: Layer): Map<string, tf.Variable> {
  const values = layer.getWeights() as tf.Variable[];
  return new Map(
    layer.weights.map(({ originalName }, i) => [originalName.split('/').pop() as string, values[i]]),
  ) as Map<string, tf.Variable>;
}

/** The factor of a norm, γ or scale, as it works: RMS norm adds an offset to its own. */
export function factorOf(layer: Layer, weights = weightsByName(layer)): tf.Tensor | undefined {
  const gamma = weights.get('gamma') ?? weights.get('scale');
  const { offset = 0 } = layer.getConfig() as { offset?: number };
  return gamma && (offset === 0 ? gamma : tf.add(gamma, offset)); // [γ]
}

/** Sets γ or scale, such that the factor is this one. */
export function assignFactor(layer: Layer, factor: tf.Tensor): void {
  const weights = weightsByName(layer);
  const { offset = 0 } = layer.getConfig() as { offset?: number };
  const gamma = weights.get('gamma') ?? weights.get('scale');
  gamma?.assign(offset === 0 ? factor : tf.sub(factor, offset)); // [γ]
}
