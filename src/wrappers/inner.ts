import type { serialization } from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import { NormalizationError, problem } from '../core/errors.js';
import { classMap } from '../serialization/registry.js';
import { kernelSpots } from './kernels.js';

type Serialized = { className?: unknown; config?: serialization.ConfigDict };

/** Checks that a layer can be wrapped. */
export function checkWrapped(subject: string, layer: unknown): layers.Layer {
  if (!(layer instanceof layers.Layer)) {
    throw problem(
      subject,
      'layer must be a layer',
      { layer: typeof layer },
      'Use { layer: tf.layers.dense({ units: 8 }) }.',
    );
  }
  const className = layer.getClassName();
  if (layer instanceof layers.RNNCell) {
    const advice = 'Wrap the layer that runs it (SimpleRNN, LSTM, GRU): its kernel is then normalized once a sequence.';
    throw problem(subject, 'a bare cell cannot be wrapped', { className }, advice);
  }
  if (kernelSpots(layer).length === 0) {
    const advice =
      'Wrap a dense, convolution, embedding or recurrent layer; a layer of your own declares `kernel` in its constructor.';
    throw problem(subject, 'layer must have a kernel', { className }, advice);
  }
  if (layer.built) {
    throw problem(subject, 'layer must not be built yet', { layer: layer.name }, 'Wrap it before it is used.');
  }
  return layer;
}

/** The configuration of a wrapped layer, whole: tfjs's own separable convolution forgets its depth multiplier. */
export function serializeWrapped(layer: layers.Layer): { className: string; config: serialization.ConfigDict } {
  const { depthMultiplier } = layer as { depthMultiplier?: number };
  const config = { ...(depthMultiplier === undefined ? {} : { depthMultiplier }), ...layer.getConfig() };
  return { className: layer.getClassName(), config };
}

/** The wrapped layer of a saved configuration: only a class that tfjs's own registry holds, and a layer. */
export function deserializeWrapped(subject: string, value: unknown): layers.Layer {
  const { className, config } = (value ?? {}) as Serialized;
  const map = classMap();
  const entry = typeof className === 'string' && Object.hasOwn(map, className) ? map[className] : undefined;
  if (!entry || !(entry[0].prototype instanceof layers.Layer) || typeof config !== 'object') {
    const advice = 'Register its class with tf.serialization.registerClass before loading.';
    throw problem(subject, 'layer must be the configuration of a registered layer', { className }, advice);
  }
  const [cls, fromConfig] = entry;
  try {
    return fromConfig(cls, { ...config }) as layers.Layer;
  } catch (error) {
    if (error instanceof NormalizationError) throw error;
    throw problem(subject, 'layer cannot be made from its configuration', { className }, (error as Error).message);
  }
}
