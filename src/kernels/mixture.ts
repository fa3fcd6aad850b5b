import * as tf from '@tensorflow/tfjs-core';
import {
  AFFINE_SETS,
  type Affine,
  type AffineSet,
  type Kernels,
  MEMORY,
  type MeanAndVariance,
  MIXED_BY,
  type MixtureAttrs,
  type MixtureGradAttrs,
  mixtureName,
} from './contract.js';
import { offers, runMixture, runMixtureGrad } from './dispatch.js';
import { has, parameterGradients, type Registered, register, run } from './gradients.js';
import { mixStatistics } from './mix.js';

type Inputs = Parameters<Kernels['Mixture']>[0];
type GradInputs = Parameters<Kernels['MixtureGrad']>[0];
type Result = { readonly y: tf.Tensor; readonly batch: MeanAndVariance };

/**
 * A mixture out of the other kernels and differentiable ops on small tensors: Instance moments once from the big tensor,
 * everything else on `[B, C]`, then one application of the mixed statistics.
 */
function composedMixture({ x, gamma, beta, ...mixed }: Inputs, attrs: Omit<MixtureAttrs, 'keep'>): Result {
  const { view, by, epsilon } = attrs;
  const keep = tf.engine().isTapeOn() ? 'saved' : 'none';
  const [mean, variance] = run('Moments', { x }, { view, center: true, keep }) as [tf.Tensor, tf.Tensor];
  const { batch, ...statistics } = mixStatistics({ mean, variance }, mixed, attrs);
  const inputs: { x: tf.Tensor; mean: tf.Tensor; variance: tf.Tensor } & Affine = { x, ...statistics };
  if (gamma) inputs.gamma = gamma;
  if (beta) inputs.beta = beta;
  const [y] = run('ApplyStatistics', inputs, { view, epsilon: by === 'rstd' ? 0 : epsilon });
  return { y: y as tf.Tensor, batch };
}

/**
 * Runs `f`, which differentiates, inside a gradient of the first order: the engine goes on to read the outer tape, and the inner
 * one leaves none behind. Test: "without a gradient of its own is differentiated as the composed one".
 */
function keepingTheTape<T>(f: () => T): T {
  const { state } = tf.engine();
  const tape = state.activeTape;
  try {
    return f();
  } finally {
    state.activeTape = tape;
  }
}

/** All gradients by way of the composed mixture, itself differentiable. β is not saved, and dβ does not depend on it. */
function composedGradients({ dy, saved: _, ...given }: GradInputs, attrs: MixtureGradAttrs, hasBeta: boolean) {
  const inputs: Inputs = hasBeta ? { ...given, beta: tf.zeros([attrs.view.G]) } : given;
  // tfjs refuses gradients of what y does not depend on: a memory of batch statistics that are not among the mixed.
  const isUsed = (name: string) => attrs.statistics.includes('batch') || !(MEMORY as readonly string[]).includes(name);
  const used = Object.keys(inputs).filter(isUsed) as (keyof Inputs)[];
  const named = (list: readonly tf.Tensor[]) => Object.fromEntries(used.map((name, i) => [name, list[i] as tf.Tensor]));
  const f = (...args: tf.Tensor[]) => composedMixture({ ...inputs, ...named(args) }, attrs).y;
  const values = used.map((name) => inputs[name] as tf.Tensor);
  const found = named(keepingTheTape(() => tf.grads(f)(values, dy)));
  const rest = Object.entries(inputs).filter(([name]) => !isUsed(name));
  return { ...found, ...Object.fromEntries(rest.map(([name, t]) => [name, tf.zerosLike(t)])) };
}

/** The backend's gradients by name, in the order of the contract. */
function ownGradients(inputs: GradInputs, attrs: MixtureGradAttrs, hasMemory: boolean, set: AffineSet) {
  const [dx, ...rest] = runMixtureGrad(inputs, attrs) as [tf.Tensor, ...tf.Tensor[]];
  const names = [...MIXED_BY[attrs.by], ...(hasMemory ? MEMORY : [])] as string[];
  const found: Record<string, tf.Tensor> = { x: dx };
  for (const name of names) found[name] = rest.shift() as tf.Tensor;
  const [dgamma, dbeta] = rest;
  return { ...found, ...parameterGradients(set, dgamma, dbeta) };
}

function registerMixture(by: MixtureAttrs['by'], hasMemory: boolean, set: AffineSet): void {
  const small = [...MIXED_BY[by], ...(hasMemory ? MEMORY : []), ...(has(set).gamma ? ['gamma'] : [])];
  const gradients: Registered = ([dy], saved, attrs) => {
    const { view, epsilon, statistics } = attrs as MixtureAttrs;
    const options = { view, epsilon, by, statistics, affine: set !== 'none' };
    const named = Object.fromEntries(['x', ...small, 'saved'].map((name, i) => [name, saved[i]]));
    const inputs = { ...named, dy } as unknown as GradInputs;
    const isOwn = !tf.engine().isTapeOn() && offers('MixtureGrad', inputs, options);
    return isOwn ? ownGradients(inputs, options, hasMemory, set) : composedGradients(inputs, options, has(set).beta);
  };
  register(mixtureName(by, hasMemory, set), ['x', ...small], [false, true], gradients);
}

let registered = false;

function installGradients(): void {
  for (const by of Object.keys(MIXED_BY) as MixtureAttrs['by'][]) {
    for (const set of AFFINE_SETS) for (const hasMemory of [false, true]) registerMixture(by, hasMemory, set);
  }
  registered = true;
}

/**
 * A mixture, by the backend's own kernel where it has one; to `remember`, with the batch statistics it used, one a channel.
 */
export function mixture(
  inputs: Inputs,
  attrs: Omit<MixtureAttrs, 'keep'>,
  remember: boolean,
): { y: tf.Tensor; batch: MeanAndVariance | undefined } {
  const { memoryMean, memoryVariance } = inputs;
  const memory = memoryMean && memoryVariance && { mean: memoryMean, variance: memoryVariance };
  const otherwise = tf.engine().isTapeOn() ? 'saved' : 'none';
  const options = { ...attrs, keep: remember && !memory ? 'moments' : otherwise } as const;
  if (!offers('Mixture', inputs, options)) return composedMixture(inputs, attrs);
  if (!registered) installGradients();
  const [y, , mean, variance] = runMixture(inputs, options) as [tf.Tensor, ...tf.Tensor[]];
  return { y, batch: memory ?? (mean && variance && { mean, variance }) };
}
