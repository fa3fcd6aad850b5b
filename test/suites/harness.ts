import type * as tfCore from '@tensorflow/tfjs-core';
import type * as tfLayers from '@tensorflow/tfjs-layers';
import type * as pack from '../../src/index.js';

/** What a check gets: the user's `tf` (core and layers in one object), as a page or a Node program has it. */
export type Tf = typeof tfCore & typeof tfLayers;
export type Pack = typeof pack;

/** A check runs anywhere: no test runner, no Node, no browser API. It throws when it fails. */
export interface Check {
  readonly name: string;
  run(tf: Tf, pack: Pack): void | Promise<void>;
}

export interface Suite {
  readonly name: string;
  readonly checks: readonly Check[];
}

export interface Tolerance {
  readonly atol: number;
  readonly rtol: number;
}

type Numbers = ArrayLike<number>;

/**
 * The one comparator: `|a − e| ≤ atol + rtol·|e|`; NaN equals only NaN, an infinity only itself.
 * (tfjs's own `expectArraysClose` passes NaN for Infinity.)
 */
export function expectClose(actual: Numbers, expected: Numbers, { atol, rtol }: Tolerance, what = 'values'): void {
  if (actual.length !== expected.length) {
    throw new Error(`${what}: ${actual.length} values, expected ${expected.length}`);
  }
  let worst = -1;
  let worstExcess = 0;
  let first = -1;
  for (let i = 0; i < actual.length; i++) {
    const a = actual[i] as number;
    const e = expected[i] as number;
    if (Object.is(a, e) || a === e) continue;
    const excess = Math.abs(a - e) - (atol + rtol * Math.abs(e));
    if (excess <= 0) continue; // NaN and mismatched infinities give NaN or Infinity here and fall through
    if (first < 0) first = i;
    if (!(excess <= worstExcess)) {
      worstExcess = excess;
      worst = i;
    }
  }
  if (first >= 0) {
    const at = (i: number) => `[${i}] ${actual[i]} instead of ${expected[i]}`;
    throw new Error(`${what}: first difference ${at(first)}, worst ${at(worst)} (atol ${atol}, rtol ${rtol})`);
  }
}

export function expectEqual(actual: unknown, expected: unknown, what = 'value'): void {
  const a = JSON.stringify(actual);
  const e = JSON.stringify(expected);
  if (a !== e) throw new Error(`${what}: ${a}, expected ${e}`);
}

export function expectTrue(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

/** Runs `f`, expects it to throw with the given name and message, and returns the error. */
export function expectThrows(f: () => unknown, message: RegExp, name = 'NormalizationError'): Error {
  let error: unknown;
  try {
    f();
  } catch (e) {
    error = e;
  }
  if (!(error instanceof Error)) throw new Error(`expected an error that says ${message}`);
  if (error.name !== name) throw new Error(`expected a ${name}, got ${error.name}: ${error.message}`);
  if (!message.test(error.message)) throw new Error(`expected ${message}, got: ${error.message}`);
  return error;
}

/** mulberry32: a small seeded generator, the same on every machine. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Float32 values of a normal distribution (Box–Muller), seeded. */
export function normal(size: number, { mean = 0, std = 1, seed = 1 } = {}): Float32Array {
  const next = random(seed);
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    const radius = Math.sqrt(-2 * Math.log(1 - next()));
    values[i] = mean + std * radius * Math.cos(2 * Math.PI * next());
  }
  return values;
}

/** Runs `f` and fails if it leaves tensors behind beyond `kept`. */
export async function expectNoLeak(tf: Tf, f: () => unknown, kept = 0): Promise<void> {
  const before = tf.memory().numTensors;
  await f();
  const after = tf.memory().numTensors;
  if (after !== before + kept) throw new Error(`${after - before} tensors left behind, expected ${kept}`);
}
