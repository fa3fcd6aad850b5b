import type { NamedAttrMap, Tensor, Tensor1D, TensorInfo } from '@tensorflow/tfjs-core';

/**
 * The slab view: five numbers as which any norm reads its tensor, whatever its rank and wherever its channel axis lies.
 * Element `(b, s, g, k, t)` stands at `((((b·S + s)·G + g)·K + k)·T + t)`. Statistics are taken over S, K and T, one
 * set per `(b, g)`; γ and β have one value per `(g, k)`, that is per channel `c = g·K + k`.
 */
export interface SlabView {
  readonly B: number;
  readonly S: number;
  readonly G: number;
  readonly K: number;
  readonly T: number;
}

/**
 * What `Normalize` gives besides y. `saved`: one small tensor for the backward pass, opaque to all but the backend that
 * wrote it; `moments`: the mean and the biased variance too.
 */
export type Keep = 'none' | 'saved' | 'moments';

export interface NormalizeAttrs {
  readonly view: SlabView;
  readonly epsilon: number;
  readonly center: boolean;
  readonly keep: Keep;
}

export interface NormalizeGradAttrs {
  readonly view: SlabView;
  readonly epsilon: number;
  readonly center: boolean;
  /** Whether dγ and dβ are wanted besides dx. */
  readonly affine: boolean;
}

export interface MomentsAttrs {
  readonly view: SlabView;
  readonly center: boolean;
  readonly keep: 'none' | 'saved';
}

export interface ApplyAttrs {
  readonly view: SlabView;
  readonly epsilon: number;
}

export interface ApplyGradAttrs extends ApplyAttrs {
  readonly affine: boolean;
}

/** Optional inputs are absent keys, never `undefined`: the tape reads every key. */
export interface Affine {
  gamma?: Tensor;
  beta?: Tensor;
}

/**
 * The kernels, each `inputs → outputs`. x, y and their gradients have the user's shape (the view says how to read it);
 * statistics are `[B, G]`; γ, β and their gradients are flat, `[G·K]`. Everything is float32.
 *
 * - `Normalize`: `y = (x − mean)·rstd·γ + β`, `rstd = 1/√(variance + ε)`; without `center` mean is 0 and variance the
 *   mean square. Outputs `[y]`, `[y, saved]` or `[y, saved, mean, variance]` as `keep` says. Only y is differentiable.
 *   With ε = 0 a set of zero variance gives β. An empty x gives an empty y.
 * - `NormalizeGrad`: outputs `[dx]`, or `[dx, dγ, dβ]` where `affine`.
 * - `Moments`: outputs `[mean, variance]` (and `saved`), both differentiable; of an empty set both are NaN. Without
 *   `center` the mean is zeros and the variance is the mean square.
 * - `MomentsGrad`: `[dx]`.
 * - `ApplyStatistics`: y from statistics that are given, one per `(b, g)` of its own view.
 * - `ApplyStatisticsGrad`: outputs `[dx, dmean, dvariance]`, then `dγ, dβ` where `affine`.
 */
export interface Kernels {
  Normalize(inputs: { x: Tensor } & Affine, attrs: NormalizeAttrs): Tensor[];
  NormalizeGrad(inputs: { x: Tensor; dy: Tensor; gamma?: Tensor; saved: Tensor }, attrs: NormalizeGradAttrs): Tensor[];
  Moments(inputs: { x: Tensor }, attrs: MomentsAttrs): Tensor[];
  MomentsGrad(
    inputs: { x: Tensor; dmean: Tensor; dvariance: Tensor; saved: Tensor },
    attrs: Omit<MomentsAttrs, 'keep'>,
  ): Tensor[];
  ApplyStatistics(inputs: { x: Tensor; mean: Tensor; variance: Tensor } & Affine, attrs: ApplyAttrs): Tensor[];
  ApplyStatisticsGrad(
    inputs: { x: Tensor; dy: Tensor; mean: Tensor; variance: Tensor; gamma?: Tensor },
    attrs: ApplyGradAttrs,
  ): Tensor[];
}

export type KernelName = keyof Kernels;

/** Statistics that `MixStatistics` can mix. */
export const STATISTICS = ['instance', 'layer', 'batch'] as const;
export type Statistic = (typeof STATISTICS)[number];

/**
 * How `MixStatistics` mixes.
 *
 * `rstd`: one gate ρ per channel mixes the reciprocal deviations (then ε is inside the result and the caller applies it
 * with ε = 0). `variance`: two softmax weights mix means and variances.
 */
export type MixStatistics =
  | { readonly by: 'rstd'; readonly rho: Tensor1D; readonly epsilon: number }
  | {
      readonly by: 'variance';
      readonly statistics: readonly Statistic[];
      readonly meanWeight: Tensor1D;
      readonly varianceWeight: Tensor1D;
    };

/** A mean and a biased variance. (Types, not interfaces: tfjs's `tidy` takes only what it can walk through.) */
export type MeanAndVariance = { readonly mean: Tensor; readonly variance: Tensor };

/**
 * `MixStatistics` (small: everything is `[B, C]` or `[C]`): Instance moments, the memory of the batch statistics or none
 * (then they follow from the Instance moments) and mixing weights → the mixed mean and variance `[B, C]`, and the batch
 * statistics that were used, one a channel. Differentiable: a backend that has one brings its gradient along.
 */
export type Mix = (
  instance: MeanAndVariance,
  memory: MeanAndVariance | undefined,
  mix: MixStatistics,
) => MeanAndVariance & { readonly batch: MeanAndVariance };

/** What a backend brings: any of the kernels, each able to decline a case, which then goes to the composed one. */
export type BackendKernels = { readonly [N in KernelName]?: BackendKernel<N> } & { readonly MixStatistics?: Mix };

export interface BackendKernel<N extends KernelName> {
  accepts?(inputs: Parameters<Kernels[N]>[0], attrs: Parameters<Kernels[N]>[1], backend: unknown): boolean;
  run(inputs: Parameters<Kernels[N]>[0], attrs: Parameters<Kernels[N]>[1], backend: unknown): TensorInfo[];
}

/** Kernel names are global in tfjs: ours carry the package's name. */
const NAMESPACE = 'tfnorm';

const SUFFIX = { none: '', gamma: '.g', beta: '.b', both: '.gb' } as const;

/** Which optional inputs are there. tfjs saves inputs by fixed names, so each set has its own registered name. */
export type AffineSet = keyof typeof SUFFIX;
export const AFFINE_SETS = Object.keys(SUFFIX) as AffineSet[];

export function affineSet({ gamma, beta }: Affine): AffineSet {
  if (gamma) return beta ? 'both' : 'gamma';
  return beta ? 'beta' : 'none';
}

export function registeredName(kernel: KernelName, set: AffineSet = 'none'): string {
  return `${NAMESPACE}.${kernel}${SUFFIX[set]}`;
}

/** tfjs types attributes as a map of plain values; ours hold the view object as well. */
export function asAttrs(attrs: object): NamedAttrMap {
  return attrs as NamedAttrMap;
}
