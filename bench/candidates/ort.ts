/** What the two onnxruntimes share: models, and the marginal cost of a node. */
import { type Case, isRows, sizeOf, slabOf } from '../cases.js';
import type { Data } from '../data.js';
import { type Chain, chainModel, type Op } from '../onnx.js';
import type { Candidate, CandidateName, Problem } from './types.js';

interface OrtTensor {
  readonly data: ArrayLike<number>;
}

interface Session {
  run(feeds: Record<string, OrtTensor>): Promise<Record<string, OrtTensor>>;
  release(): Promise<void>;
}

/** The part of onnxruntime-common's interface that is used here. */
export interface Ort {
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<Session> };
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => OrtTensor;
  readonly env: { readonly wasm: { numThreads?: number }; logLevel?: string };
}

/** More threads spin while others are timed; on two cores that slows everything two to three times. */
const OPTIONS = { intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: 'sequential' };

const OPSET = 23;

/** The op of ONNX, or undefined where it has none or its runtime only infers. */
function opOf({ norm, shape, epsilon, groups, inference }: Case, data: Data): Op | undefined {
  const { gamma, beta, mean, variance } = data;
  const float = { epsilon: { float: epsilon } };
  const axis = shape.length - 1; // the writer knows no negative numbers
  const affine = { gamma, beta };
  if (norm === 'layer') return { type: 'LayerNormalization', attributes: { axis, ...float }, constants: affine };
  if (norm === 'rms') return { type: 'RMSNormalization', attributes: { axis, ...float }, constants: { gamma } };
  if (norm === 'group') {
    return { type: 'GroupNormalization', attributes: { num_groups: groups as number, ...float }, constants: affine };
  }
  if (norm === 'instance') return { type: 'InstanceNormalization', attributes: float, constants: affine };
  if (norm === 'batch' && inference) {
    return { type: 'BatchNormalization', attributes: float, constants: { ...affine, mean, variance } };
  }
  return undefined;
}

/** Channels first, the runtime's native layout, for what has channels. */
function layoutOf(given: Case): { shape: number[]; toOrt: (x: Float32Array) => Float32Array; back: Reader } {
  const { N, S, C } = slabOf(given);
  if (isRows(given)) return { shape: [...given.shape], toOrt: (x) => x, back: (y) => y };
  const move = (from: ArrayLike<number>, rows: number, columns: number) => {
    const to = new Float32Array(sizeOf(given));
    for (let n = 0; n < N; n++) {
      const start = n * S * C;
      for (let r = 0; r < rows; r++) {
        for (let c = 0; c < columns; c++) to[start + c * rows + r] = from[start + r * columns + c] as number;
      }
    }
    return to;
  };
  const shape = [N, C, ...given.shape.slice(1, -1)];
  return { shape, toOrt: (x) => move(x, S, C), back: (y) => move(y, C, S) };
}

type Reader = (y: ArrayLike<number>) => ArrayLike<number>;

/** Long enough that the nodes outweigh the call, short enough to end. */
function chainLength(given: Case): number {
  const size = sizeOf(given);
  if (size < 1e5) return 129;
  return size < 1e7 ? 9 : 5;
}

/**
 * A chain of k nodes less a chain of one: without the cost of the call, of copying x in and of a fresh result, so the
 * kindest measure there is of the runtime. Its γ is close to 1: γ to the power of 129 makes denormal numbers,
 * which took ten times as long.
 */
export async function ortCandidate(name: CandidateName, ort: Ort, problem: Problem): Promise<Candidate | undefined> {
  const { given, data, pass } = problem;
  const op = pass === 'forward' ? opOf(given, data) : undefined;
  const mild = opOf(given, { ...data, gamma: data.gamma.map((value) => 1 + (value - 1) / 100) });
  if (!op || !mild) return undefined;
  const { shape, toOrt, back } = layoutOf(given);
  const session = (chain: Pick<Chain, 'op' | 'length' | 'oneElement'>) =>
    ort.InferenceSession.create(chainModel({ ...chain, shape, opset: OPSET }), OPTIONS);
  const length = chainLength(given);
  const timed = { op: mild, oneElement: true };
  const [long, short] = [await session({ ...timed, length }), await session({ ...timed, length: 1 })];
  const feeds = { x: new ort.Tensor('float32', toOrt(data.x), shape) };
  return {
    name,
    asynchronous: true,
    run: () => long.run(feeds),
    less: { run: () => short.run(feeds), units: length - 1 },
    async results() {
      const whole = await session({ op, length: 1, oneElement: false });
      const { y } = await whole.run(feeds);
      const values = Float32Array.from(back((y as OrtTensor).data));
      await whole.release();
      return { y: values };
    },
    dispose: async () => {
      await long.release();
      await short.release();
    },
    note: `marginal cost of a node, ${isRows(given) ? 'same layout' : 'channels first'}`,
  };
}
