import * as tf from '@tensorflow/tfjs-core';
import type { SlabView } from '../contract.js';
import { firstOfEachSet, type Layout, layoutOf } from '../layout.js';
import { sumAxis, sumOver } from '../reduce.js';
import type { NodeBackend } from './backend.js';
import { euclideanNorm } from './raw.js';

/**
 * A tensor as `[B, S, C, T]`, C being all channels: TensorFlow broadcasts four dimensions slower than three, so what a group shares is
 * written out for its channels, in tensors that are small.
 */
export interface Slab {
  readonly view: SlabView;
  /** Of `[B, S, C, T]`; dimensions of length 1 are left out. Shapes in comments have them all. */
  readonly layout: Layout;
  /** Values in a set. */
  readonly n: number;
}

export function slabOf(view: SlabView): Slab {
  const { S, G, K, T } = view;
  return { view, layout: layoutOf({ ...view, G: G * K, K: 1 }), n: S * K * T };
}

/** One value a set, `[B, G]`, as its channels have it. */
export function toChannels({ view: { B, G, K }, layout }: Slab, sets: tf.Tensor): tf.Tensor {
  if (G === 1) return tf.reshape(sets, layout.shape('B')); // [B, 1, 1, 1]
  if (K === 1) return tf.reshape(sets, layout.shape('BG')); // [B, 1, C, 1]
  const each = tf.mul(tf.reshape(sets, [B, G, 1]), tf.ones([1, 1, K])); // [B, G, K]
  return tf.reshape(each, layout.shape('BG')); // [B, 1, C, 1]
}

/** Sums of a group's channels, one a set. */
export function toSets({ view: { B, G, K } }: Slab, channels: tf.Tensor): tf.Tensor {
  if (K === 1) return tf.reshape(channels, [B, G]);
  return tf.reshape(sumOver(tf.reshape(channels, [B, G, K]), [2]), [B, G]);
}

/** Sums over S and T, one a channel of an example. */
export function sumOfChannels({ view: { B, G, K }, layout }: Slab, x: tf.Tensor): tf.Tensor {
  return tf.reshape(sumOver(x, layout.axes('ST')), [B, G * K]);
}

/** Σx² of every set, `[B, G]`: the squares themselves are not written. */
export function sumOfSquares(backend: NodeBackend, slab: Slab, x: tf.Tensor): tf.Tensor {
  const { B, G, K } = slab.view;
  const squares = (t: tf.Tensor, axis: number) => tf.square(euclideanNorm(backend, t, [axis])); // […, 1, …]
  const [axis, ...others] = slab.layout.axes('ST').reverse();
  if (axis === undefined) return tf.reshape(sumAxis(tf.reshape(x, [B, G, K]), 2, squares), [B, G]);
  return toSets(slab, tf.reshape(sumOver(sumAxis(x, axis, squares), others), [B, G * K])); // [B, G]
}

/** The first value of every set, `[B, G]`. */
export function pilotOf({ view }: Slab, x: tf.Tensor): tf.Tensor {
  const layout = layoutOf(view);
  return tf.reshape(firstOfEachSet(tf.reshape(x, layout.shape()), layout), [view.B, view.G]);
}

/** `f(t)`, and t is gone: memory that is free again at once is warm when the next op asks for some. */
export function consume(t: tf.Tensor, f: (t: tf.Tensor) => tf.Tensor): tf.Tensor {
  const result = f(t);
  t.dispose();
  return result;
}
