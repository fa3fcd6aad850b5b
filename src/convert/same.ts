import type { OptionValue } from '../norms.js';
import { configOf } from './clone.js';
import type { Layer } from './graph.js';
import { rowOfSite, type Site } from './sites.js';
import type { Target } from './target.js';

type Value = OptionValue | readonly number[] | undefined;

/** Options of training, and the offset, which the factor that is taken over makes up for. */
const SILENT = ['momentum', 'rhoLearningRateMultiplier', 'offset'];
/** Options that a weight hangs on: one that is new starts as the 1 or 0 that stood for it. */
const SWITCHES = ['center', 'scale'];

/** The value of an option as inference sees it, in one way of writing it. */
function meaning(key: string, value: Value, shape: readonly (number | null)[], axes: number[]): string {
  if (key === 'axis') return String(axes);
  if (key === 'training') return String(value === true);
  if (key === 'groups') return String(value === -1 ? shape[axes[0] as number] : value);
  return JSON.stringify(value);
}

/**
 * Whether a new, built layer with the weights of the old one computes in inference what that did: the same norm, of options
 * that mean the same.
 */
export function isSameFunction(site: Site, target: Target, made: Layer): boolean {
  if (target.norm !== site.norm) return false;
  const { defaults } = rowOfSite(site);
  const shape = site.shapes[0] as (number | null)[];
  const read = (layer: Layer) => {
    const config = { ...defaults, ...configOf(layer) } as Record<string, Value>;
    const axes = [config.axis as number | number[]].flat().map((axis) => (axis < 0 ? axis + shape.length : axis));
    return (key: string) => ({ value: config[key], means: meaning(key, config[key], shape, axes) });
  };
  const [old, now] = [read(site.layer), read(made)];
  return Object.keys(defaults).every((key) => {
    if (SILENT.includes(key)) return true;
    if (SWITCHES.includes(key)) return !old(key).value || Boolean(now(key).value);
    return old(key).means === now(key).means;
  });
}
