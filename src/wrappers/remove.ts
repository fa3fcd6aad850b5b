import * as tf from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import { problem } from '../core/errors.js';
import { deserializeWrapped, serializeWrapped } from './inner.js';
import { WeightNormalization } from './weight.js';

/** Builds a layer under its own name scope, which the host opens in `apply` only, without running it. */
function buildNamed(layer: layers.Layer, shape: readonly (number | null)[]): void {
  const call = layer.call;
  tf.tidy(() => {
    layer.call = (inputs) => inputs as tf.Tensor;
    layer.apply(tf.zeros(shape.map((size) => size ?? 1)));
  });
  if (Object.getPrototypeOf(layer).call === call) delete (layer as Partial<layers.Layer>).call;
  else layer.call = call;
}

/**
 * The plain layer that a weight normalized one stands for: a new layer with kernel `g·v/‖v‖` and equal outputs, smaller
 * and faster for inference. The wrapper stays as it is.
 *
 * @param layer A built weight normalized layer.
 * @returns A built layer of the wrapped class, under the wrapped layer's name.
 * @throws NormalizationError for another layer, or one that is not built.
 *
 * @example
 * ```js
 * const wrapped = weightNormalization({ layer: tf.layers.dense({ units: 3 }), inputShape: [4] });
 * tf.sequential({ layers: [wrapped] });
 * const plain = removeWeightNormalization(wrapped);
 * ```
 */
export function removeWeightNormalization(layer: layers.Layer): layers.Layer {
  if (!(layer instanceof WeightNormalization)) {
    const received = { layer: layer instanceof layers.Layer ? layer.getClassName() : typeof layer };
    throw problem('removeWeightNormalization', 'layer must be weight normalized', received, 'Pass the wrapper itself.');
  }
  const shape = layer.builtShape;
  if (!shape) {
    const advice = 'Add it to a model first.';
    throw problem('removeWeightNormalization', 'the layer must be built', { layer: layer.name }, advice);
  }
  const plain = deserializeWrapped('removeWeightNormalization', serializeWrapped(layer.layer));
  buildNamed(plain, shape);
  tf.tidy(() => plain.setWeights(layer.foldedWeights()));
  return plain;
}
