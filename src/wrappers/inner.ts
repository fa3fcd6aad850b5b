import type { serialization } from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import { NormalizationError, problem } from '../core/errors.js';
import { OURS } from '../norms.js';
import { classMap } from '../serialization/registry.js';
import { cellOf, type LayerRow, layerRow } from './kernels.js';

type Config = Record<string, unknown>;
export type SerializedLayer = { className: string; config: serialization.ConfigDict };

/** What a refused layer is told. */
function adviceFor(layer: layers.Layer): string {
  const inside = layer as unknown as { layer?: layers.Layer; layers?: layers.Layer[] };
  if (layer instanceof layers.RNNCell) {
    return 'Wrap the layer that runs it (SimpleRNN, LSTM, GRU): its kernel is then normalized once a sequence.';
  }
  if (cellOf(layer)) return 'Wrap SimpleRNN, LSTM or GRU layers, one for each cell.';
  if (OURS in layer.constructor) return 'Wrap the layer before or after it.';
  if (inside.layer) return `Wrap the layer inside: give ${layer.getClassName()} a weight normalized one.`;
  if (inside.layers) return 'Wrap the layers of the model one by one.';
  return 'Wrap a dense, convolution, embedding or recurrent layer, or one of your own with a `kernel`.';
}

/** Checks that a layer can be wrapped, as far as one that is not built shows. */
export function checkWrapped(subject: string, layer: unknown): { layer: layers.Layer; row: LayerRow } {
  if (!(layer instanceof layers.Layer)) {
    const advice = 'Use { layer: tf.layers.dense({ units: 8 }) }, of the same copy of tfjs-layers.';
    throw problem(subject, 'layer must be a layer', { layer: layer === undefined ? 'none' : typeof layer }, advice);
  }
  const className = layer.getClassName();
  if (layer instanceof layers.RNNCell) {
    throw problem(subject, 'a bare cell cannot be wrapped', { className }, adviceFor(layer));
  }
  const row = layerRow(layer);
  if (!row) throw problem(subject, 'layer must have a kernel', { className }, adviceFor(layer));
  checkFree(subject, layer);
  return { layer, row };
}

/** Layers that a wrapper has built, or taken over. */
const TAKEN = new WeakSet<layers.Layer>();

/**
 * A layer may have weights, but belong to nobody: the wrapper names them anew, by which another model that holds the
 * layer could not be loaded again.
 */
function checkFree(subject: string, layer: layers.Layer): void {
  if (layer.inboundNodes.length === 0 && !TAKEN.has(layer)) return;
  const advice = 'Wrap it before it is used, or wrap a new one and set its weights.';
  throw problem(subject, 'layer must not be part of a model or of another wrapper', { layer: layer.name }, advice);
}

/** Makes a layer a wrapper's own. Returns whether it has weights already. */
export function take(subject: string, layer: layers.Layer): boolean {
  checkFree(subject, layer);
  TAKEN.add(layer);
  return layer.built || cellOf(layer)?.built === true;
}

/** Gives a layer back that could not be built into a wrapper. */
export function release(layer: layers.Layer): void {
  TAKEN.delete(layer);
}

/** Names the weights of a layer that was built before as if the wrapper had built it: saved files go by these names. */
export function renameWeights(layer: layers.Layer, scope: string): void {
  for (const weight of layer.weights as { originalName: string }[]) {
    weight.originalName = `${scope}/${weight.originalName.split('/').pop()}`;
  }
}

/** The configuration of a wrapped layer, whole: tfjs's own separable convolution forgets its depth multiplier. */
export function serializeWrapped(layer: layers.Layer): SerializedLayer {
  const { depthMultiplier } = layer as { depthMultiplier?: number };
  const config = { ...(depthMultiplier === undefined ? {} : { depthMultiplier }), ...layer.getConfig() };
  return { className: layer.getClassName(), config };
}

/** Lists and dictionaries of a configuration anew: the host's constructors write into theirs. */
function copied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copied);
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, copied(entry)]));
}

export function isSerialized(value: unknown): value is SerializedLayer {
  const { className, config } = (value ?? {}) as Config;
  return typeof className === 'string' && typeof config === 'object' && config !== null;
}

/** The wrapped layer of a saved configuration: only a class that tfjs's own registry holds, and a layer. */
export function deserializeWrapped(subject: string, value: unknown): layers.Layer {
  const { className, config } = (value ?? {}) as Partial<SerializedLayer>;
  const map = classMap();
  const entry = isSerialized(value) && Object.hasOwn(map, value.className) ? map[value.className] : undefined;
  if (!entry || !(entry[0].prototype instanceof layers.Layer)) {
    const advice = 'Register its class with tf.serialization.registerClass before loading.';
    throw problem(subject, 'layer must be the configuration of a registered layer', { className }, advice);
  }
  const [cls, fromConfig] = entry;
  if (OURS in cls) throw problem(subject, 'layer must have a kernel', { className }, 'Wrap the layer within.');
  try {
    return fromConfig(cls, copied(config) as serialization.ConfigDict) as layers.Layer;
  } catch (error) {
    if (error instanceof NormalizationError) throw error;
    throw problem(subject, 'layer cannot be made from its configuration', { className }, (error as Error).message);
  }
}
