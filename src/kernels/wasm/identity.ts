import {
  getKernel,
  type KernelConfig,
  type KernelFunc,
  registerKernel,
  type TensorInfo,
  unregisterKernel,
} from '@tensorflow/tfjs-core';

const NAME = 'Identity';
const BACKEND = 'wasm';

interface Counting {
  incRef(dataId: object): void;
}

/** Stands on the aliasing kernel, so that a second copy of the package finds it and counts along. */
const SHARED = Symbol.for('tfnorm.aliasWasmIdentity');

interface Aliasing {
  readonly stock: KernelConfig;
  /** Calls that are not undone. */
  active: number;
}

const current = () => getKernel(NAME, BACKEND) as KernelConfig | undefined;
const aliasingOf = (kernel: KernelConfig | undefined): Aliasing | undefined =>
  (kernel?.kernelFunc as { [SHARED]?: Aliasing } | undefined)?.[SHARED];

function replaceWith(kernel: KernelConfig): void {
  unregisterKernel(NAME, BACKEND);
  registerKernel(kernel);
}

/** A second owner of the same memory, as the host's own Reshape on wasm and Identity on every other backend make. */
function install(stock: KernelConfig): Aliasing {
  const kernelFunc: KernelFunc = ({ inputs, backend }) => {
    const { dataId, shape, dtype } = inputs.x as TensorInfo;
    (backend as Counting).incRef(dataId);
    return { dataId, shape, dtype };
  };
  const aliasing = { stock, active: 0 };
  replaceWith({
    kernelName: NAME,
    backendName: BACKEND,
    kernelFunc: Object.assign(kernelFunc, { [SHARED]: aliasing }),
  });
  return aliasing;
}

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
  const found = current();
  if (!found) return () => undefined;
  const aliasing = aliasingOf(found) ?? install(found);
  aliasing.active++;
  let undone = false;
  return () => {
    if (undone) return;
    undone = true;
    aliasing.active--;
    // Somebody may have put another kernel in its place since.
    if (aliasing.active === 0 && aliasingOf(current()) === aliasing) replaceWith(aliasing.stock);
  };
}
