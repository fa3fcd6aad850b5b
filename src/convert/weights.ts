import * as tf from '@tensorflow/tfjs-core';
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import { layersWithin } from '../layers/within.js';
import type { Layer } from './graph.js';

/** Where the host keeps a layer's own weights, whether they are frozen or not. */
interface Own {
  readonly _trainableWeights?: LayerVariable[];
  readonly _nonTrainableWeights?: LayerVariable[];
}

/** A layer's weights as it made them: the host's own list puts each frozen one last. */
export function weightsAsMade(layer: Layer): LayerVariable[] {
  const holders = [layer, ...layersWithin(layer).map((placed) => placed.layer)] as unknown as Own[];
  const all = holders.flatMap((each) => [...(each._trainableWeights ?? []), ...(each._nonTrainableWeights ?? [])]);
  const known = new Set(layer.weights);
  const found = [...new Set(all)].filter((weight) => known.has(weight));
  return found.length === known.size ? found : layer.weights;
}

/** Their values: the host's variables. */
export const variablesOf = (layer: Layer): tf.Variable[] =>
  weightsAsMade(layer).map((weight) => weight.read() as tf.Variable);

/** A layer's weights by the names they have in files. */
export function weightsByName(layer: Layer): Map<string, tf.Variable> {
  const entries = layer.weights.map((weight) => [weight.originalName.split('/').pop(), weight.read()]);
  return new Map(entries as [string, tf.Variable][]);
}

/** The factor of a norm, γ or scale, as it works: RMS norm adds an offset to its own. */
export function factorOf(layer: Layer, weights = weightsByName(layer)): tf.Tensor | undefined {
  const gamma = weights.get('gamma') ?? weights.get('scale');
  const { offset = 0 } = layer.getConfig() as { offset?: number };
  return gamma && (offset === 0 ? gamma : tf.add(gamma, offset)); // [γ]
}

/** Sets γ or scale, such that the factor is this one. */
export function assignFactor(layer: Layer, factor: tf.Tensor): void {
  const weights = weightsByName(layer);
  const { offset = 0 } = layer.getConfig() as { offset?: number };
  const gamma = weights.get('gamma') ?? weights.get('scale');
  gamma?.assign(offset === 0 ? factor : tf.sub(factor, offset)); // [γ]
}
