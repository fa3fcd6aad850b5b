import * as tf from '@tensorflow/tfjs-core';

/** Mean and biased variance over axes that stay with length 1, and x without the mean. */
export function plainMoments(
  x: tf.Tensor,
  axes: number[],
): { centred: tf.Tensor; mean: tf.Tensor; variance: tf.Tensor } {
  const mean = tf.mean(x, axes, true);
  const centred = tf.sub(x, mean);
  return { centred, mean, variance: tf.mean(tf.square(centred), axes, true) };
}

const standardize = (centred: tf.Tensor, variance: tf.Tensor, epsilon: number) =>
  tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon)));

const affine = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) => tf.add(tf.mul(x, gamma), beta);

/** `[N, S, C]`: one dimension of space is quicker than two. */
export function flatSpace(x: tf.Tensor): tf.Tensor {
  return tf.reshape(x, [x.shape[0] as number, -1, x.shape[x.rank - 1] as number]);
}

export function groupNorm(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, epsilon: number, groups: number): tf.Tensor {
  return tf.tidy(() => {
    const channels = x.shape[x.rank - 1] as number;
    const grouped = tf.reshape(x, [x.shape[0] as number, -1, groups, channels / groups]); // [N, S, G, K]
    const { centred, variance } = plainMoments(grouped, [1, 3]);
    return affine(tf.reshape(standardize(centred, variance, epsilon), x.shape), gamma, beta);
  });
}

export function instanceNorm(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, epsilon: number): tf.Tensor {
  return tf.tidy(() => {
    const { centred, variance } = plainMoments(flatSpace(x), [1]);
    return tf.reshape(affine(standardize(centred, variance, epsilon), gamma, beta), x.shape);
  });
}

export function batchNorm(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, epsilon: number): tf.Tensor {
  return tf.tidy(() => {
    const rows = tf.reshape(x, [-1, x.shape[x.rank - 1] as number]); // [N·S, C]
    const { centred, variance } = plainMoments(rows, [0]);
    return tf.reshape(affine(standardize(centred, variance, epsilon), gamma, beta), x.shape);
  });
}

export function batchNormInference(
  x: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  { mean, variance }: { mean: tf.Tensor; variance: tf.Tensor },
  epsilon: number,
): tf.Tensor {
  return tf.tidy(() => affine(standardize(tf.sub(x, mean), variance, epsilon), gamma, beta));
}
