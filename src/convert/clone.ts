import type { Tensor } from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import { NormalizationError, problem } from '../core/errors.js';
import { OURS } from '../norms.js';
import { classMap } from '../serialization/registry.js';
import { serializeWrapped } from '../wrappers/inner.js';
import { variablesOf, weightsAsMade } from './weights.js';

type Layer = layers.Layer;
export type Options = Record<string, unknown>;

/** A layer's class, as the host's loader uses one. */
interface LayerClass {
  readonly className: string;
  fromConfig(cls: LayerClass, config: Options): Layer;
}

export const named = (layer: Layer) => `${layer.getClassName()} "${layer.name}"`;

/** Lists and dictionaries anew, since the host's constructors write into theirs; a function is not of a configuration. */
function copied(value: unknown, key: string): unknown {
  if (typeof value === 'function') {
    throw problem('config', 'a configuration must hold values only', { [key]: value }, 'Name it by a string.');
  }
  if (Array.isArray(value)) return value.map((entry) => copied(entry, key));
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, copied(entry, name)]));
}

/** The whole configuration of a layer, as a copy of one's own. */
export const configOf = (layer: Layer): Options => copied(serializeWrapped(layer).config, 'config') as Options;

/** The class of a layer, if a saved file of it could be loaded again. */
function loadable(subject: string, layer: Layer): LayerClass {
  const cls = layer.constructor as unknown as LayerClass;
  if (OURS in cls || Object.hasOwn(classMap(), cls.className)) return cls;
  const advice = 'Register its class with tf.serialization.registerClass, with a getConfig that holds its arguments.';
  throw problem(subject, 'every layer must be of a registered class', { layer: named(layer) }, advice);
}

/**
 * A layer like another, made of its configuration: of the same class, without its weights.
 *
 * @throws NormalizationError for a class that is not registered, and a configuration that does not make the layer again.
 */
export function cloneLayer(subject: string, layer: Layer, more: Options = {}): Layer {
  const cls = loadable(subject, layer);
  const advice = 'Its getConfig must hold all arguments of its constructor, as values.';
  try {
    const clone = cls.fromConfig(cls, { ...configOf(layer), ...more });
    if (Object.keys(more).length > 0 || sameConfig(clone, layer)) return clone;
  } catch (error) {
    if (error instanceof NormalizationError && !error.message.startsWith('[config]')) throw error;
    const cause = (error as Error).message;
    throw problem(subject, 'a layer cannot be made from its configuration', { layer: named(layer), cause }, advice);
  }
  throw problem(subject, 'a layer made from its configuration must be the same layer', { layer: named(layer) }, advice);
}

/** What the host's layers fill in, or number, by themselves. */
const OWN = new Set(['name', 'dtype']);
const text = (layer: Layer) => JSON.stringify(layer.getConfig(), (key, value) => (OWN.has(key) ? undefined : value));
const sameConfig = (a: Layer, b: Layer) => text(a) === text(b);

/** Gives a built layer values in place of its weights, past its constraints, which would change them. */
export function assignWeights(subject: string, layer: Layer, values: readonly Tensor[]): void {
  const variables = variablesOf(layer);
  const shapes = (list: readonly Tensor[]) => JSON.stringify(list.map(({ shape }) => shape));
  if (shapes(variables) !== shapes(values)) {
    const received = { layer: named(layer), weights: shapes(variables), expected: shapes(values) };
    throw problem(
      subject,
      'a layer made from its configuration must have the same weights',
      received,
      'Check its build.',
    );
  }
  variables.forEach((variable, i) => {
    variable.assign(values[i] as Tensor);
  });
}

/** The same values, and the same of them trainable. */
export function copyWeights(subject: string, from: Layer, to: Layer): void {
  assignWeights(subject, to, variablesOf(from));
  const flags = weightsAsMade(from).map(({ trainable }) => trainable);
  const made = weightsAsMade(to);
  made.forEach((weight, i) => {
    weight.trainable = flags[i] as boolean;
  });
}
