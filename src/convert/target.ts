import { layers } from '@tensorflow/tfjs-layers';
import { createNormalization, type NormalizationSpec } from '../auto/create.js';
import { isDegenerate } from '../auto/degenerate.js';
import { specOfObject, specOfString } from '../auto/spec.js';
import { problem } from '../core/errors.js';
import { rowOf } from '../guide/config.js';
import type { Choice } from '../guide/facts.js';
import { normalizationNamed } from '../layers/known.js';
import { ownKeys } from '../layers/options.js';
import { type NormRow, OURS } from '../norms.js';
import { weightNormalization } from '../wrappers/weight.js';
import { cloneLayer, configOf, named, type Options } from './clone.js';
import { isContainer } from './graph.js';
import { rowOfSite, type Site } from './sites.js';

type Layer = layers.Layer;

/** What is to come in a norm's place. */
export interface Target {
  /** Its identifier, or the class of a layer that the table does not have. */
  readonly norm: Choice | (string & {});
  /** The options that its caller gave. */
  readonly options: Options;
  /** A new layer for a place. */
  make(site: Site): Layer;
}

const SUBJECT = 'convertNormalization';

/** What a layer keeps wherever it stands. */
function hostOptions({ layer }: Site): Options {
  const { name, trainable, batchInputShape, dtype } = layer;
  return { name, trainable, ...(batchInputShape ? { batchInputShape, dtype } : {}) };
}

/** The axis, or axes, of a norm as its options have it; the last one is -1 there. */
export function axisOf({ layer, shapes }: Site): number | number[] {
  const { axis = -1 } = layer.getConfig() as { axis?: number | number[] };
  const rank = shapes[0]?.length;
  const list = [axis].flat().map((each) => (rank !== undefined && each === rank - 1 ? -1 : each));
  return list.length === 1 ? (list[0] as number) : list;
}

/** What a norm of the table takes over from the one before: what means the same in both. */
function carried(site: Site, row: NormRow): Options {
  const from = rowOfSite(site);
  const config = configOf(site.layer);
  const keys = ownKeys(row).filter((key) => config[key] !== undefined);
  const axis = axisOf(site);
  if (from.id === row.id) return { ...Object.fromEntries(keys.map((key) => [key, config[key]])), axis };
  const same = ['epsilon', 'momentum', 'center', 'scale', 'training'].filter((key) => keys.includes(key));
  const parameters = row.weights.flatMap(({ option, when }) => {
    const before = from.weights.find((weight) => when !== undefined && weight.when === when)?.option;
    const parts = ['Regularizer', 'Constraint'].filter((part) => config[before + part]);
    return parts.map((part) => [option + part, config[before + part]]);
  });
  const one = Array.isArray(axis) && row.parametersOver === 'channels' ? -1 : axis;
  return { ...Object.fromEntries(same.map((key) => [key, config[key]])), ...Object.fromEntries(parameters), axis: one };
}

/** Options that the channels and the rank ask for, where the caller says nothing. */
function fitting(site: Site, row: NormRow): Options {
  const isFlat = site.shapes.some((shape) => shape.length < 3);
  return {
    ...('groups' in row.defaults ? { groups: 'auto' } : {}),
    ...('statistics' in row.defaults && isFlat ? { statistics: ['layer', 'batch'] } : {}),
  };
}

/** Options of a wrapper without the layer it wraps, which every place has of its own; the wrapper knows which there are. */
function wrapperOptions({ layer: _, ...options }: Options): Options {
  weightNormalization({ ...options, layer: layers.dense({ units: 1 }) });
  return options;
}

function targetOfNorm(norm: Choice, given: Options): Target {
  const row = rowOf(norm);
  const explicit = row?.of === 'weights' ? wrapperOptions(given) : given;
  const options = (site: Site) => (row ? { ...fitting(site, row), ...carried(site, row), ...explicit } : explicit);
  const make = (site: Site) => createNormalization({ ...options(site), ...hostOptions(site), norm });
  return { norm, options: explicit, make };
}

/** The options of a layer of this package that its caller gave: those not at their default. */
function given(layer: Layer, row: NormRow): Options {
  const config = configOf(layer);
  const byDefault =
    row.of === 'weights'
      ? row.defaults
      : (new (layer.constructor as new (options: object) => Layer)({}).getConfig() as Options);
  const keys = ownKeys(row).filter((key) => JSON.stringify(config[key]) !== JSON.stringify(byDefault[key]));
  return Object.fromEntries(keys.map((key) => [key, config[key]]));
}

/** The host's layers by the names of what makes them: none but those of the table normalizes. A user's own class may. */
function checkNormalizes(layer: Layer): void {
  const name = layer.getClassName().toLowerCase();
  if (!isContainer(layer) && !Object.keys(layers).some((key) => key.toLowerCase() === name)) return;
  const advice = "Name a norm, such as 'group', or 'none' to take the old one away.";
  throw problem(SUBJECT, 'a policy must give a normalization layer', { layer: named(layer) }, advice);
}

/** A layer stands for its kind: it can only be in one place. */
function targetOfLayer(layer: Layer): Target {
  const norm = normalizationNamed(layer.getClassName());
  const row = norm && rowOf(norm);
  if (row && OURS in layer.constructor) return targetOfNorm(row.id, given(layer, row));
  if (!norm) checkNormalizes(layer);
  const make = (site: Site) => cloneLayer(SUBJECT, layer, hostOptions(site));
  return { norm: norm ?? layer.getClassName(), options: {}, make };
}

/** Reads whatever names a norm. */
export function targetOf(spec: NormalizationSpec): Target {
  if (typeof spec === 'string') {
    const { norm, options } = specOfString(SUBJECT, spec);
    return targetOfNorm(norm, options);
  }
  const isLayerOrFunction = typeof spec === 'function' || typeof (spec as Layer | null)?.apply === 'function';
  if (isLayerOrFunction) return targetOfLayer(createNormalization(spec));
  if (typeof spec !== 'object' || spec === null || Array.isArray(spec)) {
    const advice = "Try 'group', { norm: 'group', groups: 16 }, or facts such as { architecture: 'cnn' }.";
    throw problem(SUBJECT, 'the policy must name a norm', { policy: spec }, advice);
  }
  const { norm, options } = specOfObject(SUBJECT, spec as Readonly<Record<string, unknown>>);
  return targetOfNorm(norm, options);
}

/** Why a norm cannot stand in a place, or undefined where it can: it is built there once, on trial. */
export function refusal(target: Target, site: Site): string | undefined {
  for (const shape of site.shapes) {
    const layer = target.make(site);
    const row = rowOf(target.norm as Choice);
    if (row && isDegenerate(row.id, shape, configOf(layer))) {
      return `a statistic would be of a single value in shape [${shape}]: every value is its own mean there`;
    }
    try {
      layer.build(shape);
    } catch (error) {
      return (error as Error).message;
    } finally {
      for (const weight of layer.weights) weight.dispose();
    }
  }
  return undefined;
}
