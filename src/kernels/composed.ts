import * as tf from '@tensorflow/tfjs-core';
import type { Affine, ComposedName, Kernels, NormalizeGradAttrs, SlabView } from './contract.js';
import { firstOfEachSet, type Layout, layoutOf } from './layout.js';
import { meanOver, reciprocalDeviation, sumOver, withoutGradient } from './reduce.js';

/**
 * The contract out of tf ops: what runs where a backend has no kernel or a kernel declines a case, what fused kernels
 * are tested against, and (`…Differentiable`) what second-order gradients go through.
 *
 * Shapes in comments are those of the slab; dimensions of length 1 are left out of the tensors themselves.
 */

interface Centered {
  readonly pilot: tf.Tensor;
  /** mean − pilot: small where the values are close, hence exact where the mean itself would be rounded. */
  readonly delta: tf.Tensor;
  readonly values: tf.Tensor;
}

/**
 * x − mean as `(x − pilot) − delta`, the pilot being the first value of the set. Close values subtract exactly, so a
 * constant set is exactly zero and a large mean costs no digits.
 * Tests: "constant input gives exactly beta", "mean 1e4, deviation 0.06".
 */
function centered(slab: tf.Tensor, layout: Layout, knownDelta?: tf.Tensor): Centered {
  const pilot = withoutGradient(slab, (x) => firstOfEachSet(x, layout)); // [B, 1, G, 1, 1]
  const fromPilot = tf.sub(slab, pilot); // [B, S, G, K, T]
  const delta = knownDelta ?? meanOver(fromPilot, layout.axes('SKT')); // [B, 1, G, 1, 1]
  return { pilot, delta, values: tf.sub(fromPilot, delta) }; // [B, S, G, K, T]
}

function affine(standardized: tf.Tensor, { gamma, beta }: Affine, layout: Layout): tf.Tensor {
  const scaled = gamma ? tf.mul(standardized, tf.reshape(gamma, layout.shape('GK'))) : standardized; // [B, S, G, K, T]
  return beta ? tf.add(scaled, tf.reshape(beta, layout.shape('GK'))) : scaled; // [B, S, G, K, T]
}

const Normalize: Kernels['Normalize'] = ({ x, ...parameters }, { view, epsilon, center, keep }) => {
  const layout = layoutOf(view);
  const slab = tf.reshape(x, layout.shape()); // [B, S, G, K, T]
  const about = center ? centered(slab, layout) : undefined;
  const values = about?.values ?? slab; // [B, S, G, K, T]
  const variance = meanOver(tf.square(values), layout.axes('SKT')); // [B, 1, G, 1, 1]
  const rstd = reciprocalDeviation(variance, epsilon); // [B, 1, G, 1, 1]
  const y = tf.reshape(affine(tf.mul(values, rstd), parameters, layout), x.shape);
  if (keep === 'none') return [y];
  const statistics = about ? [about.delta, rstd] : [rstd];
  const saved = tf.stack(statistics.map((s) => tf.reshape(s, [view.B * view.G]))); // [2 or 1, B·G]
  if (keep === 'saved') return [y, saved];
  const mean = about ? tf.add(about.pilot, about.delta) : tf.zerosLike(variance); // [B, 1, G, 1, 1]
  return [y, saved, ...[mean, variance].map((s) => tf.reshape(s, [view.B, view.G]))];
};

type Gradients = { x: tf.Tensor; dy: tf.Tensor; gamma?: tf.Tensor };

/**
 * With x̂ = (x − mean)·rstd and g = dy·γ, means taken over S, K, T:
 * dx = rstd·(g − mean(g) − x̂·mean(g·x̂)), dγ = Σ dy·x̂, dβ = Σ dy. Without centring mean(g) is absent.
 * The big tensors are only read for two sums per (b, g, k); the rest is algebra on those.
 */
function gradientOfNormalize(
  values: tf.Tensor,
  rstd: tf.Tensor,
  { x, dy, gamma }: Gradients,
  { view, center, affine: wanted }: Omit<NormalizeGradAttrs, 'epsilon'>,
): tf.Tensor[] {
  const layout = layoutOf(view);
  const n = layout.size('SKT');
  const scale = (t: tf.Tensor) => (gamma ? tf.mul(t, tf.reshape(gamma, layout.shape('GK'))) : t);
  const up = tf.reshape(dy, layout.shape()); // [B, S, G, K, T]
  const xhat = tf.mul(values, rstd); // [B, S, G, K, T]
  const sumUp = sumOver(up, layout.axes('ST')); // [B, 1, G, K, 1]
  const sumUpXhat = sumOver(tf.mul(up, xhat), layout.axes('ST')); // [B, 1, G, K, 1]
  const meanOfSet = (t: tf.Tensor) => tf.div(sumOver(scale(t), layout.axes('K')), n); // [B, 1, G, 1, 1]
  const level = center ? tf.sub(scale(up), meanOfSet(sumUp)) : scale(up); // [B, S, G, K, T]
  const dx = tf.mul(rstd, tf.sub(level, tf.mul(xhat, meanOfSet(sumUpXhat)))); // [B, S, G, K, T]
  const overBatch = (t: tf.Tensor) => tf.reshape(sumOver(t, layout.axes('B')), [view.G * view.K]);
  const result = [tf.reshape(dx, x.shape)];
  return wanted ? [...result, overBatch(sumUpXhat), overBatch(sumUp)] : result;
}

const NormalizeGrad: Kernels['NormalizeGrad'] = ({ saved, ...inputs }, attrs) => {
  const layout = layoutOf(attrs.view);
  const rows = tf.unstack(saved).map((s) => tf.reshape(s, layout.shape('BG'))); // each [B, 1, G, 1, 1]
  const slab = tf.reshape(inputs.x, layout.shape()); // [B, S, G, K, T]
  const values = attrs.center ? centered(slab, layout, rows[0]).values : slab; // [B, S, G, K, T]
  return gradientOfNormalize(values, rows[rows.length - 1] as tf.Tensor, inputs, attrs);
};

/** The same gradient out of differentiable ops: statistics are computed again from x, so that they are differentiated too. */
export function normalizeGradDifferentiable(inputs: Gradients, attrs: NormalizeGradAttrs): tf.Tensor[] {
  const layout = layoutOf(attrs.view);
  const slab = tf.reshape(inputs.x, layout.shape()); // [B, S, G, K, T]
  const values = attrs.center ? centered(slab, layout).values : slab; // [B, S, G, K, T]
  const variance = meanOver(tf.square(values), layout.axes('SKT')); // [B, 1, G, 1, 1]
  return gradientOfNormalize(values, reciprocalDeviation(variance, attrs.epsilon), inputs, attrs);
}

const Moments: Kernels['Moments'] = ({ x }, { view, center, keep }) => {
  const layout = layoutOf(view);
  const slab = tf.reshape(x, layout.shape()); // [B, S, G, K, T]
  const about = center ? centered(slab, layout) : undefined;
  const variance = meanOver(tf.square(about?.values ?? slab), layout.axes('SKT')); // [B, 1, G, 1, 1]
  const mean = about ? tf.add(about.pilot, about.delta) : tf.zerosLike(variance); // [B, 1, G, 1, 1]
  const moments = [mean, variance].map((s) => tf.reshape(s, [view.B, view.G]));
  if (keep === 'none') return moments;
  return [...moments, tf.reshape(about?.delta ?? mean, [view.B * view.G])];
};

/** dx = (dmean + 2·dvariance·(x − mean)) / n; without centring the mean is a constant. */
function gradientOfMoments(
  values: tf.Tensor,
  { x, dmean, dvariance }: { x: tf.Tensor; dmean: tf.Tensor; dvariance: tf.Tensor },
  { view, center }: { view: SlabView; center: boolean },
): tf.Tensor[] {
  const layout = layoutOf(view);
  const stats = (t: tf.Tensor) => tf.div(tf.reshape(t, layout.shape('BG')), layout.size('SKT')); // [B, 1, G, 1, 1]
  const spread = tf.mul(values, tf.mul(stats(dvariance), 2)); // [B, S, G, K, T]
  return [tf.reshape(center ? tf.add(spread, stats(dmean)) : spread, x.shape)];
}

const MomentsGrad: Kernels['MomentsGrad'] = ({ saved, ...inputs }, attrs) => {
  const layout = layoutOf(attrs.view);
  const slab = tf.reshape(inputs.x, layout.shape()); // [B, S, G, K, T]
  const delta = tf.reshape(saved, layout.shape('BG')); // [B, 1, G, 1, 1]
  return gradientOfMoments(attrs.center ? centered(slab, layout, delta).values : slab, inputs, attrs);
};

export function momentsGradDifferentiable(
  inputs: { x: tf.Tensor; dmean: tf.Tensor; dvariance: tf.Tensor },
  attrs: { view: SlabView; center: boolean },
): tf.Tensor[] {
  const layout = layoutOf(attrs.view);
  const slab = tf.reshape(inputs.x, layout.shape()); // [B, S, G, K, T]
  return gradientOfMoments(attrs.center ? centered(slab, layout).values : slab, inputs, attrs);
}

const ApplyStatistics: Kernels['ApplyStatistics'] = ({ x, mean, variance, ...parameters }, { view, epsilon }) => {
  const layout = layoutOf(view);
  const stats = (t: tf.Tensor) => tf.reshape(t, layout.shape('BG')); // [B, 1, G, 1, 1]
  const values = tf.sub(tf.reshape(x, layout.shape()), stats(mean)); // [B, S, G, K, T]
  const standardized = tf.mul(values, reciprocalDeviation(stats(variance), epsilon)); // [B, S, G, K, T]
  return [tf.reshape(affine(standardized, parameters, layout), x.shape)];
};

/**
 * With g = dy·γ and sums over S, K, T: dx = g·rstd, dmean = −rstd·Σg, dvariance = −½·rstd³·Σ g·(x − mean); dγ and dβ as
 * ever. Differentiable, hence the second-order path as well.
 */
const ApplyStatisticsGrad: Kernels['ApplyStatisticsGrad'] = ({ x, dy, mean, variance, gamma }, attrs) => {
  const { view, epsilon } = attrs;
  const layout = layoutOf(view);
  const stats = (t: tf.Tensor) => tf.reshape(t, layout.shape('BG')); // [B, 1, G, 1, 1]
  const scale = (t: tf.Tensor) => (gamma ? tf.mul(t, tf.reshape(gamma, layout.shape('GK'))) : t);
  const up = tf.reshape(dy, layout.shape()); // [B, S, G, K, T]
  const rstd = reciprocalDeviation(stats(variance), epsilon); // [B, 1, G, 1, 1]
  const xhat = tf.mul(tf.sub(tf.reshape(x, layout.shape()), stats(mean)), rstd); // [B, S, G, K, T]
  const sumUp = sumOver(up, layout.axes('ST')); // [B, 1, G, K, 1]
  const sumUpXhat = sumOver(tf.mul(up, xhat), layout.axes('ST')); // [B, 1, G, K, 1]
  const sumOfSet = (t: tf.Tensor) => sumOver(scale(t), layout.axes('K')); // [B, 1, G, 1, 1]
  const dmean = tf.neg(tf.mul(rstd, sumOfSet(sumUp))); // [B, 1, G, 1, 1]
  const dvariance = tf.mul(tf.mul(tf.square(rstd), -0.5), sumOfSet(sumUpXhat)); // [B, 1, G, 1, 1]
  const result = [tf.reshape(tf.mul(scale(up), rstd), x.shape)];
  for (const t of [dmean, dvariance]) result.push(tf.reshape(t, [view.B, view.G]));
  const overBatch = (t: tf.Tensor) => tf.reshape(sumOver(t, layout.axes('B')), [view.G * view.K]);
  return attrs.affine ? [...result, overBatch(sumUpXhat), overBatch(sumUp)] : result;
};

/** Whether a saved tensor is one of the composed forward kernels: δ and 1/deviation of `Normalize`, δ of `Moments`. */
export function isComposed(
  { dtype, shape }: tf.Tensor,
  { view, center }: { view: SlabView; center: boolean },
): boolean {
  const sets = view.B * view.G;
  if (dtype !== 'float32') return false;
  return shape.length === 1
    ? shape[0] === sets
    : shape.length === 2 && shape[0] === (center ? 2 : 1) && shape[1] === sets;
}

export const composed: Pick<Kernels, ComposedName> = {
  Normalize,
  NormalizeGrad,
  Moments,
  MomentsGrad,
  ApplyStatistics,
  ApplyStatisticsGrad,
};
