import type { NamedAttrMap, Tensor, TensorInfo } from '@tensorflow/tfjs-core';

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
  /** False: there is no β, and dβ may be left out. */
  readonly hasBeta?: boolean;
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

/** Statistics that a mixture can mix. */
export const STATISTICS = ['instance', 'layer', 'batch'] as const;
export type Statistic = (typeof STATISTICS)[number];

/**
 * How a mixture mixes. `rstd`: one gate ρ a channel mixes the reciprocal deviations of batch and instance, `ρ·r_B + (1 − ρ)·r_I`;
 * `variance`: two softmax weights mix means and variances of the `statistics`.
 */
export interface Mixing {
  readonly by: 'rstd' | 'variance';
  readonly statistics: readonly Statistic[];
}

export interface MixtureAttrs extends Mixing {
  /** Of the Instance statistics: K = 1, G is the channels. */
  readonly view: SlabView;
  readonly epsilon: number;
  readonly keep: Keep;
}

export interface MixtureGradAttrs extends Omit<MixtureAttrs, 'keep'> {
  readonly affine: boolean;
}

/**
 * What a mixture mixes by, and batch statistics to use instead of the batch's own, all `[C]` but the logits: `rho`, or
 * `meanWeight` and `varianceWeight` (`[statistics.length]`); `memoryMean` and `memoryVariance`, both or neither.
 */
export interface MixtureInputs {
  rho?: Tensor;
  meanWeight?: Tensor;
  varianceWeight?: Tensor;
  memoryMean?: Tensor;
  memoryVariance?: Tensor;
}

/**
 * The kernels, each `inputs → outputs`. x, y and their gradients have the user's shape (the view says how to read it);
 * statistics are `[B, G]`; γ, β and their gradients are flat, `[G·K]`. Everything is float32.
 *
 * - `Normalize`: `y = (x − mean)·rstd·γ + β`, `rstd = 1/√(variance + ε)`; without `center` mean is 0 and variance the
 *   mean square. Outputs `[y]`, `[y, saved]` or `[y, saved, mean, variance]` as `keep` says. Only y is differentiable.
 *   With ε = 0 a set of zero variance gives β. An empty x gives an empty y.
 * - `NormalizeGrad`: outputs `[dx]`, or `[dx, dγ, dβ]` where `affine`; with `hasBeta: false` dβ may be missing.
 * - `Moments`: outputs `[mean, variance]` (and `saved`), both differentiable; of an empty set both are NaN. Without
 *   `center` the mean is zeros and the variance is the mean square.
 * - `MomentsGrad`: `[dx]`.
 * - `ApplyStatistics`: y from statistics that are given, one per `(b, g)` of its own view, in any shape.
 * - `ApplyStatisticsGrad`: outputs `[dx, dmean, dvariance]`, then `dγ, dβ` where `affine`.
 * - `Mixture`: y of Instance statistics mixed with those of layer and batch, which follow from them. Outputs `[y]`,
 *   `[y, saved]` or `[y, saved, mean, variance]` with the batch's mean and variance, one a channel. Only y is differentiable.
 * - `MixtureGrad`: outputs `[dx]`, the gradients of `rho` or of `meanWeight, varianceWeight`, of `memoryMean, memoryVariance`
 *   where they were given, then `dγ, dβ` where `affine`.
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
  Mixture(inputs: { x: Tensor } & MixtureInputs & Affine, attrs: MixtureAttrs): Tensor[];
  MixtureGrad(
    inputs: { x: Tensor; dy: Tensor; gamma?: Tensor; saved: Tensor } & MixtureInputs,
    attrs: MixtureGradAttrs,
  ): Tensor[];
}

export type KernelName = keyof Kernels;
/** Kernels that there are on every backend: a mixture falls back to the others, and to small differentiable ops. */
export type ComposedName = Exclude<KernelName, 'Mixture' | 'MixtureGrad'>;

/** A mean and a biased variance. (Types, not interfaces: tfjs's `tidy` takes only what it can walk through.) */
export type MeanAndVariance = { readonly mean: Tensor; readonly variance: Tensor };

/** What a backend brings: any of the kernels, each able to decline a case, which then goes to the composed one. */
export type BackendKernels = { readonly [N in KernelName]?: BackendKernel<N> } & {
  /** Runs a kernel of which the tape keeps tensors: a backend that would copy them may do better meanwhile. */
  whileRecording?<T>(run: () => T): T;
};

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

/** The optional inputs of a mixture besides γ and β, by how it mixes. */
export const MIXED_BY = {
  rstd: ['rho'],
  variance: ['meanWeight', 'varianceWeight'],
} as const satisfies Record<Mixing['by'], readonly (keyof MixtureInputs)[]>;
export const MEMORY = ['memoryMean', 'memoryVariance'] as const satisfies readonly (keyof MixtureInputs)[];

export function mixtureName(by: Mixing['by'], hasMemory: boolean, set: AffineSet): string {
  return `${registeredName('Mixture')}.${by}${hasMemory ? '.m' : ''}${SUFFIX[set]}`;
}

/** tfjs types attributes as a map of plain values; ours hold the view object as well. */
export function asAttrs(attrs: object): NamedAttrMap {
  return attrs as NamedAttrMap;
}
