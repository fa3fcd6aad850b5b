import { decode, type GoldenCase } from './goldenCase.js';
import type { Tolerance } from './harness.js';

/** Some 80 float32 roundings: what a sum of hundreds, a root and a product lose, and a GPU's division adds. */
const BASE = 1e-5;

/**
 * How much worse than a forward value: gradients sum over the set twice, and cancel (dx is what is left of dy);
 * a second order does all that to a first order's result. Keras's and ONNX's own values are float32.
 */
const FACTORS = { forward: 1, gradient: 10, second: 100 } as const;

type Order = keyof typeof FACTORS;

export function orderOf(name: string): Order {
  if (name.startsWith('second')) return 'second';
  return /^d[a-z]/.test(name) ? 'gradient' : 'forward';
}

function largest(values: ArrayLike<number> | undefined): number {
  return Math.max(0, ...Array.from(values ?? [1], Math.abs).filter(Number.isFinite));
}

/** The distance of float32 numbers near `value`. */
function ulp(value: number): number {
  return 2 ** (Math.floor(Math.log2(Math.abs(value))) - 23);
}

/**
 * A mean that is rounded to float32 is off by half an ulp of it or, summed in float32, by one. A mixture rounds three
 * times: the instance's mean, its average over examples or channels, and the sum. x̂ is off by that over the standard
 * deviation, everywhere in the set alike. Uncentred norms have no such loss.
 */
function shiftOfStandardized({ norm, distribution }: GoldenCase): number {
  if (!distribution || norm === 'rms' || norm === 'weight') return 0;
  const roundings = norm === 'switchable' || norm === 'batchInstance' ? 2 : 1;
  return (roundings * ulp(distribution.mean)) / (norm === 'meanOnlyBatch' ? 1 : distribution.std);
}

/** What that shift does to a result: γ times it to y; to dx, through x̂·mean(g·x̂), some of dx; to dγ once an element. */
function lossByMean(c: GoldenCase, name: string, scale: number): number {
  const shift = shiftOfStandardized(c);
  const input = (key: string) => (c.inputs[key] ? decode(c.inputs[key]) : undefined);
  if (shift === 0 || name.startsWith('moving') || name === 'dbeta') return 0;
  if (name === 'y') return shift * Math.max(1, largest(input('gamma')));
  if (name === 'dx') return 4 * shift * scale;
  const size = (array: { shape: readonly number[] } | undefined) => (array?.shape ?? []).reduce((a, b) => a * b, 1);
  const summed = size(c.inputs.x) / size(c.expected[name]);
  return shift * summed * largest(input('dy')) * Math.max(1, largest(input('gamma')));
}

/** `atol` follows the largest expected value: its neighbours come out of sums in which it takes part. */
export function toleranceOf(c: GoldenCase, name: string): Tolerance {
  if (c.exact?.includes(name)) return { atol: 0, rtol: 0 };
  const expected = c.expected[name];
  const scale = Math.max(1, expected ? largest(decode(expected)) : 0);
  const rtol = BASE * FACTORS[orderOf(name)];
  return { atol: rtol * scale + lossByMean(c, name, scale), rtol };
}
