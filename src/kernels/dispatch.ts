import * as tf from '@tensorflow/tfjs-core';
import { composed } from './composed.js';
import {
  AFFINE_SETS,
  type Affine,
  type AffineSet,
  affineSet,
  asAttrs,
  type BackendKernel,
  type BackendKernels,
  type KernelName,
  type Kernels,
  type Mix,
  registeredName,
  type SlabView,
} from './contract.js';
import { cpuKernels } from './cpu/index.js';
import { answersForEmpty } from './empty.js';
import { wasmKernels } from './wasm/kernels.js';
import { webgpuKernels } from './webgpu/kernels.js';

type Inputs<N extends KernelName> = Parameters<Kernels[N]>[0];
type Attrs<N extends KernelName> = Parameters<Kernels[N]>[1];
/** Of which inputs γ and β can be absent, so that each set needs a name of its own. */
const WITH_AFFINE: readonly KernelName[] = ['Normalize', 'ApplyStatistics'];

const provided = new Map<string, BackendKernels>([
  ['cpu', cpuKernels],
  ['wasm', wasmKernels],
  ['webgpu', webgpuKernels],
]);

/** Gives a backend kernels of its own. They are used from the next call on; what they lack or decline is composed. */
export function provideKernels(backendName: string, kernels: BackendKernels): void {
  provided.set(backendName, kernels);
}

interface Request {
  readonly keep?: 'none' | 'saved' | 'moments';
  readonly affine?: boolean;
}

/** The backend's own mixture of statistics, if it has one. */
export function providedMix(): Mix | undefined {
  return provided.get(tf.getBackend())?.MixStatistics;
}

/** The number of outputs a call asks for; the answers for an empty tensor hold all there can be. */
function wanted(kernel: KernelName, attrs: Request): number {
  switch (kernel) {
    case 'Normalize':
      return { none: 1, saved: 2, moments: 4 }[attrs.keep ?? 'none'];
    case 'NormalizeGrad':
      return attrs.affine ? 3 : 1;
    case 'Moments':
      return attrs.keep === 'saved' ? 3 : 2;
    case 'ApplyStatisticsGrad':
      return attrs.affine ? 5 : 3;
    default:
      return 1;
  }
}

/** One kernel on one backend: its own where it has one that takes the case, else the composed one. */
function implementation<N extends KernelName>(kernel: N, backendName: string): tf.KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const given = inputs as unknown as Inputs<N>;
    const options = attrs as unknown as Attrs<N>;
    if (given.x.size === 0) {
      return tf.tidy(() =>
        answersForEmpty(kernel, given.x, options.view as SlabView).slice(0, wanted(kernel, options as Request)),
      );
    }
    const own = provided.get(backendName)?.[kernel] as BackendKernel<N> | undefined;
    if (own && (own.accepts?.(given, options, backend) ?? true)) return own.run(given, options, backend);
    const compose = composed[kernel] as unknown as (inputs: Inputs<N>, attrs: Attrs<N>) => tf.Tensor[];
    return tf.tidy(() => compose(given, options));
  };
}

/**
 * Registers the kernels for a backend the first time it is used: importing the package touches no registry, and a
 * backend registered later, or under another name, is served alike. A second copy of the package finds the names taken
 * and uses what is there.
 */
function install(backendName: string): void {
  for (const kernel of Object.keys(composed) as KernelName[]) {
    for (const set of WITH_AFFINE.includes(kernel) ? AFFINE_SETS : (['none'] as const)) {
      const kernelName = registeredName(kernel, set);
      if (tf.getKernel(kernelName, backendName)) continue;
      tf.registerKernel({ kernelName, backendName, kernelFunc: implementation(kernel, backendName) });
    }
  }
}

const installed = new Set<string>();

/** The registered names, by kernel and set of optional inputs. */
const NAMES = Object.fromEntries(
  (Object.keys(composed) as KernelName[]).map((kernel) => [
    kernel,
    Object.fromEntries(AFFINE_SETS.map((set) => [set, registeredName(kernel, set)])),
  ]),
) as Readonly<Record<KernelName, Readonly<Record<AffineSet, string>>>>;

/** Runs a kernel on the backend of the moment. */
export function run<N extends KernelName>(kernel: N, inputs: Inputs<N>, attrs: Attrs<N>): tf.Tensor[] {
  const backendName = tf.getBackend();
  if (!installed.has(backendName)) {
    install(backendName);
    installed.add(backendName);
  }
  const name = NAMES[kernel][WITH_AFFINE.includes(kernel) ? affineSet(inputs as Affine) : 'none'];
  return tf.engine().runKernel(name, inputs as unknown as tf.NamedTensorMap, asAttrs(attrs)) as unknown as tf.Tensor[];
}
