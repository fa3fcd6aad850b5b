import * as tf from '@tensorflow/tfjs-core';
import { flatSpace, plainMoments } from './slab.js';

/** Frozen, as the rest of the baseline: two complete normalizations and their mixture. */
export function batchInstanceNorm(
  x: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  rho: tf.Tensor,
  epsilon: number,
): tf.Tensor {
  return tf.tidy(() => {
    const slab = flatSpace(x); // [N, S, C]
    const standardized = [[0, 1], [1]].map((axes) => {
      const { centred, variance } = plainMoments(slab, axes);
      return tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon)));
    });
    const [batch, instance] = standardized as [tf.Tensor, tf.Tensor];
    const mixed = tf.add(tf.mul(batch, rho), tf.mul(instance, tf.sub(1, rho)));
    return tf.reshape(tf.add(tf.mul(mixed, gamma), beta), x.shape);
  });
}

/** Layer and batch statistics from the instance's, as the paper's own code does. */
export function switchNorm(
  x: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  meanWeight: tf.Tensor,
  varianceWeight: tf.Tensor,
  epsilon: number,
): tf.Tensor {
  return tf.tidy(() => {
    const slab = flatSpace(x); // [N, S, C]
    const instance = plainMoments(slab, [1]); // [N, 1, C]
    const square = tf.add(instance.variance, tf.square(instance.mean));
    const over = (axes: number[]) => {
      const mean = tf.mean(instance.mean, axes, true);
      return { mean, variance: tf.sub(tf.mean(square, axes, true), tf.square(mean)) };
    };
    const statistics = [instance, over([2]), over([0])];
    const mix = (logits: tf.Tensor, of: 'mean' | 'variance') => {
      const shares = tf.unstack(tf.softmax(logits));
      return tf.addN(
        statistics.map((s, k) => tf.add(tf.mul(s[of], shares[k] as tf.Tensor), tf.zerosLike(instance.mean))),
      );
    };
    const standardized = tf.mul(
      tf.sub(slab, mix(meanWeight, 'mean')),
      tf.rsqrt(tf.add(mix(varianceWeight, 'variance'), epsilon)),
    );
    return tf.reshape(tf.add(tf.mul(standardized, gamma), beta), x.shape);
  });
}
