import { results } from './golden.js';
import { decode, type Encoded, type GoldenCase, type GoldenFile } from './goldenCase.js';
import { roundToHalf } from './half.js';
import { inDouble, pointOf, problemOf, sizeOfTerms } from './halfReference.js';
import { type Check, expectClose, expectTrue, type Suite } from './harness.js';
import { option, statisticsOf } from './reference.js';

/**
 * What holds where textures keep half floats: every norm and kind of the golden vectors, with inputs that a half can
 * hold, against float64 of those. A value passes through half precision between programs; inside one it is a float.
 */

/** Four halves' roundings, of the largest value: its neighbours come out of sums in which it takes part. */
const SHARE = 2e-3;

/** What central differences in float64 may be off by where the truth is 0. */
const DIFFERENCES = 1e-6;

/** Gradients of what mixes statistics: sums of differences of nearly equal terms, in which roundings of the terms stay. */
const MIXING = ['drho', 'dmeanWeight', 'dvarianceWeight'];

type Change = (values: Float32Array) => Float32Array;

function changed({ shape, data }: Encoded, change: Change): Encoded {
  const values = change(decode({ shape, data }));
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((v, i) => {
    view.setFloat32(4 * i, v, true);
  });
  return { shape, data: btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join('')) };
}

function rounded(c: GoldenCase, x: Change = (v) => v): GoldenCase {
  const inputs = Object.entries(c.inputs).map(([name, array]) => [
    name,
    changed(array, (values) => (name === 'x' ? x(values) : values).map(roundToHalf)),
  ]);
  return { ...c, inputs: Object.fromEntries(inputs) };
}

const largest = (values: ArrayLike<number>) => Array.from(values, Math.abs).reduce((a, b) => Math.max(a, b), 0);

/** Where a mean is a tensor of its own, it is rounded: only as good as a half around the mean. */
function meanIsTensor({ norm, inputs }: GoldenCase): boolean {
  return ['batchInstance', 'switchable', 'meanOnlyBatch'].includes(norm) || 'mean' in inputs;
}

function farFromZero(c: GoldenCase): boolean {
  if (c.kind === 'constant' || c.kind === 'one') return true; // of no deviation at all
  const { x } = pointOf(c);
  const mean = x.reduce((sum, v) => sum + v / x.length, 0);
  return Math.abs(mean) > Math.sqrt(x.reduce((sum, v) => sum + (v - mean) ** 2 / x.length, 0));
}

/** What dx is the remainder of: where nothing is left of it, a share of nothing is no bound. */
function cancelled(c: GoldenCase): number {
  const problem = problemOf(c);
  const { x, ...weights } = pointOf(c);
  const epsilon = option<number | undefined>(problem, 'epsilon') ?? 0;
  const { variance } = statisticsOf(problem, x, weights)[0] as ReturnType<typeof statisticsOf>[number];
  const rstd = Array.from(x, (_, i) => 1 / Math.sqrt(variance(i) + epsilon));
  return largest(rstd) * largest(decode(c.inputs.dy as Encoded)) * largest(weights.gamma ?? weights.g ?? [1]);
}

function scaleOf(c: GoldenCase, name: string, expected: ArrayLike<number>): number {
  const size = largest(Array.from(expected).filter(Number.isFinite));
  if (name === 'dx' && c.kind === 'one') return Math.max(size, cancelled(c));
  return MIXING.includes(name) ? sizeOfTerms(c, name.slice(1)) : size;
}

function check(name: string, golden: GoldenCase, x?: Change): Check {
  return {
    name,
    async run(tf, pack) {
      const c = rounded(golden, x);
      const expected = inDouble(c);
      // Of zeros' length the lower bound is 1e-6: its reciprocal is past what a half holds.
      const beyond = (result: string) => c.kind === 'guard' && result === 'dx';
      for (const [result, values] of await results(tf, pack, c)) {
        if (beyond(result)) continue;
        if (c.kind !== 'nan')
          expectTrue(
            values.every(Number.isFinite),
            `${result} is not finite: ${values.find((v) => !Number.isFinite(v))}`,
          );
        const truth = expected[result];
        if (!truth || (meanIsTensor(c) && farFromZero(c))) continue; // second order, or a mean that was rounded
        expectClose(values, truth, { atol: SHARE * scaleOf(c, result, truth) + DIFFERENCES, rtol: 0 }, result);
      }
    },
  };
}

const sizeOf = ({ inputs }: GoldenCase) => (inputs.x?.shape ?? []).reduce((n, d) => n * d, 1);

/** Of every norm and kind the largest case, whose statistics are of most values. */
function chosen(files: readonly GoldenFile[]): GoldenCase[] {
  const cells = new Map<string, GoldenCase>();
  for (const c of files.flatMap(({ cases }) => cases)) {
    const cell = `${c.norm}, ${c.kind}`;
    const before = cells.get(cell);
    if (!before || sizeOf(c) > sizeOf(before)) cells.set(cell, c);
  }
  return [...cells.values()];
}

/**
 * The square of 400 is past what a half holds, that of 200 is not: weight norm hands its mean square on as a tensor, so a kernel
 * may have weights up to 255.
 */
const far = ({ norm }: GoldenCase) => (norm === 'weight' ? 200 : 400);
const around =
  (size: number): Change =>
  (values) =>
    values.map((v) => size + v);
const nothingBut =
  (size: number): Change =>
  (values) =>
    values.map(() => size);

export function halfSuite(files: readonly GoldenFile[]): Suite {
  const cases = chosen(files);
  const plain = cases.filter(({ kind }) => kind === 'plain');
  const checks = [
    ...cases.map((c) => check(`${c.norm}, ${c.kind}: ${c.id}`, c)),
    ...plain.map((c) => check(`${c.norm}, around ${far(c)}: ${c.id}`, c, around(far(c)))),
    ...plain.map((c) => {
      const constant = { ...c, kind: 'constant' };
      return check(`${c.norm}, nothing but ${far(c)}: ${c.id}`, constant, nothingBut(far(c)));
    }),
  ];
  return { name: 'half-float', checks };
}
