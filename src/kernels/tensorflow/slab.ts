import * as tf from '@tensorflow/tfjs-core';
import type { SlabView } from '../contract.js';
import { firstOfEachSet, type Layout, layoutOf } from '../layout.js';
import { sumAxis, sumOver } from '../reduce.js';
import type { NodeBackend } from './backend.js';
import { euclideanNorm } from './raw.js';

/**
 * A tensor as `[B, S, C, T]`, C being all channels: TensorFlow broadcasts four dimensions slower than three, so what a group shares is
 * written out for its channels, in tensors that are small. Every op costs some 20 µs besides: what is small takes few of them.
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

/** `[B, G, K]` as it is broadcast to the slab. */
const fromChannels = ({ layout }: Slab, channels: tf.Tensor): tf.Tensor => tf.reshape(channels, layout.shape('BG')); // [B, 1, C, 1]

/** One value a set, `[B, G, 1]`, as its channels have it. */
export function toChannels(slab: Slab, sets: tf.Tensor): tf.Tensor {
  const { G, K } = slab.view;
  if (G === 1) return tf.reshape(sets, slab.layout.shape('B')); // [B, 1, 1, 1]
  return fromChannels(slab, K === 1 ? sets : tf.mul(sets, tf.ones([1, 1, K]))); // [B, 1, C, 1]
}

/** γ as the channels of a group, `[1, G, K]`. */
export const gammaOf = ({ view: { G, K } }: Slab, gamma: tf.Tensor): tf.Tensor => tf.reshape(gamma, [1, G, K]);

/** One value a set, times γ where there is one. */
export function scaled(slab: Slab, sets: tf.Tensor, gamma: tf.Tensor | undefined): tf.Tensor {
  return gamma ? fromChannels(slab, tf.mul(sets, gammaOf(slab, gamma))) : toChannels(slab, sets); // [B, 1, C, 1]
}

/** Sums over S and T, one a channel of an example, `[B, G, K]`. */
export function sumOfChannels({ view: { B, G, K }, layout }: Slab, x: tf.Tensor): tf.Tensor {
  return tf.reshape(sumOver(x, layout.axes('ST')), [B, G, K]);
}

/** Sums over a group's channels, one a set, `[B, G, 1]`. */
export const toSets = ({ view }: Slab, channels: tf.Tensor): tf.Tensor =>
  view.K === 1 ? channels : sumOver(channels, [2]);

/** Σx² of every set, `[B, G, 1]`: the squares themselves are not written. */
export function sumOfSquares(backend: NodeBackend, slab: Slab, x: tf.Tensor): tf.Tensor {
  const { B, G, K } = slab.view;
  const squares = (t: tf.Tensor, axis: number) => tf.square(euclideanNorm(backend, t, [axis])); // […, 1, …]
  const [axis, ...others] = slab.layout.axes('ST').reverse();
  if (axis === undefined) return sumAxis(tf.reshape(x, [B, G, K]), 2, squares);
  return toSets(slab, tf.reshape(sumOver(sumAxis(x, axis, squares), others), [B, G, K]));
}

/** The first value of every set, `[B, G, 1]`. */
export function pilotOf({ view }: Slab, x: tf.Tensor): tf.Tensor {
  const layout = layoutOf(view);
  return tf.reshape(firstOfEachSet(tf.reshape(x, layout.shape()), layout), [view.B, view.G, 1]);
}

/** `f(t)`, and t is gone: memory that is free again at once is warm when the next op asks for some. */
export function consume(t: tf.Tensor, f: (t: tf.Tensor) => tf.Tensor): tf.Tensor {
  const result = f(t);
  t.dispose();
  return result;
}
