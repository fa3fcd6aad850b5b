import { type Case, isRows, slabOf } from '../cases.js';
import { parametersOf } from '../data.js';
import type { Results } from '../float64.js';
import { importPeer, notInstalled } from './peer.js';
import type { Absent, Candidate, Problem } from './types.js';

/** An array of jax-js. Every use takes it away (`ref` keeps one more), as in Rust. */
interface Arr {
  readonly ref: Arr;
  add(other: Arr | number): Arr;
  sub(other: Arr | number): Arr;
  mul(other: Arr | number): Arr;
  div(other: Arr | number): Arr;
  reshape(shape: readonly number[]): Arr;
  data(): Promise<Float32Array>;
  dispose(): void;
}

type Axes = number | readonly number[];
type Compiled = ((...inputs: Arr[]) => Arr[]) & { dispose(): void };

/** The part of jax-js's interface that is used here. */
interface Jax {
  readonly numpy: {
    array(values: Float32Array, options: { shape: readonly number[]; dtype: 'float32' }): Arr;
    mean(x: Arr, axis: Axes, options: { keepdims: boolean }): Arr;
    square(x: Arr): Arr;
    sqrt(x: Arr): Arr;
  };
  init(device: 'wasm'): Promise<string[]>;
  defaultDevice(device: 'wasm'): string;
  jit(f: (...inputs: Arr[]) => Arr[]): Compiled;
  vjp(f: (...inputs: Arr[]) => Arr, primals: Arr[]): [Arr, (dy: Arr) => Arr[]];
  blockUntilReady(arrays: Arr[]): Promise<unknown>;
}

let loading: Promise<Jax | undefined> | undefined;

/**
 * Where there is a `Worker`, jax-js shares its memory with one. The glue of tfjs-wasm and of onnxruntime-web leaves one
 * in Node that is not the browser's; that of onnxruntime-web even after jax-js has made a memory of the other kind.
 */
const forgetWorker = () => Reflect.deleteProperty(globalThis, 'Worker');

async function load(): Promise<Jax | undefined> {
  const jax = await importPeer<Jax>('@jax-js/jax');
  if (!jax) return undefined;
  await jax.init('wasm');
  jax.defaultDevice('wasm');
  return jax;
}

/** x with its statistics apart, and the axes they are over; channels last, as we have them. */
function layoutOf(given: Case): { shape: number[]; axes: number[] } {
  const { N, S, C } = slabOf(given);
  const shapes: Partial<Record<Case['norm'], { shape: number[]; axes: number[] }>> = {
    group: { shape: [N, S, given.groups ?? 1, C / (given.groups ?? 1)], axes: [1, 3] },
    instance: { shape: [N, S, C], axes: [1] },
    batch: { shape: [N * S, C], axes: [0] },
  };
  return shapes[given.norm] ?? { shape: [N * S, C], axes: [1] };
}

function forwardOf({ numpy: np }: Jax, given: Case): (...inputs: Arr[]) => Arr {
  const { shape, axes } = layoutOf(given);
  const flat = slabOf(given);
  const rows = [flat.N * flat.S, flat.C];
  const over = { keepdims: true };
  return (x, gamma, beta) => {
    const slab = (x as Arr).reshape(shape);
    const centred = given.norm === 'rms' ? slab : slab.ref.sub(np.mean(slab, axes, over));
    const variance = np.mean(np.square(centred.ref), axes, over);
    const scaled = centred
      .div(np.sqrt(variance.add(given.epsilon)))
      .reshape(rows)
      .mul(gamma as Arr);
    return beta ? scaled.add(beta) : scaled;
  };
}

/** Mixtures are left out: nobody has written them for jax-js, and a version of ours would say little of it. */
const canDo = (given: Case) =>
  isRows(given) || given.norm === 'group' || given.norm === 'instance' || given.norm === 'batch';

export async function jaxCandidate(problem: Problem): Promise<Candidate | Absent | undefined> {
  const { given, data, pass } = problem;
  if (!canDo(given) || given.inference) return undefined;
  forgetWorker();
  loading ??= load();
  const jax = await loading;
  if (!jax) return notInstalled('jax-js');
  const { N, S, C } = slabOf(given);
  const array = (values: Float32Array, shape: readonly number[]) =>
    jax.numpy.array(values, { shape, dtype: 'float32' });
  const parameters = parametersOf(given).map((name) => array(data[name], [C]));
  const inputs = [array(data.x, given.shape), ...parameters];
  const forward = forwardOf(jax, given);
  const both = (dy: Arr, ...primals: Arr[]) => {
    const [y, back] = jax.vjp(forward, primals);
    return [y, ...back(dy)];
  };
  const forwardOnly = pass === 'forward';
  const compiled = jax.jit(
    forwardOnly ? (...given: Arr[]) => [forward(...given)] : (dy, ...rest) => both(dy as Arr, ...rest),
  );
  const all = forwardOnly ? inputs : [array(data.dy, [N * S, C]), ...inputs];
  const compute = async () => {
    const found = compiled(...all.map((input) => input.ref));
    await jax.blockUntilReady(found);
    return found;
  };
  return {
    name: 'jax-js',
    asynchronous: true,
    async run() {
      for (const found of await compute()) found.dispose();
    },
    async results() {
      const names = ['y', 'dx', 'dgamma', 'dbeta'];
      const found = await compute();
      const read = await Promise.all(found.map(async (t, i) => [names[i], await t.data()]));
      return Object.fromEntries(read) as Results;
    },
    dispose() {
      for (const input of all) input.dispose();
      compiled.dispose();
    },
    note: 'wasm, jit',
  };
}
