import type { Tensor } from '@tensorflow/tfjs-core';
import type { Kernels, MixtureAttrs, Statistic } from '../contract.js';
import { type Moments, overBatch, spreadTotals, totals } from './totals.js';

/**
 * Mixtures of statistics in plain JavaScript and double, for backends whose statistics lie in memory that JavaScript reaches.
 * They are `[B, C]`, small beside x; src/kernels/mix.ts has the formulas.
 */
export interface Mixable {
  readonly B: number;
  readonly C: number;
  readonly epsilon: number;
  readonly instance: Moments;
  /** Batch statistics to use instead of the batch's own. */
  readonly memory: Moments | undefined;
  readonly weights: GateWeights | SwitchWeights;
}

export interface GateWeights {
  readonly rho: Float64Array;
}

export interface SwitchWeights {
  readonly statistics: readonly Statistic[];
  /** Logits. */
  readonly meanWeight: Float64Array;
  readonly varianceWeight: Float64Array;
}

export interface Mixed {
  readonly mean: Float64Array;
  readonly rstd: Float64Array;
  readonly batch: Moments;
}

/** Gradients of everything that was mixed; of the weights in the order of the contract. */
export interface MixedGradients {
  readonly instance: Moments;
  readonly memory: Moments | undefined;
  readonly weights: readonly Float64Array[];
}

/** 1/√(variance + ε); 0 where both are 0. NaN stays NaN. */
export function reciprocalDeviation(variance: number, epsilon: number): number {
  const square = variance + epsilon;
  return square === 0 ? 0 : 1 / Math.sqrt(square);
}

/** The batch statistics: those given, or the batch's own. */
export const batchOf = ({ memory, instance, B, C }: Mixable): Moments => memory ?? totals(instance, overBatch(B, C));

/** The gradients of batch statistics: the memory's own, or the Instance statistics' share. */
export function spreadBatch(given: Mixable, batch: Moments, gradient: Moments, into: Moments): Moments | undefined {
  if (given.memory) return gradient;
  spreadTotals(given.instance, batch, gradient, overBatch(given.B, given.C), into);
  return undefined;
}

/** What the inputs of a mixture hold; `read` gives a tensor's values. */
export function mixableOf(
  inputs: Omit<Parameters<Kernels['Mixture']>[0], 'x'>,
  { view, epsilon, statistics }: Pick<MixtureAttrs, 'view' | 'epsilon' | 'statistics'>,
  instance: Moments,
  read: (t: Tensor) => Float64Array,
): Mixable {
  const { rho, memoryMean, memoryVariance } = inputs;
  const memory = memoryMean && memoryVariance && { mean: read(memoryMean), variance: read(memoryVariance) };
  const logits = (t: Tensor | undefined) => read(t as Tensor);
  const weights = rho
    ? { rho: read(rho) }
    : { statistics, meanWeight: logits(inputs.meanWeight), varianceWeight: logits(inputs.varianceWeight) };
  return { B: view.B, C: view.G, epsilon, instance, memory, weights };
}
