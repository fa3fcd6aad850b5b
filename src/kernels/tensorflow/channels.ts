import * as tf from '@tensorflow/tfjs-core';
import type { Affine, Kernels, SlabView } from '../contract.js';
import { reciprocalDeviation, sumOver } from '../reduce.js';
import type { NodeBackend } from './backend.js';
import { measure, subtract } from './measure.js';
import { restore, save } from './saved.js';
import { consume, gammaOf, type Slab, scaled, slabOf, sumOfChannels, toChannels, toSets } from './slab.js';

/** Any view, out of TensorFlow's ops: channel sums folded to groups, and one factor a channel of an example. */

type Run<N extends keyof Kernels> = (
  inputs: Parameters<Kernels[N]>[0],
  attrs: Parameters<Kernels[N]>[1],
  backend: NodeBackend,
) => tf.Tensor[];

const asSlab = ({ layout }: Slab, x: tf.Tensor): tf.Tensor => tf.reshape(x, layout.shape()); // [B, S, C, T]
const asSets = (t: tf.Tensor, { B, G }: SlabView): tf.Tensor => tf.reshape(t, [B, G, 1]);
const asGiven = (t: tf.Tensor, { B, G }: SlabView): tf.Tensor => tf.reshape(t, [B, G]);

/** `values·rstd·γ + β` */
function standardize(slab: Slab, values: tf.Tensor, rstd: tf.Tensor, { gamma, beta }: Affine): tf.Tensor {
  const y = tf.mul(values, scaled(slab, rstd, gamma)); // [B, S, C, T]
  return beta ? consume(y, (t) => tf.add(t, tf.reshape(beta, slab.layout.shape('G')))) : y; // [B, S, C, T]
}

export const Normalize: Run<'Normalize'> = ({ x, ...affine }, { view, epsilon, center, keep }, backend) => {
  const slab = slabOf(view);
  const { values, mean, variance, pilot } = measure(backend, slab, asSlab(slab, x), center);
  const rstd = reciprocalDeviation(variance, epsilon); // [B, G, 1]
  const y = tf.reshape(standardize(slab, values, rstd, affine), x.shape);
  if (keep === 'none') return [y];
  const saved = save([mean, rstd, pilot]);
  if (keep === 'saved') return [y, saved];
  return [y, saved, asGiven(pilot ? tf.add(mean, pilot) : mean, view), asGiven(variance, view)];
};

export const Moments: Run<'Moments'> = ({ x }, { view, center, keep }, backend) => {
  const slab = slabOf(view);
  const { mean, variance, pilot } = measure(backend, slab, asSlab(slab, x), center);
  const moments = [pilot ? tf.add(mean, pilot) : mean, variance].map((t) => asGiven(t, view));
  return keep === 'none' ? moments : [...moments, save([mean, variance, pilot])];
};

/** x − mean by what was saved: from the pilot, if that was the way forward. */
function restored(slab: Slab, x: tf.Tensor, [mean, , pilot]: readonly (tf.Tensor | undefined)[]): tf.Tensor {
  const values = asSlab(slab, x); // [B, S, C, T]
  if (!pilot) return subtract(slab, values, mean as tf.Tensor); // [B, S, C, T]
  return consume(subtract(slab, values, pilot), (t) => subtract(slab, t, mean as tf.Tensor)); // [B, S, C, T]
}

const restoredRows = (saved: tf.Tensor, { B, G }: SlabView) => restore(saved, [B, G, 1]);

/** dx = (dmean + 2·dvariance·(x − mean))/n; without centring the mean is a constant. */
export const MomentsGrad: Run<'MomentsGrad'> = ({ x, dmean, dvariance, saved }, { view, center }) => {
  const slab = slabOf(view);
  const values = center ? restored(slab, x, restoredRows(saved, view)) : asSlab(slab, x); // [B, S, C, T]
  const of = (t: tf.Tensor, factor: number) => toChannels(slab, tf.mul(asSets(t, view), factor / slab.n)); // [B, 1, C, 1]
  const slope = tf.mul(values, of(dvariance, 2)); // [B, S, C, T]
  return [tf.reshape(center ? consume(slope, (t) => tf.add(t, of(dmean, 1))) : slope, x.shape)];
};

/**
 * Σ dy and Σ dy·(x − mean), one a channel of an example, `[B, G, K]`: all that a gradient has to know of the large tensors.
 */
const sums = (slab: Slab, values: tf.Tensor, up: tf.Tensor): { level: tf.Tensor; slope: tf.Tensor } => ({
  level: sumOfChannels(slab, up),
  slope: consume(tf.mul(up, values), (product) => sumOfChannels(slab, product)),
});

/** Sums of a set, γ in them. */
const weighed = (slab: Slab, channels: tf.Tensor, gamma: tf.Tensor | undefined): tf.Tensor =>
  toSets(slab, gamma ? tf.mul(channels, gammaOf(slab, gamma)) : channels); // [B, G, 1]

/** dγ and dβ: sums over the examples. */
function ofParameters({ view: { G, K } }: Slab, level: tf.Tensor, slope: tf.Tensor, rstd: tf.Tensor): tf.Tensor[] {
  return [tf.mul(slope, rstd), level].map((t) => tf.reshape(sumOver(t, [0]), [G * K]));
}

/** dx = dy·γ·rstd − (x − mean)·rstd³·Σ g·(x − mean)/n − rstd·Σ g/n, where g = dy·γ. */
export const NormalizeGrad: Run<'NormalizeGrad'> = ({ x, dy, gamma, saved }, { view, center, affine }) => {
  const slab = slabOf(view);
  const rows = restoredRows(saved, view);
  const rstd = rows[1] as tf.Tensor; // [B, G, 1]
  const values = center ? restored(slab, x, rows) : asSlab(slab, x); // [B, S, C, T]
  const up = asSlab(slab, dy); // [B, S, C, T]
  const { level, slope } = sums(slab, values, up);
  // One value has no spread: what is left of dy minus dy, rounded twice, would be as large as 1/√ε.
  const nothing = () => tf.reshape(tf.mul(tf.add(values, up), 0), x.shape); // NaN stays
  if (center && slab.n === 1) return [nothing(), ...(affine ? ofParameters(slab, level, slope, rstd) : [])];
  const perValue = tf.div(rstd, slab.n); // [B, G, 1]
  // rstd·(rstd·…) rather than rstd³, which overflows sooner.
  const lean = tf.mul(tf.mul(tf.mul(weighed(slab, slope, gamma), perValue), rstd), rstd); // [B, G, 1]
  const part = consume(values, (t) => tf.mul(t, toChannels(slab, lean))); // [B, S, C, T]
  const direct = tf.mul(up, scaled(slab, rstd, gamma)); // [B, S, C, T]
  const difference = tf.sub(direct, part); // [B, S, C, T]
  tf.dispose([direct, part]);
  const shift = () => toChannels(slab, tf.mul(weighed(slab, level, gamma), perValue)); // [B, 1, C, 1]
  const dx = tf.reshape(center ? consume(difference, (t) => tf.sub(t, shift())) : difference, x.shape);
  return affine ? [dx, ...ofParameters(slab, level, slope, rstd)] : [dx];
};

export const ApplyStatistics: Run<'ApplyStatistics'> = ({ x, mean, variance, ...affine }, { view, epsilon }) => {
  const slab = slabOf(view);
  const values = subtract(slab, asSlab(slab, x), asSets(mean, view)); // [B, S, C, T]
  const rstd = reciprocalDeviation(asSets(variance, view), epsilon); // [B, G, 1]
  return [tf.reshape(standardize(slab, values, rstd, affine), x.shape)];
};

/**
 * With g = dy·γ and sums over a set: dx = g·rstd, dmean = −rstd·Σg, dvariance = −½·rstd³·Σ g·(x − mean). dx does not see
 * x, so a NaN in x stays out of it.
 */
export const ApplyStatisticsGrad: Run<'ApplyStatisticsGrad'> = (inputs, { view, epsilon, affine }) => {
  const { x, dy, mean, variance, gamma } = inputs;
  const slab = slabOf(view);
  const rstd = reciprocalDeviation(asSets(variance, view), epsilon); // [B, G, 1]
  const values = subtract(slab, asSlab(slab, x), asSets(mean, view)); // [B, S, C, T]
  const up = asSlab(slab, dy); // [B, S, C, T]
  const { level, slope } = sums(slab, values, up);
  values.dispose();
  const dx = tf.reshape(tf.mul(up, scaled(slab, rstd, gamma)), x.shape);
  const dmean = tf.neg(tf.mul(weighed(slab, level, gamma), rstd)); // [B, G, 1]
  const cubed = tf.mul(tf.mul(tf.mul(weighed(slab, slope, gamma), rstd), rstd), rstd); // [B, G, 1]
  const given = [dmean, tf.mul(cubed, -0.5)].map((t) => asGiven(t, view));
  return [dx, ...given, ...(affine ? ofParameters(slab, level, slope, rstd) : [])];
};
