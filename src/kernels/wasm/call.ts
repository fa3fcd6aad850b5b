import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import type { BackendKernel, KernelName, SlabView } from '../contract.js';
import { type Functions, functionsOf, type WasmBackend } from './module.js';
import { release, scratch } from './scratch.js';
import { scratchBytes } from './slab.js';

export type Run<N extends KernelName> = (...args: Parameters<BackendKernel<N>['run']>) => TensorInfo[];

/** The address of a tensor, 0 for one that is absent. */
export function at({ dataIdMap }: WasmBackend, info: TensorInfo | undefined): number {
  return info ? (dataIdMap.get(info.dataId)?.memoryOffset as number) : 0;
}

/**
 * Brings tensors that another backend made into the memory, which may grow by it: arrays that are made of the memory afterwards stay
 * attached. Test: "statistics from another backend, for which the memory grows".
 */
export function bringIn(host: WasmBackend, inputs: object): void {
  for (const t of Object.values(inputs) as (TensorInfo | undefined)[]) at(host, t);
}

/**
 * Makes outputs of these shapes and runs functions of the module with scratch in the backend's memory. Where that fails, memory
 * that cannot grow for one, nothing that was made stays.
 */
export function call(
  host: WasmBackend,
  shapes: readonly (readonly number[])[],
  bytes: number,
  run: (functions: Functions, outputs: readonly number[], address: number) => void,
): TensorInfo[] {
  const outputs: TensorInfo[] = [];
  try {
    for (const shape of shapes) outputs.push(host.makeOutput(shape, 'float32'));
    const address = scratch(host, bytes);
    try {
      const addresses = outputs.map((output) => at(host, output));
      run(functionsOf(host) as Functions, addresses, address);
    } finally {
      release(host, bytes, address);
    }
  } catch (error) {
    for (const { dataId } of outputs) host.disposeData(dataId);
    throw error;
  }
  return outputs;
}

/** Scratch beyond this is more than the work is worth: the composed kernels do without. */
const MOST_SCRATCH = 1 << 28;

/**
 * A kernel that takes what it can read: floats, and a `saved` of so many rows (another backend's kernel, or a composed one, may
 * have written it).
 *
 * @param pays Whether it takes less time than composed operations.
 */
export function kernel<N extends KernelName>(
  run: Run<N>,
  savedRows = 0,
  pays: (view: SlabView) => boolean = () => true,
): BackendKernel<N> {
  const accepts = (inputs: object, { view }: { view: SlabView }, backend: unknown) => {
    const tensors = inputs as Record<string, Tensor>;
    if (tensors.saved && (tensors.saved.shape.length !== 2 || tensors.saved.shape[0] !== savedRows)) return false;
    if (scratchBytes(view, true) > MOST_SCRATCH || !pays(view)) return false;
    for (const name in tensors) if (tensors[name]?.dtype !== 'float32') return false;
    return functionsOf(backend as WasmBackend) !== null;
  };
  return { accepts, run };
}
