import type { LayersModel } from '@tensorflow/tfjs-layers';
import { checkFacts, conflictOf } from '../guide/check.js';
import type { Facts } from '../guide/facts.js';
import { sightingsIn } from './facts.js';
import type { Graph } from './graph.js';
import { checkPlain } from './plain.js';
import { readModel } from './read.js';
import type { Sightings } from './sighting.js';

/** A model in memory, or the parsed object of a model.json: the weights are not needed. */
export type ModelLike = LayersModel | Readonly<Record<string, unknown>>;

/** Facts, and where in the model each was seen. `seen` is not enumerable: copies and JSON hold the facts alone. */
export type Description = Facts & { readonly seen: Sightings };

/** Facts of a graph; hints win, and what was seen beside them must not contradict. */
export function factsOf(graph: Graph, hints: Partial<Facts> = {}): Description {
  const all = sightingsIn(graph, hints);
  let facts: Record<string, unknown> = { ...hints };
  const used: Record<string, unknown> = {};
  for (const [name, sighting] of Object.entries(all)) {
    const said = Object.hasOwn(hints, name) && !(name === 'architecture' && hints.architecture === undefined);
    const trial = { ...facts, [name]: sighting.value };
    const contradicts = name !== 'architecture' && conflictOf(trial as unknown as Facts) !== undefined;
    if (said || contradicts) continue;
    facts = trial;
    used[name] = sighting;
  }
  const checked = checkFacts(facts);
  Object.defineProperty(checked, 'seen', { value: Object.freeze(used), enumerable: false });
  return checked as Description;
}

/**
 * Reads the facts that the guide asks for off a model: its architecture by its layers (recurrent ones, convolutions, attention,
 * also where it is put together of plain layers), rank and channels of what is normalized, a fixed batch size, sequences of open
 * length, half precision, and the norm it has, as `pretrained`.
 *
 * What differs from layer to layer is left out: `channels` only where all agree. A model that has a norm is taken as one to go
 * on with; `{ pretrained: undefined }` asks as if it were new.
 *
 * @param model A layers model, or the parsed object of a `model.json` of tfjs, Keras 2 or Keras 3, with or without weights.
 * @param hints Facts that you know; they win over what is seen. `undefined` takes a fact back.
 * @returns Facts for {@link recommendNormalization}. Their property `seen`, which is not enumerable, says of each fact that came
 *   from the model `{ value, why, where }`, `where` being paths of layers.
 * @throws NormalizationError where there is no model, and for unknown hints, or hints in conflict.
 *
 * @example
 * ```js
 * const model = tf.sequential();
 * model.add(tf.layers.conv2d({ filters: 48, kernelSize: 3, batchInputShape: [4, 16, 16, 3] }));
 * model.add(tf.layers.flatten());
 * model.add(tf.layers.dense({ units: 10 }));
 * const facts = describeModel(model, { task: 'classification' });
 * console.log(facts); // { task: 'classification', architecture: 'cnn', batchSize: 4, rank: 4, channels: 48 }
 * console.log(facts.seen.channels.where, recommendNormalization(facts).norm); // [ 'conv2d_Conv2D1' ] group
 * ```
 */
export function describeModel(model: ModelLike, hints?: Partial<Facts>): Description {
  if (hints !== undefined) checkPlain('describeModel', 'facts', hints, 'Try { batchSize: 4 }.');
  return factsOf(readModel('describeModel', model), hints);
}
