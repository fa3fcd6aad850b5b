import * as tf from '@tensorflow/tfjs-core';
import { layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { problem } from '../core/errors.js';
import type { Shape } from '../layers/shape.js';
import { deserializeWrapped, type SerializedLayer, serializeWrapped } from './inner.js';
import type { KernelSpot } from './kernels.js';
import { WeightNormalization } from './weight.js';

type Config = tf.serialization.ConfigDict;

/** The host opens a layer's name scope in `apply` only: a layer of that name whose weights are another's. */
class Scope extends layers.Layer {
  static readonly className = 'NameScope';

  constructor(
    private readonly target: layers.Layer,
    private readonly shape: Shape,
  ) {
    super({ name: target.name });
  }

  override build(): void {
    this.target.build(this.shape);
    this.target.built = true;
  }
}

/** The host counts a layer's use by values in the call that builds it, which this one has behind it. */
function countFirstUse(layer: layers.Layer): void {
  layer.apply = (inputs, kwargs) => {
    delete (layer as Partial<layers.Layer>).apply;
    const counted = layer as unknown as { _refCount: number | null };
    const first = Array.isArray(inputs) ? inputs[0] : inputs;
    if (!(first instanceof SymbolicTensor)) counted._refCount ??= 1;
    return layer.apply(inputs, kwargs);
  };
}

/**
 * Constraints of a wrapped kernel are v's: on g·v/‖v‖, to which the host would apply them as it is written, they would undo g.
 */
function withoutConstraints(config: Config, spots: readonly KernelSpot[]): Config {
  const options = spots
    .map(({ attribute }) => attribute.replace(/(?!^)Kernel$/, ''))
    .map((name) => `${name}Constraint`);
  const freed = Object.fromEntries(options.filter((key) => key in config).map((key) => [key, null]));
  const { cell } = config as { cell?: SerializedLayer };
  const inner = cell ? { cell: { ...cell, config: withoutConstraints(cell.config, spots) } } : {};
  return { ...config, ...freed, ...inner } as Config;
}

/**
 * The plain layer that a weight normalized one stands for: a new layer with kernel `g·v/‖v‖` and equal outputs, smaller
 * and faster for inference. The wrapper stays as it is; a constraint of the kernel, which is one of v, is left out.
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
  const { className, config } = serializeWrapped(layer.layer);
  const batchInputShape = layer.batchInputShape ?? undefined;
  const free = withoutConstraints(config, layer.spots);
  const own = { ...free, trainable: layer.trainable, ...(batchInputShape && { batchInputShape }) };
  const plain = deserializeWrapped('removeWeightNormalization', { className, config: own });
  tf.tidy(() => {
    new Scope(plain, shape).apply(tf.scalar(0));
    plain.setWeights(layer.foldedWeights());
  });
  countFirstUse(plain);
  return plain;
}
