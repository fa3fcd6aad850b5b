import * as tf from '@tensorflow/tfjs-core';
import type { ComposedName, SlabView } from './contract.js';

/**
 * The answers for a tensor without elements, which no kernel has to know: results keep their shapes, parameter gradients
 * are zero, and the moments of nothing are NaN, by which whoever keeps a memory sees that there is nothing to remember.
 */
export function answersForEmpty(kernel: ComposedName, x: tf.Tensor, { B, G, K }: SlabView): tf.Tensor[] {
  const like = tf.zeros(x.shape);
  const parameters = [tf.zeros([G * K]), tf.zeros([G * K])];
  const zeros = tf.zeros([B, G]);
  const nothing = () => tf.fill([B, G], Number.NaN);
  switch (kernel) {
    case 'Normalize':
      return [like, tf.zeros([1]), nothing(), nothing()];
    case 'NormalizeGrad':
      return [like, ...parameters];
    case 'Moments':
      return [nothing(), nothing(), tf.zeros([1])];
    case 'MomentsGrad':
    case 'ApplyStatistics':
      return [like];
    case 'ApplyStatisticsGrad':
      return [like, zeros, tf.zerosLike(zeros), ...parameters];
  }
}
