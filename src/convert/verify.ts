import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { problem } from '../core/errors.js';
import { named } from './clone.js';
import type { Layer } from './graph.js';
import { type Batch, predict } from './inputs.js';
import { type Heard, listening } from './listen.js';

/** A copy computes by the same kernels: more than this share of the largest value is another layer. */
const TOLERANCE = 1e-5;

const finiteOr = (x: tf.Tensor, other: number) => tf.where(tf.isFinite(x), x, tf.fill(x.shape, other)); // [x]

/** How far two lists of outputs are apart, in units of the largest finite value; the same NaN or infinity is equal. */
function distance(before: readonly tf.Tensor[], after: readonly tf.Tensor[]): tf.Tensor {
  const each = before.map((old, i) => {
    const [x, y] = [old, after[i] as tf.Tensor].map((value) => tf.cast(value, 'float32')) as [tf.Tensor, tf.Tensor];
    const same = tf.logicalOr(tf.equal(x, y), tf.logicalAnd(tf.isNaN(x), tf.isNaN(y))); // [x]
    const apart = tf.where(same, tf.zerosLike(x), finiteOr(tf.abs(tf.sub(x, y)), Number.POSITIVE_INFINITY)); // [x]
    return tf.div(tf.max(apart), tf.maximum(tf.max(finiteOr(tf.abs(x), 0)), 1e-30)); // []
  });
  return tf.max(tf.stack(each)); // []
}

const list = (value: tf.Tensor | tf.Tensor[]) => (Array.isArray(value) ? value : [value]);

/** Calls a copy with what its layer was called with. */
function compared(
  subject: string,
  [old, copy]: readonly [Layer, Layer],
  { inputs, kwargs, outputs }: Heard,
): tf.Tensor {
  try {
    return distance(list(outputs), list(copy.call(inputs, kwargs)));
  } catch (error) {
    const received = { layer: named(old), cause: (error as Error).message };
    throw problem(subject, 'a layer made from its configuration must run as the layer does', received, ADVICE);
  }
}

const ADVICE = 'Its getConfig must hold all arguments of its constructor, as values.';

/**
 * Runs the old model once, and every copy of a layer on the inputs its layer gets.
 *
 * @throws NormalizationError for a copy that computes something else: its configuration does not say all.
 */
export async function verifyCopies(
  subject: string,
  copies: readonly (readonly [Layer, Layer])[],
  model: LayersModel,
  batch: Batch,
): Promise<void> {
  const heard: { readonly layer: Layer; readonly distance: tf.Tensor }[] = [];
  const run = copies.reduce<() => void>(
    (inner, pair) => () => {
      const hear = (call: Heard) => heard.push({ layer: pair[0], distance: tf.keep(compared(subject, pair, call)) });
      listening(pair[0], hear, inner);
    },
    () => void predict(model, batch),
  );
  try {
    tf.tidy(run);
    for (const { layer, distance: found } of heard) {
      const [apart = 0] = await found.data();
      if (apart <= TOLERANCE) continue;
      const received = { layer: named(layer), apart };
      throw problem(subject, 'a layer made from its configuration must compute what the layer does', received, ADVICE);
    }
  } finally {
    tf.dispose(heard.map((each) => each.distance));
  }
}
