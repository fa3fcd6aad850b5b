import * as tf from '@tensorflow/tfjs-core';
import type { SlabView } from '../kernels/contract.js';
import { layoutOf } from '../kernels/layout.js';
import { positive, sumOver, withoutGradient } from '../kernels/reduce.js';
import type { Statistics } from './normalize.js';

export interface MaskedMoments {
  /** What to normalize with: 0 and 0 for a set of which every value is masked, as Keras has it. */
  readonly statistics: Statistics;
  /** What to remember: NaN for such a set, which saw nothing. */
  readonly seen: Statistics;
}

/**
 * Mean and biased variance over the positions that `mask` admits; masked positions are still normalized. Differentiable.
 * The mask has the leading dimensions of x; what it hides is selected away, not multiplied (0·NaN is NaN).
 */
export function maskedMoments(x: tf.Tensor, view: SlabView, mask: tf.Tensor): MaskedMoments {
  if (x.size === 0) return nothingSeen(view);
  const layout = layoutOf(view);
  const sum = (t: tf.Tensor) => sumOver(t, layout.axes('SKT')); // [B, 1, G, 1, 1]
  const spread = tf.mul(tf.ones(x.shape), tf.cast(tf.expandDims(mask, -1), 'float32')); // as x
  const weight = tf.reshape(spread, layout.shape()); // [B, S, G, K, T]
  const admitted = positive(weight);
  const only = (t: tf.Tensor) => tf.where(admitted, t, tf.zeros(t.shape));
  const slab = only(tf.reshape(x, layout.shape())); // [B, S, G, K, T]
  const count = sum(weight); // [B, 1, G, 1, 1]
  const n = tf.maximum(count, 1);
  const rough = withoutGradient(slab, (t) => tf.div(sum(t), n)); // [B, 1, G, 1, 1]
  const mean = tf.add(rough, tf.div(sum(only(tf.sub(slab, rough))), n)); // corrected once: constants stay exact
  const variance = tf.div(sum(only(tf.square(tf.sub(slab, mean)))), n); // [B, 1, G, 1, 1]
  const statistics = { mean: flat(mean, view), variance: flat(variance, view) };
  const some = positive(flat(count, view));
  const orNothing = (t: tf.Tensor) => tf.where(some, t, tf.fill(t.shape, Number.NaN));
  return { statistics, seen: { mean: orNothing(statistics.mean), variance: orNothing(statistics.variance) } };
}

function nothingSeen({ B, G }: SlabView): MaskedMoments {
  const [zeros, nothing] = [tf.zeros([B, G]), tf.fill([B, G], Number.NaN)];
  return { statistics: { mean: zeros, variance: zeros }, seen: { mean: nothing, variance: nothing } };
}

const flat = (t: tf.Tensor, { B, G }: SlabView): tf.Tensor => tf.reshape(t, [B, G]);
