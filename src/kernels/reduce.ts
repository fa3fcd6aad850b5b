import * as tf from '@tensorflow/tfjs-core';

/**
 * Sums that keep their digits on every backend. tfjs-wasm adds in one float32 accumulator (the mean of 4 million times
 * 0.1 comes out as 0.096), so no accumulator here runs long: dimensions are reduced one at a time, innermost first, and
 * a long one in blocks. Test: "statistics: a million values around 1000".
 */
const BLOCK = 512;

/** The largest divisor of `n` that is at most `limit`. */
export function divisorUpTo(n: number, limit: number): number {
  for (let d = Math.min(limit, n); d > 1; d--) if (n % d === 0) return d;
  return 1;
}

function replaceAxis(shape: readonly number[], axis: number, sizes: readonly number[]): number[] {
  return [...shape.slice(0, axis), ...sizes, ...shape.slice(axis + 1)];
}

/** What is added up of an axis that is not long: the values, or something of them. The axis stays with length 1. */
type SumOfBlock = (x: tf.Tensor, axis: number) => tf.Tensor;
const sumOfValues: SumOfBlock = (x, axis) => tf.sum(x, axis, true);

/** Sum of an axis whose length is `blocks · size`, block by block. */
function sumBlocks(x: tf.Tensor, axis: number, blocks: number, size: number, sum: SumOfBlock): tf.Tensor {
  const split = tf.reshape(x, replaceAxis(x.shape, axis, [blocks, size])); // […, blocks, size, …]
  const partial = tf.reshape(sum(split, axis + 1), replaceAxis(x.shape, axis, [blocks])); // […, blocks, …]
  return sumAxis(partial, axis); // […, 1, …]
}

function slice(x: tf.Tensor, axis: number, begin: number, size: number): tf.Tensor {
  const start = x.shape.map((_, i) => (i === axis ? begin : 0));
  return tf.slice(
    x,
    start,
    x.shape.map((n, i) => (i === axis ? size : n)),
  );
}

/** Sum over one axis, which stays with length 1. */
export function sumAxis(x: tf.Tensor, axis: number, sum = sumOfValues): tf.Tensor {
  const n = x.shape[axis] as number;
  if (n <= BLOCK) return sum(x, axis); // […, 1, …]
  const size = divisorUpTo(n, BLOCK);
  if (size * size >= BLOCK) return sumBlocks(x, axis, n / size, size, sum); // […, 1, …]
  // A length without a useful divisor, a prime for one: whole blocks, and the rest.
  const blocks = Math.floor(n / BLOCK);
  const whole = sumBlocks(slice(x, axis, 0, blocks * BLOCK), axis, blocks, BLOCK, sum); // […, 1, …]
  const rest = sum(slice(x, axis, blocks * BLOCK, n - blocks * BLOCK), axis); // […, 1, …]
  return tf.add(whole, rest); // […, 1, …]
}

/** Sum over `axes` (ascending), each of which stays with length 1. */
export function sumOver(x: tf.Tensor, axes: readonly number[]): tf.Tensor {
  return axes.reduceRight((sum, axis) => sumAxis(sum, axis), x);
}

/** Mean over `axes` (ascending): divided by n once, not multiplied by its reciprocal. */
export function meanOver(x: tf.Tensor, axes: readonly number[]): tf.Tensor {
  const n = axes.reduce((product, axis) => product * (x.shape[axis] as number), 1);
  return n === 1 ? x : tf.div(sumOver(x, axes), n);
}

/** A constant to the tape: a pilot shifts x by a value of which the result does not depend. */
export function withoutGradient(x: tf.Tensor, f: (x: tf.Tensor) => tf.Tensor): tf.Tensor {
  if (!tf.engine().isTapeOn()) return f(x);
  const constant = tf.customGrad((...args) => ({
    value: f(args[0] as tf.Tensor),
    gradFunc: () => tf.zeros(x.shape),
  }));
  return constant(x);
}

/** Mean over one axis of a small tensor, measured from its first value: the mean of equal values is that value. */
export function meanFromFirst(x: tf.Tensor, axis: number): tf.Tensor {
  if ((x.shape[axis] as number) < 2) return x;
  const first = withoutGradient(x, (t) => slice(t, axis, 0, 1)); // […, 1, …]
  return tf.add(first, meanOver(tf.sub(x, first), [axis])); // […, 1, …]
}

/** x > 0 as a condition that tfjs can differentiate around once: `greater` has no gradient, not even zero. */
export function positive(x: tf.Tensor): tf.Tensor {
  return tf.cast(tf.step(x), 'bool');
}

/**
 * f(x) where x > 0, else 0, for x that is never negative; NaN stays NaN. By arithmetic with a step, which has gradients of
 * every order: those of `where` end at its condition.
 */
export function wherePositive(x: tf.Tensor, f: (x: tf.Tensor) => tf.Tensor): tf.Tensor {
  const one = tf.step(x);
  return tf.mul(f(tf.add(tf.mul(x, one), tf.sub(1, one))), one);
}

/** Whether ε is more than 0 to an op that takes numbers below float32's normal ones for 0, as TensorFlow's do. */
export const hasEpsilon = (epsilon: number): boolean => epsilon >= 2 ** -126;

/** 1/√(variance + ε); 0 where both are 0, so that a set without spread gives β even with ε = 0. */
export function reciprocalDeviation(variance: tf.Tensor, epsilon: number): tf.Tensor {
  if (hasEpsilon(epsilon)) return tf.rsqrt(tf.add(variance, epsilon));
  return wherePositive(variance, tf.rsqrt);
}
