import * as tf from '@tensorflow/tfjs-core';
import type { MeanAndVariance, MixtureAttrs, MixtureInputs, Statistic } from './contract.js';
import { meanFromFirst, meanOver, reciprocalDeviation, wherePositive, withoutGradient } from './reduce.js';

/**
 * Mixtures of statistics on tensors of `[B, C]` and smaller, out of plain differentiable ops. Layer and Batch statistics
 * follow from the Instance moments by the laws of total mean and variance: σ²_L = mean_c σ²_I + var_c μ_I. (The form
 * E[σ² + μ²] − μ_L² loses a tenth of the digits at mean 1000.)
 */
function total({ mean, variance }: MeanAndVariance, axis: 0 | 1): MeanAndVariance {
  const common = meanFromFirst(mean, axis); // [1, C] or [B, 1]
  const within = meanOver(variance, [axis]);
  const between = meanOver(tf.square(tf.sub(mean, common)), [axis]);
  return { mean: common, variance: tf.add(within, between) };
}

/**
 * `ρ·(x − μ_B)·r_B + (1 − ρ)·(x − μ_I)·r_I` as one `(x − mean)·rstd`: rstd = ρ·r_B + (1 − ρ)·r_I and
 * mean = μ_I + (ρ·r_B/rstd)·(μ_B − μ_I), a difference, since a sum of products cancels at large means.
 */
function mixDeviations(
  instance: MeanAndVariance,
  batch: MeanAndVariance,
  rho: tf.Tensor,
  epsilon: number,
): MeanAndVariance {
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
  instance: MeanAndVariance,
  batch: MeanAndVariance,
  statistics: readonly Statistic[],
  { meanWeight, varianceWeight }: MixtureInputs,
): MeanAndVariance {
  const of: Record<Statistic, () => MeanAndVariance> = {
    instance: () => instance,
    layer: () => total(instance, 1),
    batch: () => batch,
  };
  const parts = statistics.map((name) => of[name]());
  const w = tf.unstack(softmax(meanWeight as tf.Tensor)); // scalars
  const u = tf.unstack(softmax(varianceWeight as tf.Tensor));
  const shifts = parts.map(({ mean }, k) => tf.mul(w[k] as tf.Tensor, tf.sub(mean, instance.mean))); // each [B, C]
  const variances = parts.map(({ variance }, k) => tf.mul(u[k] as tf.Tensor, variance)); // broadcast to [B, C]
  return {
    mean: shifts.reduce((sum, t) => tf.add(sum, t), instance.mean), // [B, C]
    variance: variances.reduce((sum, t) => tf.add(sum, t), tf.zerosLike(instance.variance)), // [B, C]
  };
}

/**
 * Mixes Instance moments `[B, C]` with Layer and Batch statistics into one mean and variance `[B, C]`, and tells which batch
 * statistics it used, `[1, C]`: those that were given, or the batch's own. With a mix of reciprocal deviations ε is inside the
 * result, to which no other is to be added.
 */
export function mixStatistics(
  instance: MeanAndVariance,
  inputs: MixtureInputs,
  { by, statistics, epsilon }: Pick<MixtureAttrs, 'by' | 'statistics' | 'epsilon'>,
): MeanAndVariance & { readonly batch: MeanAndVariance } {
  const { memoryMean, memoryVariance, rho } = inputs;
  const row = (t: tf.Tensor) => tf.reshape(t, [1, t.size]); // [1, C]
  const memory = memoryMean && memoryVariance && { mean: row(memoryMean), variance: row(memoryVariance) };
  const batch = memory ?? total(instance, 0); // [1, C]
  const mixed =
    by === 'rstd'
      ? mixDeviations(instance, batch, row(rho as tf.Tensor), epsilon)
      : mixVariances(instance, batch, statistics, inputs);
  return { ...mixed, batch };
}
