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

/** The shares of the three statistics, 0 for one that is not among those that are switched between. */
type Shares = Readonly<Record<Statistic, number>>;

function sharesOf(statistics: readonly Statistic[], weights: Float64Array): Shares {
  const share = (name: Statistic) => {
    const k = statistics.indexOf(name);
    return k < 0 ? 0 : at(weights, k);
  };
  return { instance: share('instance'), layer: share('layer'), batch: share('batch') };
}

/** What is mixed: the statistics, [B] and [C] beside the instance's [B, C], and their shares in means (w) and variances (u). */
interface Parts {
  /** The instance's variances; its means are what the others are measured from. */
  readonly variance: Float64Array;
  readonly layer: Moments;
  readonly batch: Moments;
  readonly w: Shares;
  readonly u: Shares;
}

/**
 * Those that are not switched between are zeros: a memory that nobody uses may hold anything, and an instance's variance be infinite
 * where β is the answer.
 */
function partsOf(given: Mixable, { statistics, meanWeight, varianceWeight }: SwitchWeights, ofBatch: Moments): Parts {
  const { B, C, instance } = given;
  return {
    variance: statistics.includes('instance') ? instance.variance : new Float64Array(B * C),
    layer: statistics.includes('layer') ? totals(instance, overChannels(B, C)) : noMoments(B),
    batch: statistics.includes('batch') ? ofBatch : noMoments(C),
    w: sharesOf(statistics, softmax(meanWeight)),
    u: sharesOf(statistics, softmax(varianceWeight)),
  };
}

/** By two softmaxes: means, as differences from those of the instance, and variances of two or three statistics. */
export function mixVariances(given: Mixable, weights: SwitchWeights): Mixed {
  const { B, C, epsilon, instance } = given;
  const ofBatch = batchOf(given);
  const { variance: ownVariance, layer, batch, w, u } = partsOf(given, weights, ofBatch);
  const [mean, rstd] = [new Float64Array(B * C), new Float64Array(B * C)];
  for (let b = 0, i = 0; b < B; b++) {
    const layerMean = at(layer.mean, b);
    const layerVariance = u.layer * at(layer.variance, b);
    for (let c = 0; c < C; c++, i++) {
      const own = at(instance.mean, i);
      mean[i] = own + w.layer * (layerMean - own) + w.batch * (at(batch.mean, c) - own);
      const variance = u.instance * at(ownVariance, i) + layerVariance + u.batch * at(batch.variance, c);
      rstd[i] = reciprocalDeviation(variance, epsilon);
    }
  }
  return { mean, rstd, batch: ofBatch };
}

/** Sums of the gradients of mixed means (m) and variances (v) over what shares a Layer or Batch statistic, and with the statistics. */
interface Found {
  readonly ofLayer: Moments;
  readonly ofBatch: Moments;
  readonly w: Record<Statistic, number>;
  readonly u: Record<Statistic, number>;
}

/** One pass over all sets: gradients of the instance's statistics to `into`, those of everything else summed. */
function collect(
  { B, C, instance }: Mixable,
  { variance, layer, batch, w, u }: Parts,
  dmean: Float64Array,
  dvariance: Float64Array,
  into: Moments,
): Found {
  const [ofLayer, ofBatch] = [noMoments(B), noMoments(C)];
  const { mean } = instance;
  const [batchMean, batchVariance] = [batch.mean, batch.variance];
  let [wLayer, wBatch, uInstance, uLayer, uBatch] = [0, 0, 0, 0, 0];
  for (let b = 0, i = 0; b < B; b++) {
    const layerMean = at(layer.mean, b);
    let m = 0;
    let v = 0;
    for (let c = 0; c < C; c++, i++) {
      const dm = at(dmean, i);
      const dv = at(dvariance, i);
      const own = at(mean, i);
      m += dm;
      v += dv;
      wLayer += dm * (layerMean - own);
      wBatch += dm * (at(batchMean, c) - own);
      uInstance += dv * at(variance, i);
      uBatch += dv * at(batchVariance, c);
      add(ofBatch.mean, c, dm);
      add(ofBatch.variance, c, dv);
    }
    uLayer += v * at(layer.variance, b);
    ofLayer.mean[b] = w.layer * m;
    ofLayer.variance[b] = u.layer * v;
  }
  scale(ofBatch.mean, w.batch, ofBatch.mean);
  scale(ofBatch.variance, u.batch, ofBatch.variance);
  scale(dmean, w.instance, into.mean);
  scale(dvariance, u.instance, into.variance);
  // means are differences from the instance's, which has no share of its own in them
  return {
    ofLayer,
    ofBatch,
    w: { instance: 0, layer: wLayer, batch: wBatch },
    u: { instance: uInstance, layer: uLayer, batch: uBatch },
  };
}

function scale(values: Float64Array, factor: number, into: Float64Array): void {
  for (let i = 0; i < values.length; i++) into[i] = factor * at(values, i);
}

export function varianceGradients(
  given: Mixable,
  weights: SwitchWeights,
  rstd: Float64Array,
  dmean: Float64Array,
  drstd: Float64Array,
): MixedGradients {
  const { B, C, instance } = given;
  const { statistics } = weights;
  const parts = partsOf(given, weights, batchOf(given));
  const dvariance = new Float64Array(B * C);
  for (let i = 0; i < dvariance.length; i++) {
    const r = at(rstd, i);
    dvariance[i] = -0.5 * at(drstd, i) * r * r * r;
  }
  const into = noMoments(B * C);
  const { ofLayer, ofBatch, w, u } = collect(given, parts, dmean, dvariance, into);
  if (statistics.includes('layer')) spreadTotals(instance, parts.layer, ofLayer, overChannels(B, C), into);
  const memory = spreadBatch(given, parts.batch, statistics.includes('batch') ? ofBatch : noMoments(C), into);
  const ofLogits = (shares: Shares, gradient: Shares) =>
    softmaxGradient(
      Float64Array.from(statistics, (name) => shares[name]),
      Float64Array.from(statistics, (name) => gradient[name]),
    );
  return { instance: into, memory, weights: [ofLogits(parts.w, w), ofLogits(parts.u, u)] };
}
