import * as tf from '@tensorflow/tfjs-core';

/**
 * What the forward pass hands to the backward pass: rows of one value a set. Six dimensions, as no other backend saves: a
 * tensor of theirs is not taken for ours. Which of them are 1 tells who saved.
 */
export function save(rows: readonly (tf.Tensor | undefined)[]): tf.Tensor {
  const given = rows.filter((row) => row !== undefined);
  const [first] = given as [tf.Tensor];
  const all = given.length === 1 ? first : tf.stack(given);
  return tf.reshape(all, [1, 1, 1, 1, given.length, first.size]);
}

/** The rows, each in the shape asked for. */
export function restore(saved: tf.Tensor, shape: readonly number[]): (tf.Tensor | undefined)[] {
  return tf.unstack(tf.reshape(saved, [saved.shape[4] as number, ...shape]));
}

export const isSaved = ({ dtype, shape }: tf.Tensor): boolean => dtype === 'float32' && shape.length === 6;
