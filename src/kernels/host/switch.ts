import type { Statistic } from '../contract.js';
import {
  batchOf,
  type Mixable,
  type Mixed,
  type MixedGradients,
  reciprocalDeviation,
  type SwitchWeights,
  spreadBatch,
} from './mixable.js';
import { add, at, type Moments, noMoments, overChannels, spreadTotals, totals } from './totals.js';

function softmax(logits: Float64Array): Float64Array {
  const largest = logits.reduce((a, b) => Math.max(a, b));
  const powers = logits.map((logit) => Math.exp(logit - largest));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}

/** From the gradients of a softmax's values to those of its logits. */
function softmaxGradient(values: Float64Array, gradient: Float64Array): Float64Array {
  const common = values.reduce((sum, value, k) => sum + value * at(gradient, k), 0);
  return values.map((value, k) => value * (at(gradient, k) - common));
}

/** One of the statistics that are switched between: those of `[b, c]` stand at `b·step + c·stride`. */
interface Part {
  readonly moments: Moments;
  readonly step: number;
  readonly stride: number;
}

function partsOf({ B, C, instance }: Mixable, batch: Moments): Readonly<Record<Statistic, () => Part>> {
  return {
    instance: () => ({ moments: instance, step: C, stride: 1 }),
    layer: () => ({ moments: totals(instance, overChannels(B, C)), step: 1, stride: 0 }),
    batch: () => ({ moments: batch, step: 0, stride: 1 }),
  };
}

/** Adds a part with its weights to means, as a difference from those of the instance, and to variances. */
function addPart({ B, C, instance }: Mixable, part: Part, w: number, u: number, into: Moments): void {
  const { moments, step, stride } = part;
  const [mean, variance, own] = [into.mean, into.variance, instance.mean];
  const [partMean, partVariance] = [moments.mean, moments.variance];
  for (let b = 0, i = 0; b < B; b++) {
    for (let c = 0, j = b * step; c < C; c++, i++, j += stride) {
      mean[i] = at(mean, i) + w * (at(partMean, j) - at(own, i));
      variance[i] = at(variance, i) + u * at(partVariance, j);
    }
  }
}

/** By two softmaxes: means and variances of two or three statistics. */
export function mixVariances(given: Mixable, { statistics, meanWeight, varianceWeight }: SwitchWeights): Mixed {
  const { instance, epsilon } = given;
  const batch = batchOf(given);
  const parts = partsOf(given, batch);
  const [w, u] = [softmax(meanWeight), softmax(varianceWeight)];
  const mixed = { mean: instance.mean.slice(), variance: new Float64Array(instance.mean.length) };
  statistics.forEach((name, k) => {
    addPart(given, parts[name](), at(w, k), at(u, k), mixed);
  });
  return { mean: mixed.mean, rstd: mixed.variance.map((v) => reciprocalDeviation(v, epsilon)), batch };
}

/** The gradients of one part's weights. */
function weightGradients({ B, C, instance }: Mixable, { moments, step, stride }: Part, gradient: Moments) {
  const [dmean, dvariance, own] = [gradient.mean, gradient.variance, instance.mean];
  const [partMean, partVariance] = [moments.mean, moments.variance];
  let dw = 0;
  let du = 0;
  for (let b = 0, i = 0; b < B; b++) {
    for (let c = 0, j = b * step; c < C; c++, i++, j += stride) {
      dw += at(dmean, i) * (at(partMean, j) - at(own, i));
      du += at(dvariance, i) * at(partVariance, j);
    }
  }
  return [dw, du] as const;
}

/** The gradients of one part's statistics. */
function partGradients({ B, C }: Mixable, part: Part, w: number, u: number, gradient: Moments): Moments {
  const { moments, step, stride } = part;
  const [dmean, dvariance] = [gradient.mean, gradient.variance];
  const into = noMoments(moments.mean.length);
  const { mean, variance } = into;
  for (let b = 0, i = 0; b < B; b++) {
    for (let c = 0, j = b * step; c < C; c++, i++, j += stride) {
      mean[j] = at(mean, j) + w * at(dmean, i);
      variance[j] = at(variance, j) + u * at(dvariance, i);
    }
  }
  return into;
}

function addAll(into: Float64Array, values: Float64Array, factor: number): void {
  for (let i = 0; i < into.length; i++) add(into, i, factor * at(values, i));
}

export function varianceGradients(
  given: Mixable,
  weights: SwitchWeights,
  rstd: Float64Array,
  dmean: Float64Array,
  drstd: Float64Array,
): MixedGradients {
  const { B, C, instance } = given;
  const batch = batchOf(given);
  const parts = partsOf(given, batch);
  const [w, u] = [softmax(weights.meanWeight), softmax(weights.varianceWeight)];
  const dvariance = drstd.map((d, i) => -0.5 * d * at(rstd, i) * at(rstd, i) * at(rstd, i));
  const gradient = { mean: dmean, variance: dvariance };
  const into = { mean: dmean.slice(), variance: new Float64Array(B * C) };
  const [dw, du] = [new Float64Array(w.length), new Float64Array(u.length)];
  let ofBatch = noMoments(C);
  weights.statistics.forEach((name, k) => {
    const part = parts[name]();
    [dw[k], du[k]] = weightGradients(given, part, gradient);
    const found = partGradients(given, part, at(w, k), at(u, k), gradient);
    addAll(into.mean, dmean, -at(w, k)); // the mean starts at the instance's, from which the others are measured
    if (name === 'batch') ofBatch = found;
    if (name === 'layer') spreadTotals(instance, part.moments, found, overChannels(B, C), into);
    if (name !== 'instance') return;
    addAll(into.mean, found.mean, 1);
    addAll(into.variance, found.variance, 1);
  });
  const memory = spreadBatch(given, batch, ofBatch, into);
  return { instance: into, memory, weights: [softmaxGradient(w, dw), softmaxGradient(u, du)] };
}
