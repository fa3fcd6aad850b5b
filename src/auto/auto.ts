import type { layers } from '@tensorflow/tfjs-layers';
import { problem } from '../core/errors.js';
import type { Choice, Facts } from '../guide/facts.js';
import { configurationFor, type Recommendation, recommendNormalization } from '../guide/recommend.js';
import { createNormalization } from './create.js';
import { refuseDegenerate } from './degenerate.js';
import { specOfString } from './spec.js';

/** Options of the layer that replace the guide's, its name and input shape, or another norm. */
export type AutoOverrides = Readonly<Record<string, unknown>> & {
  /** Another norm than the recommended one, one of its alternatives say. */
  readonly norm?: string;
  /** What weight normalization wraps. */
  readonly layer?: layers.Layer;
};

const SUBJECT = 'autoNormalization';

function checkOverrides(overrides: unknown): void {
  const isObject = typeof overrides === 'object' && overrides !== null && !Array.isArray(overrides);
  const { norm } = (isObject ? overrides : {}) as { norm?: unknown };
  if (isObject && (norm === undefined || typeof norm === 'string')) return;
  const advice = "Try autoNormalization(facts, { norm: 'group', groups: 8 }).";
  throw problem(SUBJECT, 'overrides must be an object, its norm a name', isObject ? { norm } : { overrides }, advice);
}

/** Weight norm goes around a layer, and a layer of activations cannot: the caller has to say which is meant. */
function checkLayer(norm: Choice, { layer }: AutoOverrides, { alternatives }: Recommendation): void {
  if (norm !== 'weight' || layer !== undefined) return;
  const other = alternatives.find((alternative) => alternative.norm !== 'weight' && alternative.norm !== 'none');
  const advice = `Give it: autoNormalization(facts, { layer: tf.layers.dense({ units: 8 }) })${other ? `, or { norm: '${other.norm}' }` : ''}.`;
  throw problem(SUBJECT, 'weight normalization wraps a layer', { norm }, advice);
}

/**
 * The recommended normalization as a layer, for `model.add` or `apply`.
 *
 * The norm is chosen from the facts alone. Of its options only `groups` waits for the build, when the channels are known. It is a
 * plain layer of the chosen kind: a saved file holds nothing else. Where there should be no norm it is the identity.
 *
 * @param facts What is known, as {@link recommendNormalization} takes it.
 * @param overrides Options of the layer (`name`, `inputShape`, `groups`, …), `layer` where weight norm is chosen, or another `norm`.
 * @throws NormalizationError as {@link recommendNormalization} does; for unknown options; and when it is built for a shape of which
 *   the norm would take statistics of single values (instance norm at 1 × 1), with the alternative.
 *
 * @example
 * ```js
 * const model = tf.sequential();
 * model.add(tf.layers.conv2d({ filters: 48, kernelSize: 3, useBias: false, inputShape: [8, 8, 3] }));
 * model.add(autoNormalization({ architecture: 'cnn', batchSize: 2 })); // group norm, 24 groups
 * model.add(tf.layers.activation({ activation: 'relu' }));
 * ```
 */
export function autoNormalization(facts: Facts, overrides: AutoOverrides = {}): layers.Layer {
  checkOverrides(overrides);
  const recommendation = recommendNormalization(facts);
  const { norm: wanted, ...given } = overrides;
  const spec = wanted === undefined ? undefined : specOfString(SUBJECT, wanted);
  const norm = spec?.norm ?? recommendation.norm;
  const options = { ...spec?.options, ...given };
  checkLayer(norm, overrides, recommendation);
  const config = norm === recommendation.norm ? recommendation.config : configurationFor(norm, facts);
  const waiting = 'groups' in config ? { groups: 'auto' } : {};
  const layer = createNormalization({ norm, config: { ...config, ...waiting, ...options } });
  refuseDegenerate(
    layer,
    norm,
    recommendation.alternatives.map((alternative) => alternative.norm),
  );
  return layer;
}
