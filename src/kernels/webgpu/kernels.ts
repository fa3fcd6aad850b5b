import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import type { BackendKernel, BackendKernels, KernelName, SlabView } from '../contract.js';
import { stateOf, type WebGpuBackend } from './device.js';
import { expectBindable } from './dispatch.js';
import { applyGiven, momentsGrad } from './elements.js';
import { mix, savedMixture } from './mixture.js';
import { mixGrad } from './mixtureGrad.js';
import { type Forward, normalizeRows, type Options, rowsOf } from './rows.js';
import { normalizeRowsGrad } from './rowsGrad.js';
import { slabOf } from './slab.js';
import { normalizeSlabs } from './slabForward.js';
import { applyGivenGrad, normalizeSlabsGrad } from './slabGrad.js';
import { normalizeSmall, smallTiles } from './small.js';

/** δ, the mean from the set's first value, and 1/deviation of every set. No other backend's saved tensor has this shape. */
const savedShape = ({ B, G }: SlabView) => [B * G, 2, 1];
const momentsShape = ({ B, G }: SlabView) => [B, G];
const parameterShape = ({ G, K }: SlabView) => [G * K];

type Run<N extends KernelName> = (...args: Parameters<BackendKernel<N>['run']>) => TensorInfo[];

const make = (host: unknown, shape: readonly number[]): TensorInfo =>
  (host as WebGpuBackend).makeTensorInfo(shape, 'float32');

/** By the first form that takes the view: rows, then what fits registers, then slabs. */
function normalize(host: WebGpuBackend, tensors: Forward, view: SlabView, options: Options): void {
  const isRow = view.S === 1 || (view.G === 1 && !rowsOf(view).isLong);
  const tiles = isRow ? undefined : smallTiles(view, slabOf(view));
  if (isRow) normalizeRows(host, tensors, view, options);
  else if (tiles) normalizeSmall(host, tensors, view, options, tiles);
  else normalizeSlabs(host, tensors, view, options);
}

const Normalize: Run<'Normalize'> = ({ x, gamma, beta }, { view, keep, ...options }, host) => {
  const y = make(host, x.shape);
  const saved = keep === 'none' ? undefined : make(host, savedShape(view));
  const [mean, variance] = keep === 'moments' ? [0, 1].map(() => make(host, momentsShape(view))) : [];
  normalize(host as WebGpuBackend, { x, gamma, beta, y, saved, mean, variance }, view, options);
  return [y, saved, mean, variance].filter((t) => t !== undefined);
};

const Moments: Run<'Moments'> = ({ x }, { view, center, keep }, host) => {
  const [mean, variance] = [make(host, momentsShape(view)), make(host, momentsShape(view))];
  const saved = keep === 'none' ? undefined : make(host, savedShape(view));
  normalize(host as WebGpuBackend, { x, saved, mean, variance }, view, { epsilon: 0, center });
  return saved ? [mean, variance, saved] : [mean, variance];
};

const NormalizeGrad: Run<'NormalizeGrad'> = ({ x, dy, gamma, saved }, { view, center, affine }, host) => {
  const dx = make(host, x.shape);
  const [dgamma, dbeta] = affine ? [0, 1].map(() => make(host, parameterShape(view))) : [];
  // Rows of groups that do not end with a vector, of channels that do, are read by channels.
  const isRow = view.S === 1 && rowsOf(view).isVector === slabOf(view).isVector;
  const grad = isRow ? normalizeRowsGrad : normalizeSlabsGrad;
  grad(host as WebGpuBackend, { x, dy, gamma, saved, dx, dgamma, dbeta }, view, center);
  return dgamma && dbeta ? [dx, dgamma, dbeta] : [dx];
};

const MomentsGrad: Run<'MomentsGrad'> = (inputs, { view, center }, host) => {
  const dx = make(host, inputs.x.shape);
  momentsGrad(host as WebGpuBackend, { ...inputs, dx }, view, center);
  return [dx];
};

const ApplyStatistics: Run<'ApplyStatistics'> = (inputs, { view, epsilon }, host) => {
  const y = make(host, inputs.x.shape);
  applyGiven(host as WebGpuBackend, { ...inputs, y }, view, epsilon);
  return [y];
};

const ApplyStatisticsGrad: Run<'ApplyStatisticsGrad'> = (inputs, { view, epsilon, affine }, host) => {
  const dx = make(host, inputs.x.shape);
  const [dmean, dvariance] = [make(host, momentsShape(view)), make(host, momentsShape(view))];
  const [dgamma, dbeta] = affine ? [0, 1].map(() => make(host, parameterShape(view))) : [];
  applyGivenGrad(host as WebGpuBackend, { ...inputs, dx, dmean, dvariance, dgamma, dbeta }, view, epsilon);
  return [dx, dmean, dvariance, dgamma, dbeta].filter((t) => t !== undefined);
};

const Mixture: Run<'Mixture'> = (inputs, attrs, host) => {
  const { view, keep } = attrs;
  const y = make(host, inputs.x.shape);
  const [mean, variance] = keep === 'moments' ? [0, 1].map(() => make(host, [view.G])) : [];
  const saved = mix(host as WebGpuBackend, inputs, { y, mean, variance }, attrs);
  if (keep === 'none') (host as WebGpuBackend).disposeData(saved.dataId);
  return [y, keep === 'none' ? undefined : saved, mean, variance].filter((t) => t !== undefined);
};

const MixtureGrad: Run<'MixtureGrad'> = ({ x, dy, saved, ...mixed }, attrs, host) => {
  const like = (t: TensorInfo | undefined) => t && make(host, t.shape);
  const parameter = () => (attrs.affine ? make(host, [attrs.view.G]) : undefined);
  const outputs = {
    dx: make(host, x.shape),
    drho: like(mixed.rho),
    dmeanWeight: like(mixed.meanWeight),
    dvarianceWeight: like(mixed.varianceWeight),
    dmemoryMean: like(mixed.memoryMean),
    dmemoryVariance: like(mixed.memoryVariance),
    dgamma: parameter(),
    dbeta: parameter(),
  };
  mixGrad(host as WebGpuBackend, { x, dy, saved, ...outputs }, attrs);
  return Object.values(outputs).filter((t) => t !== undefined); // in the order of the contract
};

/**
 * Whether the device serves us, and every input is what the shaders read: `saved` too, which others may have written. What is
 * too large for the device is refused here, before anything is made of it.
 */
const accepts =
  (shapeOf: (view: SlabView) => readonly number[]) =>
  (inputs: object, { view }: { view: SlabView }, backend: unknown): boolean => {
    const tensors = inputs as Record<string, Tensor>;
    if (tensors.saved && tensors.saved.shape.join() !== shapeOf(view).join()) return false;
    const host = backend as WebGpuBackend;
    if (stateOf(host).form === null) return false;
    // Where integers are cast to floats, tfjs keeps the integers and reads them otherwise.
    if (!Object.values(tensors).every(({ dataId }) => host.tensorMap.get(dataId)?.dtype === 'float32')) return false;
    expectBindable(Object.values(tensors), host.device.limits);
    return true;
  };

const kernel = <N extends KernelName>(run: Run<N>, shapeOf = savedShape): BackendKernel<N> => ({
  accepts: accepts(shapeOf),
  run,
});

/** The kernels of the webgpu backend: shaders of our own among tfjs's. */
export const webgpuKernels: BackendKernels = {
  Normalize: kernel<'Normalize'>(Normalize),
  NormalizeGrad: kernel<'NormalizeGrad'>(NormalizeGrad),
  Moments: kernel<'Moments'>(Moments),
  MomentsGrad: kernel<'MomentsGrad'>(MomentsGrad),
  ApplyStatistics: kernel<'ApplyStatistics'>(ApplyStatistics),
  ApplyStatisticsGrad: kernel<'ApplyStatisticsGrad'>(ApplyStatisticsGrad),
  Mixture: {
    // What is given is not told once more: that would be a ninth tensor in a shader.
    accepts: (inputs, attrs, host) =>
      !(inputs.memoryMean && attrs.keep === 'moments') && accepts(savedMixture)(inputs, attrs, host),
    run: Mixture,
  },
  MixtureGrad: kernel<'MixtureGrad'>(MixtureGrad, savedMixture),
};
