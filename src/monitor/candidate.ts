import { layers } from '@tensorflow/tfjs-layers';
import { createNormalization, layerOf, type NormalizationSpec } from '../auto/create.js';
import { specOfObject, specOfString } from '../auto/spec.js';
import { problem } from '../core/errors.js';
import { normRow } from '../norms.js';
import { COMPARE } from './data.js';

type Layer = layers.Layer;
type Options = Readonly<Record<string, unknown>>;

/**
 * A norm under comparison, as `build` gets it: a function that makes a new layer of it each time.
 *
 * `norm({ name: 'n1' })` is a layer; `norm.after(layer)` is the layer with its norm, a list: `[layer, norm]`, or the wrapped
 * layer alone where weights are normalized.
 */
export interface NormFactory {
  (options?: Options): Layer;
  after(layer: Layer, options?: Options): Layer[];
  /** The name it has in the table. */
  readonly label: string;
  readonly spec: NormalizationSpec;
}

/** Makes layers of a spec with options over its own; of weight normalization the one `layer` goes into. */
interface Maker {
  readonly wraps: boolean;
  make(options: Options): Layer;
}

function makerOf(label: string, spec: NormalizationSpec): Maker {
  if (typeof spec === 'function') {
    return {
      wraps: false,
      make: (options) => createNormalization(() => (spec as (options: Options) => Layer)(options)),
    };
  }
  if (spec instanceof layers.Layer) {
    const advice = 'Pass a name, an object, or a function that makes one.';
    throw problem(COMPARE, 'every model needs new layers', { norm: label }, advice);
  }
  const { norm, options: own } = typeof spec === 'string' ? specOfString(COMPARE, spec) : specOfObject(COMPARE, spec);
  const wraps = norm !== 'none' && normRow(norm).of === 'weights';
  return { wraps, make: (options) => layerOf({ norm, options: { ...own, ...options } }) };
}

function factoryOf(label: string, spec: NormalizationSpec): NormFactory {
  const { wraps, make } = makerOf(label, spec);
  const factory = (options: Options = {}): Layer => {
    if (!wraps || options.layer) return make(options);
    const advice = 'In build, use ...norm.after(layer) in the place of layer, norm().';
    throw problem(COMPARE, 'weight normalization belongs around a layer', { norm: label }, advice);
  };
  const after = (layer: Layer, options: Options = {}) =>
    wraps ? [make({ ...options, layer })] : [layer, make(options)];
  return Object.assign(factory, { after, label, spec });
}

function labelOf(spec: NormalizationSpec): string {
  if (typeof spec === 'string') return spec;
  if (spec instanceof layers.Layer) return spec.name;
  if (typeof spec === 'function') return spec.name || 'function';
  const { norm, type, className, config, ...options } = spec as Record<string, unknown>;
  const own = Object.entries({ ...(config as object | undefined), ...options }).map(
    ([key, value]) => `${key}=${value}`,
  );
  return [String(norm ?? type ?? className), own.join(',')].filter(Boolean).join(':');
}

/** Reads `norms`: a list of specs, or specs by the name they are to have in the table. */
export function candidatesOf(
  norms: readonly NormalizationSpec[] | Readonly<Record<string, NormalizationSpec>>,
): NormFactory[] {
  const named = Array.isArray(norms)
    ? (norms as readonly NormalizationSpec[]).map((spec) => [labelOf(spec), spec] as const)
    : Object.entries((norms ?? {}) as Record<string, NormalizationSpec>);
  const labels = named.map(([label]) => label);
  if (new Set(labels).size < labels.length || labels.length === 0) {
    const advice = "Pass ['batch', 'group:8'], or { small: 'group:4', large: 'group:16' }.";
    throw problem(COMPARE, 'norms must be a list of different norms, or norms by name', { norms: labels }, advice);
  }
  return named.map(([label, spec]) => factoryOf(label, spec));
}
