import * as tf from '@tensorflow/tfjs-core';
import type { Mix, MixStatistics, Statistic } from '../kernels/contract.js';
import { providedMix } from '../kernels/dispatch.js';
import { meanFromFirst, meanOver, reciprocalDeviation, wherePositive, withoutGradient } from '../kernels/reduce.js';
import type { Statistics } from './normalize.js';

/**
 * Mixtures of statistics on tensors of `[B, C]` and smaller, out of plain differentiable ops. Layer and Batch statistics
 * follow from the Instance moments by the laws of total mean and variance: σ²_L = mean_c σ²_I + var_c μ_I. (The form
 * E[σ² + μ²] − μ_L² loses a tenth of the digits at mean 1000.)
 */
function total({ mean, variance }: Statistics, axis: 0 | 1): Statistics {
  const common = meanFromFirst(mean, axis); // [1, C] or [B, 1]
  const within = meanOver(variance, [axis]);
  const between = meanOver(tf.square(tf.sub(mean, common)), [axis]);
  return { mean: common, variance: tf.add(within, between) };
}

/**
 * `ρ·(x − μ_B)·r_B + (1 − ρ)·(x − μ_I)·r_I` as one `(x − mean)·rstd`: rstd = ρ·r_B + (1 − ρ)·r_I and
 * mean = μ_I + (ρ·r_B/rstd)·(μ_B − μ_I), a difference, since a sum of products cancels at large means.
 */
function mixDeviations(instance: Statistics, batch: Statistics, rho: tf.Tensor, epsilon: number): Statistics {
  const fromBatch = tf.mul(rho, reciprocalDeviation(batch.variance, epsilon)); // [1, C]
  const fromInstance = tf.mul(tf.sub(1, rho), reciprocalDeviation(instance.variance, epsilon)); // [B, C]
  const rstd = tf.add(fromBatch, fromInstance); // [B, C]
  const divide = (f: (safe: tf.Tensor) => tf.Tensor) => (epsilon > 0 ? f(rstd) : wherePositive(rstd, f));
  const share = divide((safe) => tf.div(fromBatch, safe)); // [B, C]
  const mean = tf.add(instance.mean, tf.mul(share, tf.sub(batch.mean, instance.mean))); // [B, C]
  return { mean, variance: divide((safe) => tf.div(1, tf.square(safe))) }; // [B, C]
}

/**
 * Softmax that can be differentiated twice. The gradients of tfjs's `softmax` and `exp` use their saved output, whose path
 * the tape has lost the second time; that of `expm1` uses its input. Test: "second order: switchable".
 */
function softmax(logits: tf.Tensor): tf.Tensor {
  const largest = withoutGradient(logits, (x) => tf.max(x));
  const powers = tf.add(tf.expm1(tf.sub(logits, largest)), 1);
  return tf.div(powers, tf.sum(powers));
}

/** `μ = μ_I + Σ w_k·(μ_k − μ_I)`, `σ² = Σ u_k·σ²_k` with the softmaxes w and u of the logits. */
function mixVariances(
  instance: Statistics,
  batch: Statistics,
  mix: Extract<MixStatistics, { by: 'variance' }>,
): Statistics {
  const of: Record<Statistic, () => Statistics> = {
    instance: () => instance,
    layer: () => total(instance, 1),
    batch: () => batch,
  };
  const parts = mix.statistics.map((name) => of[name]());
  const w = tf.unstack(softmax(mix.meanWeight)); // scalars
  const u = tf.unstack(softmax(mix.varianceWeight));
  const shifts = parts.map(({ mean }, k) => tf.mul(w[k] as tf.Tensor, tf.sub(mean, instance.mean))); // each [B, C]
  const variances = parts.map(({ variance }, k) => tf.mul(u[k] as tf.Tensor, variance)); // broadcast to [B, C]
  return {
    mean: shifts.reduce((sum, t) => tf.add(sum, t), instance.mean), // [B, C]
    variance: variances.reduce((sum, t) => tf.add(sum, t), tf.zerosLike(instance.variance)), // [B, C]
  };
}

/** The mixture out of plain ops. */
const composedMix: Mix = (instance, memory, mix) => {
  const row = (t: tf.Tensor) => tf.reshape(t, [1, t.size]); // [1, C]
  const batch = memory ? { mean: row(memory.mean), variance: row(memory.variance) } : total(instance, 0); // [1, C]
  const mixed =
    mix.by === 'rstd' ? mixDeviations(instance, batch, row(mix.rho), mix.epsilon) : mixVariances(instance, batch, mix);
  return { ...mixed, batch };
};

/**
 * Mixes Instance moments `[B, C]` with Layer and Batch statistics into one mean and variance `[B, C]`, and tells which batch
 * statistics it used.
 *
 * @param memory The batch statistics to use, one a channel; absent, the batch's own.
 */
export const mixStatistics: Mix = (instance, memory, mix) =>
  tf.tidy(() => (providedMix() ?? composedMix)(instance, memory, mix));
