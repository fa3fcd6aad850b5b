import * as tf from '@tensorflow/tfjs-core';
import { composed, isComposed, momentsGradDifferentiable, normalizeGradDifferentiable } from './composed.js';
import {
  AFFINE_SETS,
  type AffineSet,
  type ApplyAttrs,
  type ComposedName,
  type Kernels,
  type MomentsAttrs,
  type NormalizeAttrs,
  registeredName,
  type SlabView,
} from './contract.js';
import { run as dispatch, offers } from './dispatch.js';
import { answersForEmpty } from './empty.js';

/**
 * The gradients, registered once for all backends. All of a call's gradients are computed together in the body and
 * handed over as closures: tfjs tidies after each closure, so one that computed a shared result would see it disposed.
 *
 * A tape that is on inside a gradient means that the gradient itself is being differentiated. Then it is computed by
 * differentiable ops from x, to any order; else by the backend's kernel from what the forward pass saved.
 */
export type Registered = (dys: tf.Tensor[], saved: tf.Tensor[], attrs: object) => Record<string, tf.Tensor>;

export function register(
  kernelName: string,
  inputsToSave: string[],
  outputsToSave: boolean[],
  gradients: Registered,
): void {
  if (tf.getGradient(kernelName)) return; // another copy of the package was first
  tf.registerGradient({
    kernelName,
    inputsToSave,
    outputsToSave,
    gradFunc: (dy, saved, attrs) => {
      const found = gradients(Array.isArray(dy) ? dy : [dy], saved, attrs);
      return Object.fromEntries(Object.entries(found).map(([name, t]) => [name, () => t]));
    },
  });
}

export const has = (set: AffineSet) => ({
  gamma: set === 'gamma' || set === 'both',
  beta: set === 'beta' || set === 'both',
});

/** Names dγ and dβ for the inputs that are there. */
export function parameterGradients(set: AffineSet, dgamma?: tf.Tensor, dbeta?: tf.Tensor): Record<string, tf.Tensor> {
  const { gamma, beta } = has(set);
  return { ...(gamma && dgamma ? { gamma: dgamma } : {}), ...(beta && dbeta ? { beta: dbeta } : {}) };
}

/** Whether what a forward kernel saved can be read here: it may have run on another backend. */
function isReadable<N extends ComposedName>(
  kernel: N,
  inputs: Parameters<Kernels[N]>[0],
  attrs: Parameters<Kernels[N]>[1],
): boolean {
  const { saved } = inputs as { saved?: tf.Tensor };
  return !saved || offers(kernel, inputs, attrs) || isComposed(saved, attrs as { view: SlabView; center: boolean });
}

/**
 * The gradient kernel, or the same out of differentiable ops where the gradient is differentiated itself, or nothing that was saved
 * can be used: then the statistics are computed again from x.
 */
function gradient<N extends 'NormalizeGrad' | 'MomentsGrad' | 'ApplyStatisticsGrad'>(
  kernel: N,
  inputs: Parameters<Kernels[N]>[0],
  attrs: Parameters<Kernels[N]>[1],
  differentiable: () => tf.Tensor[],
): tf.Tensor[] {
  if (inputs.x.size === 0) return answersForEmpty(kernel, inputs.x, attrs.view);
  const again = tf.engine().isTapeOn() || !isReadable(kernel, inputs, attrs);
  return again ? differentiable() : dispatch(kernel, inputs, attrs);
}

function registerNormalize(set: AffineSet): void {
  const { gamma: hasGamma } = has(set);
  const inputs = hasGamma ? ['x', 'gamma'] : ['x'];
  register(registeredName('Normalize', set), inputs, [false, true], ([dy], saved, attrs) => {
    const { view, epsilon, center } = attrs as NormalizeAttrs;
    const options = { view, epsilon, center, affine: set !== 'none', hasBeta: has(set).beta };
    const [x, gamma] = saved as [tf.Tensor, tf.Tensor];
    const given = { x, dy: dy as tf.Tensor, ...(hasGamma ? { gamma } : {}) };
    const statistics = saved[saved.length - 1] as tf.Tensor;
    const [dx, dgamma, dbeta] = gradient('NormalizeGrad', { ...given, saved: statistics }, options, () =>
      normalizeGradDifferentiable(given, options),
    );
    return { x: dx as tf.Tensor, ...parameterGradients(set, dgamma, dbeta) };
  });
}

function registerMoments(): void {
  register(registeredName('Moments'), ['x'], [false, false, true], (dys, [x, saved], attrs) => {
    const { view, center } = attrs as MomentsAttrs;
    const [dmean, dvariance] = dys as [tf.Tensor, tf.Tensor];
    const given = { x: x as tf.Tensor, dmean, dvariance };
    const [dx] = gradient('MomentsGrad', { ...given, saved: saved as tf.Tensor }, { view, center }, () =>
      momentsGradDifferentiable(given, { view, center }),
    );
    return { x: dx as tf.Tensor };
  });
}

function registerApplyStatistics(set: AffineSet): void {
  const { gamma: hasGamma } = has(set);
  const inputs = hasGamma ? ['x', 'mean', 'variance', 'gamma'] : ['x', 'mean', 'variance'];
  register(registeredName('ApplyStatistics', set), inputs, [], ([dy], saved, attrs) => {
    const [x, mean, variance, gamma] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
    const { view, epsilon } = attrs as ApplyAttrs;
    const options = { view, epsilon, affine: set !== 'none' };
    const given = { x, dy: dy as tf.Tensor, mean, variance, ...(hasGamma ? { gamma } : {}) };
    const [dx, dmean, dvariance, dgamma, dbeta] = gradient('ApplyStatisticsGrad', given, options, () =>
      composed.ApplyStatisticsGrad(given, options),
    );
    const like = (t: tf.Tensor, { shape }: tf.Tensor) => (t.rank === shape.length ? t : tf.reshape(t, shape));
    const statistics = { mean: like(dmean as tf.Tensor, mean), variance: like(dvariance as tf.Tensor, variance) };
    return { x: dx as tf.Tensor, ...statistics, ...parameterGradients(set, dgamma, dbeta) };
  });
}

let registered = false;

/** Registers every gradient once. */
function installGradients(): void {
  for (const set of AFFINE_SETS) {
    registerNormalize(set);
    registerApplyStatistics(set);
  }
  registerMoments();
  registered = true;
}

/** Runs a kernel with its gradient: the way from core into the kernels. */
export function run<N extends ComposedName>(
  kernel: N,
  inputs: Parameters<Kernels[N]>[0],
  attrs: Parameters<Kernels[N]>[1],
): tf.Tensor[] {
  if (!registered) installGradients();
  return dispatch(kernel, inputs, attrs);
}
