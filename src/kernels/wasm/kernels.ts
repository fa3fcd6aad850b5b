import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import type { BackendKernel, BackendKernels, KernelName, SlabView } from '../contract.js';
import { type Functions, functionsOf, type WasmBackend } from './module.js';
import { withScratch } from './scratch.js';
import { kindOf, SCRATCH, SIZES } from './slab.js';

/** A call's backend: its functions, and addresses of tensors (0 for one that is absent). */
interface Memory {
  readonly functions: Functions;
  at(info: TensorInfo | undefined): number;
  output(shape: readonly number[]): TensorInfo;
}

function memoryOf(backend: WasmBackend): Memory {
  return {
    functions: functionsOf(backend) as Functions,
    at: (info) => (info ? (backend.dataIdMap.get(info.dataId)?.memoryOffset as number) : 0),
    output: (shape) => backend.makeOutput(shape, 'float32'),
  };
}

/** c, e and r of every set: the mean rounded to float, what the rounding left, 1/deviation. */
const savedShape = ({ B, G }: SlabView) => [3, B * G];
const momentsShape = ({ B, G }: SlabView) => [B, G];
const parameterShape = ({ G, K }: SlabView) => [G * K];

const NORMALIZE = { rows: 'normalizeRows', lanes: 'normalizeLanes', runs: 'normalizeRuns' } as const;
const APPLY = { rows: 'applyRows', lanes: 'applyLaneSets', runs: 'applyRuns' } as const;
const GRADIENT = { rows: 'rowsGradient', lanes: 'lanesGradient', runs: 'runsGradient' } as const;

type Run<N extends KernelName> = (...args: Parameters<BackendKernel<N>['run']>) => TensorInfo[];

const Normalize: Run<'Normalize'> = ({ x, gamma, beta }, { view, epsilon, center, keep }, backend) => {
  const { functions, at, output } = memoryOf(backend as WasmBackend);
  const kind = kindOf(view);
  const y = output(x.shape);
  const saved = keep === 'none' ? [] : [output(savedShape(view))];
  const moments = keep === 'moments' ? [output(momentsShape(view)), output(momentsShape(view))] : [];
  const outputs = [y, ...saved, ...moments];
  withScratch(backend as WasmBackend, SCRATCH[kind](view), (scratch) => {
    const statistics = [at(saved[0]), at(moments[0]), at(moments[1]), scratch];
    const given = [at(x), at(y), at(gamma), at(beta)];
    functions[NORMALIZE[kind]](...given, ...SIZES[kind](view), epsilon, Number(center), ...statistics);
  });
  return outputs;
};

const Moments: Run<'Moments'> = ({ x }, { view, center, keep }, backend) => {
  const { functions, at, output } = memoryOf(backend as WasmBackend);
  const kind = kindOf(view);
  const [mean, variance] = [output(momentsShape(view)), output(momentsShape(view))];
  const saved = keep === 'saved' ? [output(savedShape(view))] : [];
  withScratch(backend as WasmBackend, SCRATCH[kind](view), (scratch) => {
    const statistics = [at(saved[0]), at(mean), at(variance), scratch];
    functions[NORMALIZE[kind]](at(x), 0, 0, 0, ...SIZES[kind](view), 0, Number(center), ...statistics);
  });
  return [mean, variance, ...saved];
};

const ApplyStatistics: Run<'ApplyStatistics'> = ({ x, mean, variance, gamma, beta }, { view, epsilon }, backend) => {
  const { functions, at, output } = memoryOf(backend as WasmBackend);
  const kind = kindOf(view);
  const y = output(x.shape);
  const sets = view.B * view.G;
  withScratch(backend as WasmBackend, SCRATCH[kind](view) + 12 * sets, (saved) => {
    functions.givenStatistics(at(mean), at(variance), sets, epsilon, saved);
    const given = [at(x), at(y), at(gamma), at(beta), ...SIZES[kind](view), saved];
    functions[APPLY[kind]](...given, ...(kind === 'lanes' ? [0] : []), saved + 12 * sets);
  });
  return [y];
};

interface Gradient {
  readonly x: Tensor;
  readonly dy: Tensor;
  readonly gamma?: Tensor;
}

/** What both gradients share: outputs, and the call. */
function gradientOf(
  memory: Memory,
  { x, dy, gamma }: Gradient,
  options: { view: SlabView; center: boolean; affine: boolean },
  statistics: readonly TensorInfo[],
  call: { saved: number; scratch: number },
): TensorInfo[] {
  const { functions, at, output } = memory;
  const { view, center, affine } = options;
  const kind = kindOf(view);
  const dx = output(x.shape);
  const parameters = affine ? [output(parameterShape(view)), output(parameterShape(view))] : [];
  const given = [at(x), at(dy), at(gamma), ...SIZES[kind](view), call.saved, Number(center)];
  const wanted = [at(dx), at(parameters[0]), at(parameters[1]), at(statistics[0]), at(statistics[1]), call.scratch];
  functions[GRADIENT[kind]](...given, ...wanted);
  return [dx, ...statistics, ...parameters];
}

const NormalizeGrad: Run<'NormalizeGrad'> = ({ saved, ...inputs }, { view, center, affine }, backend) => {
  const memory = memoryOf(backend as WasmBackend);
  let outputs: TensorInfo[] = [];
  withScratch(backend as WasmBackend, SCRATCH[kindOf(view)](view), (scratch) => {
    outputs = gradientOf(memory, inputs, { view, center, affine }, [], { saved: memory.at(saved), scratch });
  });
  return outputs;
};

const ApplyStatisticsGrad: Run<'ApplyStatisticsGrad'> = (inputs, { view, epsilon, affine }, backend) => {
  const memory = memoryOf(backend as WasmBackend);
  const { functions, at, output } = memory;
  const sets = view.B * view.G;
  const statistics = [output(momentsShape(view)), output(momentsShape(view))];
  let outputs: TensorInfo[] = [];
  withScratch(backend as WasmBackend, SCRATCH[kindOf(view)](view) + 12 * sets, (saved) => {
    functions.givenStatistics(at(inputs.mean), at(inputs.variance), sets, epsilon, saved);
    const call = { saved, scratch: saved + 12 * sets };
    outputs = gradientOf(memory, inputs, { view, center: true, affine }, statistics, call);
  });
  return outputs;
};

const MomentsGrad: Run<'MomentsGrad'> = ({ x, dmean, dvariance, saved }, { view, center }, backend) => {
  const { functions, at, output } = memoryOf(backend as WasmBackend);
  const { B, S, G, K, T } = view;
  const dx = output(x.shape);
  const sets = B * G;
  withScratch(backend as WasmBackend, SCRATCH[kindOf(view)](view) + 16 * sets, (values) => {
    functions.momentsCoefficients(at(saved), at(dmean), at(dvariance), sets, S * K * T, Number(center), values);
    if (kindOf(view) === 'lanes') {
      functions.applyLaneSets(at(x), at(dx), 0, 0, B, S, G, K, values, values + 12 * sets, values + 16 * sets);
    } else {
      functions.affineSets(at(x), at(dx), B, S, G, K * T, values);
    }
  });
  return [dx];
};

/** Whether the kernels can run, and every input is what they read. */
function accepts(inputs: object, _: unknown, backend: unknown): boolean {
  if (functionsOf(backend as WasmBackend) === null) return false;
  return Object.values(inputs as Record<string, Tensor>).every(({ dtype }) => dtype === 'float32');
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
