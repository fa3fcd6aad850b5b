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
const alias: KernelFunc = ({ inputs, backend }) => {
  const { dataId, shape, dtype } = inputs.x as TensorInfo;
  (backend as Counting).incRef(dataId);
  return { dataId, shape, dtype };
};

const ALIAS: KernelConfig = { kernelName: NAME, backendName: BACKEND, kernelFunc: alias };

/**
 * Runs a kernel of ours while tensors are kept without copies. The host's Identity is back before anything else can run: a kernel and
 * the keeping of its tensors are one synchronous call.
 */
export function whileAliasing<T>(run: () => T): T {
  const stock = current();
  if (!stock || aliasingOf(stock)) return run();
  replaceWith(ALIAS);
  try {
    return run();
  } finally {
    replaceWith(stock);
  }
}

function install(stock: KernelConfig): Aliasing {
  const aliasing = { stock, active: 0 };
  replaceWith({
    kernelName: NAME,
    backendName: BACKEND,
    kernelFunc: Object.assign((...args: Parameters<KernelFunc>) => alias(...args), { [SHARED]: aliasing }),
  });
  return aliasing;
}

/**
 * Lets tfjs's own operations, too, keep tensors on wasm for the backward pass without copying them: this package's do so anyway. The
 * backend's `Identity`, through which every saved tensor and every `clone` goes, allocates and copies; the other backends only count a
 * reference. Results are equal; what a model keeps takes no memory of its own.
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
