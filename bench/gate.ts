/**
 * What a test can hold without flaking: kernels dispatched, memory at its highest, distance from float64, and a speed
 * so far from the baseline's that no noise reaches it. Small shapes, no peers, the backend of the moment.
 */
import * as tf from '@tensorflow/tfjs-core';
import { baselineCandidate } from './candidates/baseline.js';
import { findAliasing, ourOp } from './candidates/ours.js';
import { disposeInputs, inputsOf } from './candidates/tensors.js';
import type { Backend, Candidate, Problem } from './candidates/types.js';
import { type Case, type Pass, sizeOf } from './cases.js';
import { clock } from './collect.js';
import { dataOf } from './data.js';
import { reference } from './float64.js';
import { type Costs, measure } from './measure.js';
import { type Entrant, interleave } from './schedule.js';

export interface Check {
  readonly what: string;
  readonly value: number;
  /** At most, for a speed at least. */
  readonly limit: number;
  readonly met: boolean;
}

export interface Gate {
  readonly dispatches: readonly Check[];
  readonly memory: readonly Check[];
  readonly accuracy: readonly Check[];
  readonly speedup: readonly Check[];
}

/** A case, and how many kernels it may dispatch, forward and with the backward pass. */
interface GateCase {
  readonly given: Case;
  readonly forward: number;
  readonly both: number;
}

const small = (name: string, given: Omit<Case, 'name' | 'passes' | 'note'>): Case => ({
  name,
  passes: ['forward', 'forward+backward'],
  note: '',
  ...given,
});

/**
 * One kernel forward; backward another, and the `Identity`s with which tfjs saves what the backward pass reads. (Given
 * statistics come as two reshaped tensors; a gate is clipped first.)
 */
const casesFor = ({ ROWS, IMAGE, MIXED }: Record<'ROWS' | 'IMAGE' | 'MIXED', readonly number[]>): GateCase[] => [
  { given: small('layer', { norm: 'layer', shape: ROWS, epsilon: 1e-3 }), forward: 1, both: 5 },
  { given: small('rms', { norm: 'rms', shape: ROWS, epsilon: 1e-6 }), forward: 1, both: 5 },
  { given: small('group', { norm: 'group', groups: 8, shape: IMAGE, epsilon: 1e-3 }), forward: 1, both: 5 },
  { given: small('instance', { norm: 'instance', shape: IMAGE, epsilon: 1e-3 }), forward: 1, both: 5 },
  { given: small('batch', { norm: 'batch', shape: IMAGE, epsilon: 1e-3 }), forward: 1, both: 5 },
  {
    given: small('batchInference', { norm: 'batch', inference: true, shape: IMAGE, epsilon: 1e-3 }),
    forward: 3,
    both: 14,
  },
  { given: small('batchInstance', { norm: 'batchInstance', shape: MIXED, epsilon: 1e-5 }), forward: 3, both: 9 },
  { given: small('switchable', { norm: 'switchable', shape: MIXED, epsilon: 1e-5 }), forward: 1, both: 7 },
];

/** On wasm large enough that the kernels count and not the calls; on the cpu so small that the baseline ends. */
const SHAPES: Readonly<Record<Exclude<Backend, 'tensorflow'>, GateCase[]>> = {
  wasm: casesFor({ ROWS: [8, 256, 384], IMAGE: [8, 28, 28, 64], MIXED: [4, 56, 56, 64] }),
  cpu: casesFor({ ROWS: [4, 64, 256], IMAGE: [8, 8, 8, 64], MIXED: [2, 16, 16, 64] }),
};

export interface GateOptions {
  /** Least speed, in baselines. @default 3 */
  readonly faster?: number;
  /** @default 5 */
  readonly rounds?: number;
}

interface Pair {
  readonly ours: Costs;
  readonly baseline: Costs;
  readonly speedup?: number;
}

/** Other programs on the machine make ours, which memory alone bounds, look slower than it is: then again, and the best counts. */
const ATTEMPTS = 4;

async function timed(entrants: readonly Entrant[], rounds: number, enough: number): Promise<number> {
  let best = 0;
  for (let attempt = 0; attempt < ATTEMPTS && best < enough; attempt++) {
    const [ours, baseline] = await interleave(entrants, { rounds, collect: clock, sample: 3 });
    best = Math.max(best, (baseline?.median as number) / (ours?.median as number));
  }
  return best;
}

/** Ours and the baseline on one problem; without rounds only what needs no clock. */
async function compare(given: Case, pass: Pass, [mean, deviation]: Values, rounds: number, enough = 0): Promise<Pair> {
  const data = dataOf(given, mean, deviation);
  const problem: Problem = { given, pass, data, backend: tf.getBackend() as Backend };
  const inputs = inputsOf(problem);
  const alias = tf.getBackend() === 'wasm' ? await findAliasing() : undefined;
  const expected = reference(given, data, pass);
  const tried = async (candidate: Candidate) => ({ candidate, ...(await measure(candidate, () => expected)) });
  const ours = await tried(ourOp(problem, inputs, 'op', alias));
  const baseline = await tried(baselineCandidate(problem, inputs));
  const speedup = rounds > 0 ? await timed([ours, baseline], rounds, enough) : undefined;
  disposeInputs(inputs);
  return { ours: ours.costs, baseline: baseline.costs, ...(speedup === undefined ? {} : { speedup }) };
}

/** Mean and deviation of x. */
type Values = readonly [mean: number, deviation: number];

const EASY: Values = [0.5, 1];
const HARD: readonly Values[] = [
  [1e3, 1],
  [1e4, 0.06],
];

const atMost = (what: string, value: number, limit: number): Check => ({ what, value, limit, met: value <= limit });
const atLeast = (what: string, value: number, limit: number): Check => ({ what, value, limit, met: value >= limit });

/** float32 itself: an error of a few units in the last place is none. */
const ROUNDING = 1e-6;

/** Of a plain float32 two-pass twice the error; the baseline is one. */
function accuracyCheck(what: string, { ours, baseline }: Pair): Check {
  const plain = Number.isNaN(baseline.error) ? 0 : 2 * (baseline.error as number);
  return atMost(what, ours.error as number, Math.max(ROUNDING, plain));
}

/** Output, and with the backward pass dx; a backend that copies what it saves holds x once more. Then small tensors. */
function memoryLimit(pass: Pass, aliased: boolean): number {
  if (pass === 'forward') return 1.1;
  return aliased ? 2.15 : 3.15;
}

async function gateCase({ given, forward, both }: GateCase, aliased: boolean, options: GateOptions): Promise<Gate> {
  const { faster = 3, rounds = 5 } = options;
  const gate: { [K in keyof Gate]: Check[] } = { dispatches: [], memory: [], accuracy: [], speedup: [] };
  for (const pass of given.passes) {
    const what = `${given.name} ${pass}`;
    const pair = await compare(given, pass, EASY, rounds, faster);
    gate.dispatches.push(atMost(what, pair.ours.dispatches as number, pass === 'forward' ? forward : both));
    const share = (pair.ours.peak as number) / (4 * sizeOf(given));
    gate.memory.push(atMost(what, share, memoryLimit(pass, aliased)));
    gate.accuracy.push(accuracyCheck(what, pair));
    gate.speedup.push(atLeast(what, pair.speedup as number, faster));
  }
  if (given.inference) return gate; // the statistics do not come from x, so its mean makes nothing harder
  for (const values of HARD) {
    const pair = await compare(given, 'forward', values, 0);
    const what = `${given.name} at mean ${values[0]}, deviation ${values[1]}`;
    gate.accuracy.push(accuracyCheck(what, pair));
  }
  return gate;
}

/** Every check on the backend of the moment. The caller decides what to do with one that is not met. */
export async function gate(options: GateOptions = {}): Promise<Gate> {
  const aliased = tf.getBackend() !== 'wasm' || (await findAliasing()) !== undefined;
  const found: Gate[] = [];
  for (const one of SHAPES[tf.getBackend() === 'wasm' ? 'wasm' : 'cpu'])
    found.push(await gateCase(one, aliased, options));
  const all = (kind: keyof Gate) => found.flatMap((one) => one[kind]);
  return { dispatches: all('dispatches'), memory: all('memory'), accuracy: all('accuracy'), speedup: all('speedup') };
}
