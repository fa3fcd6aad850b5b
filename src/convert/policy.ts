import type { NormalizationSpec } from '../auto/create.js';
import { problem } from '../core/errors.js';
import type { Facts } from '../guide/facts.js';
import { recommendNormalization } from '../guide/recommend.js';
import type { Layer, Shape } from './graph.js';
import type { Site } from './sites.js';
import type { SwitchReading } from './switch.js';
import { axisOf, type Target, targetOf } from './target.js';

/** What to put in a norm's place; undefined leaves it alone. */
export type LayerPolicy = (
  layer: Layer,
  path: string,
  shape: Shape | undefined,
) => NormalizationSpec | Facts | undefined;

/**
 * What is to come in the place of the norms of a model: one norm for all in any way {@link createNormalization} takes,
 * facts for the guide, what {@link readSwitchWeights} read, or a function that decides layer by layer.
 */
export type NormalizationPolicy = NormalizationSpec | Facts | readonly SwitchReading[] | LayerPolicy;

const SUBJECT = 'convertNormalization';

/** Options that the guide gives because of the shape; a trained model's others stay what they are. */
const OF_SHAPE = ['groups', 'statistics'];

function byFacts(facts: Facts, site: Site): Target {
  const shape = site.shapes[0];
  const axis = axisOf(site);
  const channels = shape && !Array.isArray(axis) ? shape[axis < 0 ? axis + shape.length : axis] : undefined;
  const here = { ...facts, ...(shape ? { rank: shape.length } : {}), ...(channels ? { channels } : {}) };
  const { norm, config } = recommendNormalization(here);
  const options = Object.fromEntries(Object.entries(config).filter(([key]) => OF_SHAPE.includes(key)));
  return targetOf({ ...options, norm });
}

function byReadings(readings: readonly SwitchReading[], site: Site): Target | undefined {
  const reading = readings.find(({ path }) => path === site.path);
  return reading && targetOf(reading.spec);
}

const isReadings = (policy: unknown): policy is readonly SwitchReading[] =>
  Array.isArray(policy) && policy.every((each) => typeof each?.path === 'string' && each.spec !== undefined);

const isFacts = (policy: unknown): policy is Facts =>
  typeof policy === 'object' && policy !== null && 'architecture' in policy;

/** A class is a spec: other functions are asked for every layer. */
const isPerLayer = (policy: unknown): policy is LayerPolicy =>
  typeof policy === 'function' && typeof (policy.prototype as { apply?: unknown } | undefined)?.apply !== 'function';

/** The target of every site; a policy that cannot be read throws before anything is made. */
export function targetsBy(policy: NormalizationPolicy): (site: Site) => Target | undefined {
  if (policy === 'auto') {
    const advice =
      "Pass what is known of the model, e.g. { architecture: 'cnn', batchSize: 4 }: the guide then chooses.";
    throw problem(SUBJECT, 'the guide needs facts', { policy }, advice);
  }
  if (isReadings(policy)) return (site) => byReadings(policy, site);
  if (isFacts(policy)) return (site) => byFacts(policy, site);
  if (isPerLayer(policy)) {
    return (site) => {
      const spec = policy(site.layer, site.path, site.shapes[0]);
      if (spec === undefined) return undefined;
      return isFacts(spec) ? byFacts(spec, site) : targetOf(spec);
    };
  }
  const target = targetOf(policy as NormalizationSpec);
  return () => target;
}
