import * as tf from '@tensorflow/tfjs-core';
import type { Affine, MeanAndVariance, Mixing, MixtureInputs, SlabView } from '../kernels/contract.js';
import { run } from '../kernels/gradients.js';
import { mixture } from '../kernels/mixture.js';

/** γ and β as an op's options hold them: absent, or undefined. */
export interface Parameters {
  readonly gamma?: tf.Tensor | undefined;
  readonly beta?: tf.Tensor | undefined;
}

/** One mean and biased variance for every `(b, g)`, `[B, G]`. */
export type Statistics = MeanAndVariance;

const flat = (t: tf.Tensor): tf.Tensor => (t.rank === 1 ? t : tf.reshape(t, [t.size]));

/** Inputs of a kernel: it reads γ and β flat and knows an absent one by its absent key. */
function withAffine<T extends object>(inputs: T, { gamma, beta }: Parameters): T & Affine {
  const all = inputs as T & Affine;
  if (gamma) all.gamma = flat(gamma);
  if (beta) all.beta = flat(beta);
  return all;
}

/**
 * `y = (x − mean)·rstd·γ + β` with the statistics of x's own sets; without `center`, mean = 0.
 *
 * As all functions here it leaves what a gradient needs, and intermediates, to the caller's `tidy`: every op has one.
 */
export function normalize(
  x: tf.Tensor,
  view: SlabView,
  options: Parameters & { epsilon: number; center: boolean },
): tf.Tensor {
  const { epsilon, center } = options;
  const keep = tf.engine().isTapeOn() ? 'saved' : 'none';
  return run('Normalize', withAffine({ x }, options), { view, epsilon, center, keep })[0] as tf.Tensor;
}

/** As `normalize`, centred, with the statistics, through which no gradient flows: they are for a memory. */
export function normalizeWithMoments(
  x: tf.Tensor,
  view: SlabView,
  options: Parameters & { epsilon: number },
): { y: tf.Tensor } & Statistics {
  const attrs = { view, epsilon: options.epsilon, center: true, keep: 'moments' } as const;
  const [y, , mean, variance] = run('Normalize', withAffine({ x }, options), attrs) as [tf.Tensor, ...tf.Tensor[]];
  return { y, mean: mean as tf.Tensor, variance: variance as tf.Tensor };
}

/** Mean and biased variance of every statistics set, differentiable. */
export function moments(x: tf.Tensor, view: SlabView, center = true): Statistics {
  const keep = tf.engine().isTapeOn() ? 'saved' : 'none';
  const [mean, variance] = run('Moments', { x }, { view, center, keep });
  return { mean: mean as tf.Tensor, variance: variance as tf.Tensor };
}

/** `y = (x − mean)/√(variance + ε)·γ + β` with statistics that are given, one per `(b, g)` of `view`. */
export function applyStatistics(
  x: tf.Tensor,
  view: SlabView,
  { mean, variance }: Statistics,
  options: Parameters & { epsilon: number },
): tf.Tensor {
  const inputs = withAffine({ x, mean, variance }, options);
  return run('ApplyStatistics', inputs, { view, epsilon: options.epsilon })[0] as tf.Tensor;
}

/** How to mix, and by what: the gate, or the logits. */
export type Mix = { readonly mixing: Mixing } & Pick<MixtureInputs, 'rho' | 'meanWeight' | 'varianceWeight'>;

/**
 * `y = (x − mean)·rstd·γ + β` with Instance statistics mixed with those of layer and batch. To `remember`, it gives the batch's
 * statistics too, one a channel, through which no gradient flows.
 *
 * @param view Of the Instance statistics.
 * @param memory Batch statistics to use instead of the batch's own.
 */
export function normalizeByMixture(
  x: tf.Tensor,
  view: SlabView,
  { mixing, ...weights }: Mix,
  options: Parameters & { epsilon: number; memory: Statistics | undefined; remember: boolean },
): { y: tf.Tensor; batch: Statistics | undefined } {
  const { epsilon, memory, remember } = options;
  const given = memory && { memoryMean: flat(memory.mean), memoryVariance: flat(memory.variance) };
  return mixture(withAffine({ x, ...weights, ...given }, options), { view, epsilon, ...mixing }, remember);
}
