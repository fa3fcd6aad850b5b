import * as tf from '@tensorflow/tfjs-core';
import type { Layer } from './graph.js';
import type { Batch } from './inputs.js';
import { fitMemory } from './memory.js';
import { average, heardIn, type Models, type Moments } from './moments.js';
import { assignFactor, factorOf, weightsByName } from './weights.js';

/** A variance below this share of the mean square is rounding: there is nothing to stretch. */
const FLAT = 1e-10;

/** The factor that stretches a to b, with the sign of what they have in common. */
function stretch(aa: tf.Tensor, bb: tf.Tensor, ab: tf.Tensor, scale: tf.Tensor): tf.Tensor {
  const factor = tf.sqrt(tf.div(tf.relu(bb), aa)); // [parameters]
  const signed = tf.where(tf.less(ab, 0), tf.neg(factor), factor); // [parameters]
  const usable = tf.logicalAnd(tf.greater(aa, tf.mul(scale, FLAT)), tf.isFinite(signed)); // [parameters]
  return tf.where(usable, signed, tf.onesLike(signed)); // [parameters]
}

/** The parameters of a norm, those it has. */
interface Affine {
  readonly factor: tf.Tensor | undefined;
  readonly beta: tf.Tensor | undefined;
}

function assignAffine(layer: Layer, { factor, beta }: Affine): void {
  if (factor) assignFactor(layer, factor);
  if (beta) weightsByName(layer).get('beta')?.assign(beta);
}

/**
 * γ = ±√(var b/var a), β = mean b − γ·mean a: the first two moments of the old output. Without a shift the mean squares
 * are made equal, without a factor the means. Where the moments are not finite, what was taken over stays.
 */
function fitted(known: Affine, { a, b, aa, bb, ab }: Moments, finite: tf.Tensor): Affine {
  const centred = (square: tf.Tensor, x: tf.Tensor, y: tf.Tensor) => tf.sub(square, tf.mul(x, y)); // [parameters]
  const factor = known.beta
    ? stretch(centred(aa, a, a), centred(bb, b, b), centred(ab, a, b), aa)
    : stretch(aa, bb, ab, tf.onesLike(aa));
  const beta = tf.sub(b, known.factor ? tf.mul(factor, a) : a); // [parameters]
  const only = (t: tf.Tensor, old: tf.Tensor | undefined) => old && tf.where(finite, t, old); // [parameters]
  return { factor: only(factor, known.factor), beta: only(beta, known.beta) };
}

/**
 * Fits a new norm to the one it replaces: moving statistics first, then γ and β, on inputs as the new model gives them.
 *
 * @returns Which parameters were fitted, those whose outputs are finite; undefined where there is neither γ nor β.
 */
export function fit(layer: Layer, old: Layer, models: Models, batches: readonly Batch[]): tf.Tensor | undefined {
  fitMemory(layer, models.after, batches);
  const weights = weightsByName(layer);
  const beta = weights.get('beta');
  if (!factorOf(layer, weights) && !beta) return undefined;
  return tf.tidy(() => {
    const factor = factorOf(layer, weights);
    const known = { factor: factor && tf.clone(factor), beta: beta && tf.clone(beta) };
    assignAffine(layer, { factor: factor && tf.onesLike(factor), beta: beta && tf.zerosLike(beta) });
    const heard = batches.flatMap((batch) => heardIn(layer, old, models, batch));
    if (heard.length === 0) {
      assignAffine(layer, known);
      return tf.zeros([0], 'bool');
    }
    const moments = average(heard);
    const { a, aa, bb } = moments;
    const finite = [a, aa, bb].map((each) => tf.isFinite(each)).reduce((x, y) => tf.logicalAnd(x, y)); // [parameters]
    assignAffine(layer, fitted(known, moments, finite));
    return finite;
  });
}
