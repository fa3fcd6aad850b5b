import * as tf from '@tensorflow/tfjs-core';
import type { Affine, MeanAndVariance, SlabView } from '../kernels/contract.js';
import { run } from '../kernels/gradients.js';

/** γ and β as an op's options hold them: absent, or undefined. */
export interface Parameters {
  readonly gamma?: tf.Tensor | undefined;
  readonly beta?: tf.Tensor | undefined;
}

/** One mean and biased variance for every `(b, g)`, `[B, G]`. */
export type Statistics = MeanAndVariance;

const flat = (t: tf.Tensor): tf.Tensor => (t.rank === 1 ? t : tf.reshape(t, [t.size]));

/** The kernels read γ and β flat and know an absent one by its absent key. */
function affine({ gamma, beta }: Parameters): Affine {
  return { ...(gamma ? { gamma: flat(gamma) } : {}), ...(beta ? { beta: flat(beta) } : {}) };
}

/** `y = (x − mean)·rstd·γ + β` with the statistics of x's own sets; without `center`, mean = 0. */
export function normalize(
  x: tf.Tensor,
  view: SlabView,
  options: Parameters & { epsilon: number; center: boolean },
): tf.Tensor {
  const { epsilon, center } = options;
  const keep = tf.engine().isTapeOn() ? 'saved' : 'none';
  return tf.tidy(() => run('Normalize', { x, ...affine(options) }, { view, epsilon, center, keep })[0] as tf.Tensor);
}

/** As `normalize`, centred, with the statistics, through which no gradient flows: they are for a memory. */
export function normalizeWithMoments(
  x: tf.Tensor,
  view: SlabView,
  options: Parameters & { epsilon: number },
): { y: tf.Tensor } & Statistics {
  const attrs = { view, epsilon: options.epsilon, center: true, keep: 'moments' } as const;
  return tf.tidy(() => {
    const [y, , mean, variance] = run('Normalize', { x, ...affine(options) }, attrs) as [tf.Tensor, ...tf.Tensor[]];
    return { y, mean: mean as tf.Tensor, variance: variance as tf.Tensor };
  });
}

/** Mean and biased variance of every statistics set, differentiable. */
export function moments(x: tf.Tensor, view: SlabView, center = true): Statistics {
  const keep = tf.engine().isTapeOn() ? 'saved' : 'none';
  return tf.tidy(() => {
    const [mean, variance] = run('Moments', { x }, { view, center, keep });
    return { mean: mean as tf.Tensor, variance: variance as tf.Tensor };
  });
}

/** `y = (x − mean)/√(variance + ε)·γ + β` with statistics that are given, one per `(b, g)` of `view`. */
export function applyStatistics(
  x: tf.Tensor,
  view: SlabView,
  { mean, variance }: Statistics,
  options: Parameters & { epsilon: number },
): tf.Tensor {
  const statistics = (t: tf.Tensor) => (t.rank === 2 ? t : tf.reshape(t, [view.B, view.G])); // [B, G]
  return tf.tidy(() => {
    const inputs = { x, mean: statistics(mean), variance: statistics(variance), ...affine(options) };
    return run('ApplyStatistics', inputs, { view, epsilon: options.epsilon })[0] as tf.Tensor;
  });
}
