import type { layers } from '@tensorflow/tfjs-layers';
import { weightName } from '../layers/intercept.js';
import { mean } from './statistics.js';

/** What the gates ρ of a batch-instance layer have learned. */
export interface GateShares {
  readonly mean: number;
  /** Share of the channels with ρ ≤ 0.05, ρ ≥ 0.95. */
  readonly instance: number;
  readonly batch: number;
}

/** What a switchable layer uses, for means and variances: shares that add up to 1. */
export interface Mixture {
  readonly mean: Readonly<Record<string, number>>;
  readonly variance: Readonly<Record<string, number>>;
}

/** How near to an end of [0, 1] a gate counts as decided. */
const END = 0.05;

export function gateShares(rho: readonly number[]): GateShares {
  const clipped = rho.map((value) => Math.min(1, Math.max(0, value)));
  const share = (at: (value: number) => boolean) => clipped.filter(at).length / clipped.length;
  return {
    mean: mean(clipped),
    instance: share((value) => value <= END),
    batch: share((value) => value >= 1 - END),
  };
}

export function sharesOf(statistics: readonly string[], logits: readonly number[]): Record<string, number> {
  const most = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return Object.fromEntries(statistics.map((name, i) => [name, (powers[i] as number) / sum]));
}

/** The weights of a layer that show what it mixes, and those a memory is in. */
const SHOWN = ['rho', 'mean_weight', 'variance_weight', 'moving_mean', 'moving_variance'] as const;
export type Shown = Partial<Record<(typeof SHOWN)[number], number[]>>;

export function shownWeights(layer: layers.Layer) {
  return layer.weights.filter((weight) => (SHOWN as readonly string[]).includes(weightName(weight)));
}

export function mixtureOf(layer: layers.Layer, { mean_weight: mean, variance_weight: variance }: Shown) {
  const { statistics } = layer.getConfig() as { statistics?: string[] };
  if (!mean || !variance || !statistics) return null;
  return { mean: sharesOf(statistics, mean), variance: sharesOf(statistics, variance) };
}
