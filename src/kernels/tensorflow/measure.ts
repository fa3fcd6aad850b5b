import * as tf from '@tensorflow/tfjs-core';
import type { NodeBackend } from './backend.js';
import { pilotOf, type Slab, sumOfChannels, sumOfSquares, toChannels, toSets } from './slab.js';

/** Means this many deviations away cost digits; see {@link isFar}. */
const FAR = 16;

/** From this size on, looking costs less than a pass over the values that may not be needed. */
export const LARGE = 2 ** 18;

/**
 * Whether a set's mean is so far from 0, in its own deviations, that subtracting it costs digits; a constant that is not 0 is
 * infinitely far. (TensorFlow computes at once where this is read: there is nothing to wait for, but on a GPU.)
 */
export function isFar(
  backend: NodeBackend,
  { mean, variance }: { mean: tf.Tensor; variance: tf.Tensor },
  far = FAR,
): boolean {
  return tf.tidy(() => {
    const found = tf.any(tf.greater(tf.square(mean), tf.mul(variance, far * far))); // scalar
    return Boolean(backend.readSync(found.dataId)[0]);
  });
}

/** Statistics are `[B, G]`. */
export interface Measured {
  /** x − mean, or x where it is not centred. */
  readonly values: tf.Tensor;
  /** From the pilot, where there is one. */
  readonly mean: tf.Tensor;
  readonly variance: tf.Tensor;
  /** The first value of every set, subtracted before all else where a mean is far: then a constant is exactly 0. */
  readonly pilot: tf.Tensor | undefined;
}

export const subtract = (slab: Slab, x: tf.Tensor, sets: tf.Tensor): tf.Tensor => tf.sub(x, toChannels(slab, sets));

function centred(backend: NodeBackend, slab: Slab, x: tf.Tensor): Omit<Measured, 'pilot'> {
  const mean = tf.div(toSets(slab, sumOfChannels(slab, x)), slab.n); // [B, G]
  const values = subtract(slab, x, mean); // [B, S, C, T]
  const variance = tf.div(sumOfSquares(backend, slab, values), slab.n); // [B, G]
  return { values, mean, variance };
}

/** Mean and variance of every set, measured from the pilot where the mean is far from 0 or x is small. */
export function measure(backend: NodeBackend, slab: Slab, x: tf.Tensor, center: boolean): Measured {
  if (!center) {
    const variance = tf.div(sumOfSquares(backend, slab, x), slab.n); // [B, G]
    return { values: x, mean: tf.zerosLike(variance), variance, pilot: undefined };
  }
  if (x.size >= LARGE) {
    const found = centred(backend, slab, x);
    if (!isFar(backend, found)) return { ...found, pilot: undefined };
    found.values.dispose();
  }
  const pilot = pilotOf(slab, x); // [B, G]
  return { ...centred(backend, slab, subtract(slab, x, pilot)), pilot };
}
