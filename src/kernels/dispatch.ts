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
  type ComposedName,
  type KernelName,
  type Kernels,
  MIXED_BY,
  type MixtureAttrs,
  mixtureName,
  registeredName,
  type SlabView,
} from './contract.js';
import { cpuKernels } from './cpu/index.js';
import { answersForEmpty } from './empty.js';
import { tensorflowKernels } from './tensorflow/kernels.js';
import { wasmKernels } from './wasm/kernels.js';
import { webglKernels } from './webgl/kernels.js';
import { webgpuKernels } from './webgpu/kernels.js';

type Inputs<N extends KernelName> = Parameters<Kernels[N]>[0];
type Attrs<N extends KernelName> = Parameters<Kernels[N]>[1];
/** Of which inputs γ and β can be absent, so that each set needs a name of its own. */
const WITH_AFFINE: readonly ComposedName[] = ['Normalize', 'ApplyStatistics'];

const provided = new Map<string, BackendKernels>([
  ['cpu', cpuKernels],
  ['wasm', wasmKernels],
  ['tensorflow', tensorflowKernels],
  ['webgl', webglKernels],
  ['webgpu', webgpuKernels],
]);

/**
 * Gives a backend kernels of its own, and answers with those it had. They are used from the next call on; what they
 * lack or decline is composed.
 */
export function provideKernels(backendName: string, kernels: BackendKernels): BackendKernels {
  const former = provided.get(backendName) ?? {};
  provided.set(backendName, kernels);
  installed.delete(backendName); // names that only an own kernel has may be missing
  return former;
}

interface Request {
  readonly keep?: 'none' | 'saved' | 'moments';
  readonly affine?: boolean;
}

/** The number of outputs a call asks for; the answers for an empty tensor hold all there can be. */
function wanted(kernel: ComposedName, attrs: Request): number {
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

/** A backend's own kernel, where it has one that takes the case. */
function own<N extends KernelName>(
  kernel: N,
  backendName: string,
  inputs: Inputs<N>,
  attrs: Attrs<N>,
  backend: unknown,
) {
  const found = provided.get(backendName)?.[kernel] as BackendKernel<N> | undefined;
  return found && (found.accepts?.(inputs, attrs, backend) ?? true) ? found : undefined;
}

/** One kernel on one backend: its own where it has one that takes the case, else the composed one. */
function implementation<N extends ComposedName>(kernel: N, backendName: string): tf.KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const given = inputs as unknown as Inputs<N>;
    const options = attrs as unknown as Attrs<N>;
    if (given.x.size === 0) {
      return tf.tidy(() =>
        answersForEmpty(kernel, given.x, options.view as SlabView).slice(0, wanted(kernel, options as Request)),
      );
    }
    const kernelOfBackend = own(kernel, backendName, given, options, backend);
    if (kernelOfBackend) return kernelOfBackend.run(given, options, backend);
    const compose = composed[kernel] as unknown as (inputs: Inputs<N>, attrs: Attrs<N>) => tf.Tensor[];
    return tf.tidy(() => compose(given, options));
  };
}

/** One that only a backend's own kernel can do: whoever runs it has asked {@link offers}. */
function ownImplementation<N extends KernelName>(kernel: N, backendName: string): tf.KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const found = provided.get(backendName)?.[kernel] as BackendKernel<N>;
    return found.run(inputs as unknown as Inputs<N>, attrs as unknown as Attrs<N>, backend);
  };
}

/** Whether the backend of the moment has a kernel of its own for a case. */
export function offers<N extends KernelName>(kernel: N, inputs: Inputs<N>, attrs: Attrs<N>): boolean {
  return own(kernel, tf.getBackend(), inputs, attrs, tf.backend()) !== undefined;
}

/**
 * Registers the kernels for a backend the first time it is used: importing the package touches no registry, and a
 * backend registered later, or under another name, is served alike. A second copy of the package finds the names taken
 * and uses what is there.
 */
function install(backendName: string): void {
  const register = (kernelName: string, kernelFunc: tf.KernelFunc) => {
    if (!tf.getKernel(kernelName, backendName)) tf.registerKernel({ kernelName, backendName, kernelFunc });
  };
  for (const kernel of Object.keys(composed) as ComposedName[]) {
    for (const set of WITH_AFFINE.includes(kernel) ? AFFINE_SETS : (['none'] as const)) {
      register(registeredName(kernel, set), implementation(kernel, backendName));
    }
  }
  // Only where there is one: a second copy of the package may have it.
  if (!provided.get(backendName)?.Mixture) return;
  for (const name of mixtureNames()) register(name, ownImplementation('Mixture', backendName));
  register(registeredName('MixtureGrad'), ownImplementation('MixtureGrad', backendName));
}

function mixtureNames(): string[] {
  const ways = Object.keys(MIXED_BY) as (keyof typeof MIXED_BY)[];
  return ways.flatMap((by) =>
    [false, true].flatMap((hasMemory) => AFFINE_SETS.map((set) => mixtureName(by, hasMemory, set))),
  );
}

const installed = new Set<string>();

/** The registered names, by kernel and set of optional inputs. */
const NAMES = Object.fromEntries(
  (Object.keys(composed) as ComposedName[]).map((kernel) => [
    kernel,
    Object.fromEntries(AFFINE_SETS.map((set) => [set, registeredName(kernel, set)])),
  ]),
) as Readonly<Record<ComposedName, Readonly<Record<AffineSet, string>>>>;

function runNamed(name: string, inputs: object, attrs: object): tf.Tensor[] {
  const backendName = tf.getBackend();
  if (!installed.has(backendName)) {
    install(backendName);
    installed.add(backendName);
  }
  const engine = tf.engine();
  const whileRecording = engine.isTapeOn() ? provided.get(backendName)?.whileRecording : undefined;
  return whileRecording ? whileRecording(() => runOn(engine, name, inputs, attrs)) : runOn(engine, name, inputs, attrs);
}

function runOn(engine: ReturnType<typeof tf.engine>, name: string, inputs: object, attrs: object): tf.Tensor[] {
  return engine.runKernel(name, inputs as tf.NamedTensorMap, asAttrs(attrs)) as unknown as tf.Tensor[];
}

/** Runs a kernel on the backend of the moment. */
export function run<N extends ComposedName>(kernel: N, inputs: Inputs<N>, attrs: Attrs<N>): tf.Tensor[] {
  return runNamed(NAMES[kernel][WITH_AFFINE.includes(kernel) ? affineSet(inputs as Affine) : 'none'], inputs, attrs);
}

/** Runs a mixture, or its gradient, on a backend that {@link offers} it. */
export function runMixture(inputs: Inputs<'Mixture'>, attrs: MixtureAttrs): tf.Tensor[] {
  return runNamed(mixtureName(attrs.by, inputs.memoryMean !== undefined, affineSet(inputs)), inputs, attrs);
}

export function runMixtureGrad(inputs: Inputs<'MixtureGrad'>, attrs: Attrs<'MixtureGrad'>): tf.Tensor[] {
  return runNamed(registeredName('MixtureGrad'), inputs, attrs);
}
