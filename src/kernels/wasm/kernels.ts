import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import type { BackendKernel, BackendKernels, KernelName, SlabView } from '../contract.js';
import { type Functions, functionsOf, type WasmBackend } from './module.js';
import { release, scratch } from './scratch.js';
import { applyAt, gradientAt, kindOf, normalizeAt, scratchBytes } from './slab.js';

/** The address of a tensor, 0 for one that is absent. */
function at({ dataIdMap }: WasmBackend, info: TensorInfo | undefined): number {
  return info ? (dataIdMap.get(info.dataId)?.memoryOffset as number) : 0;
}

/** Runs functions of the module with scratch in the backend's memory. */
function withScratch(host: WasmBackend, bytes: number, run: (functions: Functions, address: number) => void): void {
  const address = scratch(host, bytes);
  try {
    run(functionsOf(host) as Functions, address);
  } finally {
    release(host, bytes, address);
  }
}

/** c, e and r of every set: the mean rounded to float, what the rounding left, 1/deviation. */
const savedShape = ({ B, G }: SlabView) => [3, B * G];
const momentsShape = ({ B, G }: SlabView) => [B, G];
const parameterShape = ({ G, K }: SlabView) => [G * K];

type Run<N extends KernelName> = (...args: Parameters<BackendKernel<N>['run']>) => TensorInfo[];

const Normalize: Run<'Normalize'> = ({ x, gamma, beta }, { view, epsilon, center, keep }, backend) => {
  const host = backend as WasmBackend;
  const outputs = [host.makeOutput(x.shape, 'float32')];
  if (keep !== 'none') outputs.push(host.makeOutput(savedShape(view), 'float32'));
  if (keep === 'moments') for (let i = 0; i < 2; i++) outputs.push(host.makeOutput(momentsShape(view), 'float32'));
  withScratch(host, scratchBytes(view, false), (functions, address) => {
    const given = { x: at(host, x), y: at(host, outputs[0]), gamma: at(host, gamma), beta: at(host, beta) };
    const [saved, mean, variance] = [at(host, outputs[1]), at(host, outputs[2]), at(host, outputs[3])];
    normalizeAt(functions, view, given, epsilon, center, { saved, mean, variance, scratch: address });
  });
  return outputs;
};

const Moments: Run<'Moments'> = ({ x }, { view, center, keep }, backend) => {
  const host = backend as WasmBackend;
  const outputs = [0, 1].map(() => host.makeOutput(momentsShape(view), 'float32'));
  if (keep === 'saved') outputs.push(host.makeOutput(savedShape(view), 'float32'));
  withScratch(host, scratchBytes(view, false), (functions, address) => {
    const [mean, variance, saved] = [at(host, outputs[0]), at(host, outputs[1]), at(host, outputs[2])];
    const given = { x: at(host, x), y: 0, gamma: 0, beta: 0 };
    normalizeAt(functions, view, given, 0, center, { saved, mean, variance, scratch: address });
  });
  return outputs;
};

const ApplyStatistics: Run<'ApplyStatistics'> = ({ x, mean, variance, gamma, beta }, { view, epsilon }, backend) => {
  const host = backend as WasmBackend;
  const y = host.makeOutput(x.shape, 'float32');
  const sets = view.B * view.G;
  withScratch(host, scratchBytes(view, false) + 12 * sets, (functions, saved) => {
    functions.givenStatistics(at(host, mean), at(host, variance), sets, epsilon, saved);
    const given = { x: at(host, x), y: at(host, y), gamma: at(host, gamma), beta: at(host, beta) };
    applyAt(functions, view, given, saved, saved + 12 * sets);
  });
  return [y];
};

/** Outputs of both gradients: dx, those of given statistics, dγ and dβ where asked. */
function gradients(host: WasmBackend, x: TensorInfo, view: SlabView, wanted: { affine: boolean; given: boolean }) {
  const make = (shape: readonly number[]) => host.makeOutput(shape, 'float32');
  const dx = make(x.shape);
  const statistics = wanted.given ? [make(momentsShape(view)), make(momentsShape(view))] : [];
  const parameters = wanted.affine ? [make(parameterShape(view)), make(parameterShape(view))] : [];
  const addresses = {
    dx: at(host, dx),
    dgamma: at(host, parameters[0]),
    dbeta: at(host, parameters[1]),
    dmean: at(host, statistics[0]),
    dvariance: at(host, statistics[1]),
  };
  return { outputs: [dx, ...statistics, ...parameters], addresses };
}

const NormalizeGrad: Run<'NormalizeGrad'> = ({ x, dy, gamma, saved }, { view, center, affine }, backend) => {
  const host = backend as WasmBackend;
  const { outputs, addresses } = gradients(host, x, view, { affine, given: false });
  withScratch(host, scratchBytes(view, true), (functions, address) => {
    const given = { x: at(host, x), dy: at(host, dy), gamma: at(host, gamma), saved: at(host, saved) };
    gradientAt(functions, view, { ...given, ...addresses }, center, address);
  });
  return outputs;
};

const ApplyStatisticsGrad: Run<'ApplyStatisticsGrad'> = (inputs, { view, epsilon, affine }, backend) => {
  const host = backend as WasmBackend;
  const { x, dy, mean, variance, gamma } = inputs;
  const sets = view.B * view.G;
  const { outputs, addresses } = gradients(host, x, view, { affine, given: true });
  withScratch(host, scratchBytes(view, true) + 12 * sets, (functions, saved) => {
    functions.givenStatistics(at(host, mean), at(host, variance), sets, epsilon, saved);
    const given = { x: at(host, x), dy: at(host, dy), gamma: at(host, gamma), saved };
    gradientAt(functions, view, { ...given, ...addresses }, true, saved + 12 * sets);
  });
  return outputs;
};

const MomentsGrad: Run<'MomentsGrad'> = ({ x, dmean, dvariance, saved }, { view, center }, backend) => {
  const host = backend as WasmBackend;
  const { B, S, G, K, T } = view;
  const dx = host.makeOutput(x.shape, 'float32');
  const sets = B * G;
  withScratch(host, scratchBytes(view, false) + 16 * sets, (functions, values) => {
    const [from, to] = [at(host, x), at(host, dx)];
    const c = Number(center);
    functions.momentsCoefficients(at(host, saved), at(host, dmean), at(host, dvariance), sets, S * K * T, c, values);
    if (kindOf(view) === 'lanes') {
      functions.applyLaneSets(from, to, 0, 0, B, S, G, K, values, values + 12 * sets, values + 16 * sets);
    } else {
      functions.affineSets(from, to, B, S, G, K * T, values);
    }
  });
  return [dx];
};

/** Scratch beyond this is more than the work is worth: the composed kernels do without. */
const MOST_SCRATCH = 1 << 28;

/** Whether the kernels can run, and every input is what they read: `saved` too, which another kernel may have written. */
function accepts(inputs: object, { view }: { view: SlabView }, backend: unknown): boolean {
  const tensors = inputs as Record<string, Tensor>;
  if (tensors.saved && (tensors.saved.shape.length !== 2 || tensors.saved.shape[0] !== 3)) return false;
  if (scratchBytes(view, true) > MOST_SCRATCH) return false;
  for (const name in tensors) if (tensors[name]?.dtype !== 'float32') return false;
  return functionsOf(backend as WasmBackend) !== null;
}

const kernel = <N extends KernelName>(run: Run<N>): BackendKernel<N> => ({ accepts, run });

export const wasmKernels: BackendKernels = {
  Normalize: kernel<'Normalize'>(Normalize),
  NormalizeGrad: kernel<'NormalizeGrad'>(NormalizeGrad),
  Moments: kernel<'Moments'>(Moments),
  MomentsGrad: kernel<'MomentsGrad'>(MomentsGrad),
  ApplyStatistics: kernel<'ApplyStatistics'>(ApplyStatistics),
  ApplyStatisticsGrad: kernel<'ApplyStatisticsGrad'>(ApplyStatisticsGrad),
};
