import { layers } from '@tensorflow/tfjs-layers';
import { problem } from '../core/errors.js';
import { CLASSES } from '../layers/classes.js';
import { type Spec, specOfObject, specOfString } from './spec.js';

type Layer = layers.Layer;

/** A norm, in any of the ways people name one. */
export type NormalizationSpec =
  | string
  | (Readonly<Record<string, unknown>> & { readonly norm: string })
  | (Readonly<Record<string, unknown>> & { readonly type: string })
  | (Readonly<Record<string, unknown>> & { readonly className: string })
  | Layer
  | (() => Layer);

const SUBJECT = 'createNormalization';

/** What every layer of the host takes. */
const HOST_OPTIONS = ['name', 'inputShape', 'batchInputShape', 'batchSize', 'dtype', 'trainable'];

/** The host's own layer that passes its input on: it loads anywhere. */
function identity(options: Readonly<Record<string, unknown>>): Layer {
  const unknown = Object.keys(options).find((option) => !HOST_OPTIONS.includes(option));
  if (unknown) throw problem(SUBJECT, 'unknown option', { option: unknown }, `none takes ${HOST_OPTIONS.join(', ')}.`);
  return layers.activation({ ...options, activation: 'linear' });
}

/** Makes the layer of a spec. */
export function layerOf({ norm, options }: Spec): Layer {
  if (norm === 'none') return identity(options);
  return new (CLASSES[norm] as unknown as new (options: object) => Layer)({ ...options });
}

/** A layer is told by what it does: two copies of tfjs have two classes. */
function isLayer(value: unknown): value is Layer {
  const { apply, getConfig, build } = (value ?? {}) as Partial<Record<'apply' | 'getConfig' | 'build', unknown>>;
  return typeof value === 'object' && [apply, getConfig, build].every((method) => typeof method === 'function');
}

/** Classes are called with `new`, and have a layer's methods on their prototype. */
function made(factory: (() => unknown) & { prototype?: object }): Layer {
  const isClass = typeof (factory.prototype as { apply?: unknown } | undefined)?.apply === 'function';
  const isBareClass = /^class\b/.test(Function.prototype.toString.call(factory));
  const layer = isClass ? new (factory as unknown as new (options: object) => unknown)({}) : isBareClass || factory();
  if (isLayer(layer)) return layer;
  throw problem(SUBJECT, 'a factory must return a layer', { factory }, 'Try () => groupNormalization({ groups: 8 }).');
}

/**
 * Makes a normalization layer of whatever names one: a string, a spec object, a layer, a factory or a class.
 *
 * Names are forgiving: `'group'`, `'GroupNorm'`, `'group_normalization'`, `'gn'` and `'Addons>GroupNormalization'` mean the same, as do
 * `'bn'` and `'BatchNorm2d'`. Options follow a colon: `'group:16'`, `'rms:epsilon=1e-5,offset=1'`. `'none'` is the identity.
 *
 * @param spec A name; `{ norm, ...options }`, `{ norm, config }` (a recommendation) or `{ className, config }` (a saved layer); a
 *   layer, returned as it is; a function that returns one, or a layer's class.
 * @returns A layer, not yet built.
 * @throws NormalizationError for an unknown name (with the choices), unknown options, and weight normalization without its `layer`.
 *
 * @example
 * ```js
 * const model = tf.sequential();
 * model.add(tf.layers.conv2d({ filters: 32, kernelSize: 3, inputShape: [8, 8, 3] }));
 * model.add(createNormalization('group:16'));
 * model.add(createNormalization({ norm: 'rms', epsilon: 1e-5 }));
 * ```
 */
export function createNormalization(spec: NormalizationSpec): Layer {
  if (typeof spec === 'string') return layerOf(specOfString(SUBJECT, spec));
  if (isLayer(spec)) return spec;
  if (typeof spec === 'function') return made(spec as () => unknown);
  if (typeof spec === 'object' && spec !== null && !Array.isArray(spec)) {
    return layerOf(specOfObject(SUBJECT, spec as Readonly<Record<string, unknown>>));
  }
  const advice = "Try 'group', 'group:16' or { norm: 'group', groups: 16 }.";
  throw problem(SUBJECT, 'a norm is named by a string, an object, a layer or a function', { spec }, advice);
}
