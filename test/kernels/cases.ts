import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import type { BackendKernel, KernelName, Kernels, SlabView } from '../../src/kernels/contract.js';
import { cpuKernels } from '../../src/kernels/cpu/index.js';
import { normal, random } from '../suites/harness.js';
import { type Case, eachElement, sizeOf } from './reference.js';

const LENGTHS = [1, 2, 3, 5, 7, 8, 16, 33] as const;
/** Below the size from which the cpu backend brings arrays to the wasm kernels. */
const LIMIT = 16_000;

/** Every way through the loops, then views by chance. */
const WAYS: readonly SlabView[] = [
  { B: 5, S: 1, G: 1, K: 33, T: 1 }, // rows
  { B: 3, S: 1, G: 7, K: 5, T: 1 }, // rows of groups
  { B: 3, S: 1, G: 33, K: 1, T: 1 }, // sets of one value
  { B: 3, S: 16, G: 1, K: 8, T: 1 }, // one group, channels last
  { B: 3, S: 16, G: 8, K: 5, T: 1 }, // channels last
  { B: 2, S: 700, G: 3, K: 3, T: 1 }, // several blocks of rows
  { B: 1, S: 33, G: 33, K: 1, T: 1 }, // batch, channels last
  { B: 2, S: 7, G: 2, K: 33, T: 1 }, // long rows of lanes
  { B: 3, S: 1, G: 4, K: 3, T: 33 }, // channels first
  { B: 3, S: 1, G: 4, K: 3, T: 2 }, // channels first, short runs
  { B: 1, S: 8, G: 7, K: 1, T: 33 }, // batch, channels first
  { B: 2, S: 5, G: 3, K: 2, T: 3 }, // short runs
  { B: 2, S: 5, G: 3, K: 2, T: 33 }, // long runs
  { B: 2, S: 5, G: 1, K: 1, T: 7 }, // one set a sample
  { B: 10, S: 7, G: 3, K: 2, T: 33 }, // several blocks of samples
];

export function views(count: number, seed: number): SlabView[] {
  const next = random(seed);
  const length = () => LENGTHS[Math.floor(next() * LENGTHS.length)] as number;
  const found = [...WAYS];
  while (found.length < count) {
    const view = { B: length(), S: length(), G: length(), K: length(), T: length() };
    if (sizeOf(view) <= LIMIT) found.push(view);
  }
  return found;
}

export const name = ({ B, S, G, K, T }: SlabView): string => `[${B}, ${S}, ${G}, ${K}, ${T}]`;

/** Values, parameters and options of a view; which ones are there goes by the seed. */
export function makeCase(view: SlabView, seed: number, about: { mean?: number; std?: number } = {}): Case {
  const channels = view.G * view.K;
  const of = (size: number, k: number, mean = 0, std = 1) => normal(size, { mean, std, seed: 10 * seed + k });
  return {
    view,
    x: of(sizeOf(view), 1, about.mean ?? 1.5, about.std ?? 2),
    dy: of(sizeOf(view), 2, 0.3),
    gamma: seed % 2 ? of(channels, 3, 1, 0.5) : undefined,
    beta: seed % 3 ? of(channels, 4, 0.5) : undefined,
    epsilon: seed % 5 === 0 ? 0 : 1e-3,
    center: seed % 4 !== 0,
  };
}

/** x with the values of one set replaced: the same for all, or those of one element only. */
export function withSet(c: Case, at: number, value: number, whole: boolean): Case {
  const x = c.x.slice();
  const sets: number[] = [];
  eachElement(c.view, (i, set) => {
    sets[i] = set;
  });
  for (let i = 0; i < x.length; i++) if (whole ? sets[i] === sets[at] : i === at) x[i] = value;
  return { ...c, x };
}

type Inputs = Readonly<Record<string, tf.Tensor | undefined>>;

/** Runs the backend's kernel, or another's, as the engine does, and reads what it gives. */
export function results<N extends KernelName>(
  kernel: N,
  inputs: Inputs,
  attrs: object,
  run: BackendKernel<N>['run'] = (cpuKernels[kernel] as unknown as BackendKernel<N>).run,
): { values: Float32Array[]; tensors: tf.Tensor[] } {
  const given = Object.fromEntries(Object.entries(inputs).filter(([, t]) => t)) as unknown as Parameters<Kernels[N]>[0];
  const infos = run(given, attrs as Parameters<Kernels[N]>[1], tf.backend());
  const tensors = infos.map((info) =>
    info instanceof tf.Tensor ? info : tf.engine().makeTensorFromTensorInfo(info as tf.TensorInfo),
  );
  return { tensors, values: tensors.map((t) => t.dataSync() as Float32Array) };
}

/** The case as tensors: x as a vector of another rank than the view, γ and β flat. */
export function tensorsOf(c: Case) {
  return {
    x: tf.tensor(c.x, [c.x.length, 1]),
    dy: tf.tensor(c.dy, [c.x.length, 1]),
    gamma: c.gamma && tf.tensor1d(c.gamma),
    beta: c.beta && tf.tensor1d(c.beta),
  };
}

/** The largest size among the values: what an error is measured by where terms cancel. */
export const largest = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((m, v) => Math.max(m, Math.abs(v)), 0);
