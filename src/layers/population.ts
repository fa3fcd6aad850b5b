import * as tf from '@tensorflow/tfjs-core';
import type { Statistics } from '../core/normalize.js';

/** What has been seen of each channel: how many values, and sums from its origin, the mean of its first batch. */
interface Sums {
  readonly count: tf.Tensor;
  readonly origin: tf.Tensor;
  readonly mean: tf.Tensor;
  readonly square: tf.Tensor;
}

/**
 * Sums of n·(μ − μ₀) and n·(σ² + (μ − μ₀)²) over batches of n values, μ₀ being a channel's first mean, so that no digits
 * cancel. A channel's batch that is empty or not finite does not count.
 */
export class Population {
  private sums: Sums | undefined;

  /** @param values How many values of a channel the statistics are of, a scalar. */
  add({ mean, variance }: Statistics, values: tf.Tensor): void {
    const before = this.sums;
    this.sums = tf.tidy(() => {
      const finite = tf.logicalAnd(tf.isFinite(mean), tf.isFinite(variance));
      const zeros = tf.zerosLike(mean);
      const only = (t: tf.Tensor) => tf.where(finite, t, zeros);
      const { count, origin: known, ...sums } = before ?? { count: zeros, origin: zeros, mean: zeros, square: zeros };
      const origin = tf.where(tf.greater(count, 0), known, only(mean));
      const from = only(tf.sub(mean, origin));
      const weight = tf.mul(tf.cast(finite, 'float32'), values);
      const found = {
        count: tf.add(count, weight),
        origin,
        mean: tf.add(sums.mean, tf.mul(weight, from)),
        square: tf.add(sums.square, tf.mul(weight, only(tf.add(variance, tf.square(from))))),
      };
      for (const sum of Object.values(found)) tf.keep(sum);
      return found;
    });
    if (before) tf.dispose({ ...before });
  }

  /** μ = mean of μ_k, σ² = mean of σ²_k + variance of μ_k, each batch by its size: the law of total variance. */
  result(): Statistics | undefined {
    const { sums } = this;
    if (!sums) return undefined;
    return tf.tidy(() => {
      const { count, origin, mean, square } = sums;
      const from = tf.div(mean, count); // NaN where nothing was seen
      return { mean: tf.add(origin, from), variance: tf.sub(tf.div(square, count), tf.square(from)) };
    });
  }

  dispose(): void {
    if (this.sums) tf.dispose({ ...this.sums });
    this.sums = undefined;
  }
}
