import { getKernel, type KernelConfig, registerKernel, type TensorInfo, unregisterKernel } from '@tensorflow/tfjs-core';

const NAME = 'Identity';
const BACKEND = 'wasm';

interface Counting {
  incRef(dataId: object): void;
}

/** A second owner of the same memory, as the host's own Reshape on wasm and Identity on every other backend make. */
const ALIAS: KernelConfig = {
  kernelName: NAME,
  backendName: BACKEND,
  kernelFunc: ({ inputs, backend }) => {
    const { dataId, shape, dtype } = inputs.x as TensorInfo;
    (backend as Counting).incRef(dataId);
    return { dataId, shape, dtype };
  },
};

function replaceWith(kernel: KernelConfig | undefined): void {
  if (getKernel(NAME, BACKEND)) unregisterKernel(NAME, BACKEND);
  if (kernel) registerKernel(kernel);
}

let active = 0;
let stock: KernelConfig | undefined;

/**
 * Lets tfjs's wasm backend keep a tensor for the backward pass without copying it. Its `Identity`, through which every saved tensor
 * goes, allocates and copies; the other backends only count a reference. Results are equal; a training step takes about a quarter less
 * time in normalization, and one input less in memory.
 *
 * Opt-in, since it changes a kernel of the host for everybody. Without the wasm backend it does nothing.
 *
 * @returns The undo. The host's kernel is back when every call is undone.
 *
 * @example
 * ```js
 * const undo = aliasWasmIdentity();
 * // await model.fit(xs, ys);
 * undo();
 * ```
 */
export function aliasWasmIdentity(): () => void {
  const current = getKernel(NAME, BACKEND) as KernelConfig | undefined;
  if (current && current.kernelFunc !== ALIAS.kernelFunc) {
    stock = current;
    replaceWith(ALIAS);
  }
  active++;
  let undone = false;
  return () => {
    if (undone) return;
    undone = true;
    active--;
    // Somebody may have put another kernel in its place since.
    if (active === 0 && getKernel(NAME, BACKEND)?.kernelFunc === ALIAS.kernelFunc) replaceWith(stock);
  };
}
