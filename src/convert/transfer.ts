import * as tf from '@tensorflow/tfjs-core';
import { isFrozen } from '../layers/memory.js';
import { NORMS } from '../norms.js';
import type { Layer } from './graph.js';
import type { Site } from './sites.js';
import { assignFactor, factorOf, weightsByName } from './weights.js';

/** What became of a norm's weights. */
export type Weights = 'kept' | 'folded' | 'calibrated' | 'reset';

export interface Transferred {
  readonly weights: Weights;
  /** Weights that start anew. */
  readonly reset: readonly string[];
  /** Weights of the old layer that have no place in the new one: they matter where they are not zero. */
  readonly dropped: readonly string[];
}

const FACTORS = ['gamma', 'scale'];
/** What the norms of the table have starts as they do nothing; of a user's own layer nothing is known. */
const KNOWN = new Set(NORMS.flatMap(({ weights }) => weights.map(({ name }) => name)));

/**
 * Gives a new norm what means the same in the old one: γ (scale), β, moving statistics. The rest keeps its first values;
 * where the old layer had no γ or no β, these are the 1 and 0 it stood for.
 */
export function transfer(site: Site, layer: Layer): Transferred {
  const reset: string[] = [];
  const dropped: string[] = [];
  tf.tidy(() => {
    const [old, made] = [weightsByName(site.layer), weightsByName(layer)];
    for (const [name, variable] of made) {
      const isFactor = FACTORS.includes(name);
      const value = isFactor ? (factorOf(site.layer, old) ?? tf.onesLike(variable)) : old.get(name); // [weight]
      const fits = value && `${value.shape}` === `${variable.shape}`;
      if (fits && isFactor) assignFactor(layer, value);
      else if (fits) variable.assign(value);
      else if (value || name.startsWith('moving_') || !KNOWN.has(name)) reset.push(name);
    }
    const hasFactor = FACTORS.some((name) => made.has(name));
    dropped.push(...[...old.keys()].filter((name) => !made.has(name) && !(FACTORS.includes(name) && hasFactor)));
  });
  if (isFrozen(site.layer)) for (const weight of layer.weights) weight.trainable = false;
  return { weights: reset.length > 0 ? 'reset' : 'kept', reset, dropped };
}
