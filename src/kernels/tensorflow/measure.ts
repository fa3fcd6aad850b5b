import * as tf from '@tensorflow/tfjs-core';
import type { NodeBackend } from './backend.js';
import { pilotOf, type Slab, sumOfChannels, sumOfSquares, toChannels, toSets } from './slab.js';

/** Means this many deviations away cost digits, 4e-7 for each; see {@link isFar}. */
const FAR = 8;

/** From this size on, looking costs less than a pass over the values that may not be needed. */
export const LARGE = 2 ** 18;

/**
 * Whether a set's mean is so far from 0, in its own deviations, that subtracting it costs digits; a constant that is not 0 is
 * infinitely far. NaN is not.
 */
export const isFar = (mean: number, variance: number, far = FAR): boolean => mean * mean > far * far * variance;

/** Values on the host. TensorFlow computes at once where they are asked for: there is nothing to wait for, but on a GPU. */
export const read = (backend: NodeBackend, { dataId }: tf.Tensor): ArrayLike<number> => backend.readSync(dataId);

/** Whether {@link isFar} holds for any set. */
export function anyFar(backend: NodeBackend, mean: tf.Tensor, variance: tf.Tensor, far = FAR): boolean {
  const [means, variances] = [read(backend, mean), read(backend, variance)];
  for (let i = 0; i < means.length; i++) if (isFar(means[i] as number, variances[i] as number, far)) return true;
  return false;
}

/** Statistics are `[B, G, 1]`. */
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

const meanSquare = (backend: NodeBackend, slab: Slab, x: tf.Tensor): tf.Tensor =>
  tf.div(sumOfSquares(backend, slab, x), slab.n); // [B, G, 1]

function centred(backend: NodeBackend, slab: Slab, x: tf.Tensor): Omit<Measured, 'pilot'> {
  const mean = tf.div(toSets(slab, sumOfChannels(slab, x)), slab.n); // [B, G, 1]
  const values = subtract(slab, x, mean); // [B, S, C, T]
  return { values, mean, variance: meanSquare(backend, slab, values) };
}

/** Mean and variance of every set, measured from the pilot where the mean is far from 0 or x is small. */
export function measure(backend: NodeBackend, slab: Slab, x: tf.Tensor, center: boolean): Measured {
  if (!center) {
    const variance = meanSquare(backend, slab, x); // [B, G, 1]
    return { values: x, mean: tf.zerosLike(variance), variance, pilot: undefined };
  }
  if (x.size >= LARGE) {
    const found = centred(backend, slab, x);
    if (!anyFar(backend, found.mean, found.variance)) return { ...found, pilot: undefined };
    found.values.dispose();
  }
  const pilot = pilotOf(slab, x); // [B, G, 1]
  return { ...centred(backend, slab, subtract(slab, x, pilot)), pilot };
}
