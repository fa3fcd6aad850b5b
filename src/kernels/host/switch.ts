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
import { add, type Moments, noMoments, overChannels, spreadTotals, totals } from './totals.js';

const at = (values: Float64Array, i: number): number => values[i] as number;

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

/** One of the statistics that are switched between: its own, and which of them belongs to `[b, c]`. */
interface Part {
  readonly moments: Moments;
  readonly index: (b: number, c: number) => number;
}

function partsOf(given: Mixable, batch: Moments): Readonly<Record<Statistic, () => Part>> {
  const { B, C, instance } = given;
  return {
    instance: () => ({ moments: instance, index: (b, c) => b * C + c }),
    layer: () => ({ moments: totals(instance, overChannels(B, C)), index: (b) => b }),
    batch: () => ({ moments: batch, index: (_, c) => c }),
  };
}

/** Calls `f` for every `[b, c]` with its place, and its place in the part. */
function eachOf({ B, C }: Mixable, { index }: Part, f: (i: number, j: number) => void): void {
  for (let b = 0; b < B; b++) for (let c = 0; c < C; c++) f(b * C + c, index(b, c));
}

/** By two softmaxes: means and variances of two or three statistics. */
export function mixVariances(given: Mixable, { statistics, meanWeight, varianceWeight }: SwitchWeights): Mixed {
  const { instance, epsilon } = given;
  const batch = batchOf(given);
  const parts = partsOf(given, batch);
  const [w, u] = [softmax(meanWeight), softmax(varianceWeight)];
  const mean = instance.mean.slice();
  const variance = new Float64Array(mean.length);
  statistics.forEach((name, k) => {
    const part = parts[name]();
    eachOf(given, part, (i, j) => {
      add(mean, i, at(w, k) * (at(part.moments.mean, j) - at(instance.mean, i)));
      add(variance, i, at(u, k) * at(part.moments.variance, j));
    });
  });
  return { mean, rstd: variance.map((v) => reciprocalDeviation(v, epsilon)), batch };
}

export function varianceGradients(
  given: Mixable,
  weights: SwitchWeights,
  dmean: Float64Array,
  drstd: Float64Array,
): MixedGradients {
  const { B, C, instance } = given;
  const batch = batchOf(given);
  const parts = partsOf(given, batch);
  const [w, u] = [softmax(weights.meanWeight), softmax(weights.varianceWeight)];
  const { rstd } = mixVariances(given, weights);
  const dvariance = drstd.map((d, i) => -0.5 * d * at(rstd, i) ** 3);
  const into = { mean: dmean.slice(), variance: new Float64Array(B * C) };
  const [dw, du] = [new Float64Array(w.length), new Float64Array(u.length)];
  const of: Record<Statistic, Moments> = { instance: noMoments(B * C), layer: noMoments(B), batch: noMoments(C) };
  weights.statistics.forEach((name, k) => {
    const part = parts[name]();
    eachOf(given, part, (i, j) => {
      add(dw, k, at(dmean, i) * (at(part.moments.mean, j) - at(instance.mean, i)));
      add(du, k, at(dvariance, i) * at(part.moments.variance, j));
      add(of[name].mean, j, at(w, k) * at(dmean, i));
      add(of[name].variance, j, at(u, k) * at(dvariance, i));
      add(into.mean, i, -at(w, k) * at(dmean, i)); // the mean starts at the instance's, from which the others are measured
    });
    if (name === 'layer') spreadTotals(instance, part.moments, of.layer, overChannels(B, C), into);
  });
  for (let i = 0; i < B * C; i++) {
    add(into.mean, i, at(of.instance.mean, i));
    add(into.variance, i, at(of.instance.variance, i));
  }
  const memory = spreadBatch(given, batch, of.batch, into);
  return { instance: into, memory, weights: [softmaxGradient(w, dw), softmaxGradient(u, du)] };
}
