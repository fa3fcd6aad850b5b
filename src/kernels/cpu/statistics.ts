import type { SlabView } from '../contract.js';
import { byLanes, rowsPerBlock } from './blocks.js';

/** Mean, biased variance and 1/√(variance + ε) of every set `(b, g)`, in double. */
export interface Sets {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  readonly rstd: Float64Array;
}

export function emptySets({ B, G }: SlabView): Sets {
  return { mean: new Float64Array(B * G), variance: new Float64Array(B * G), rstd: new Float64Array(B * G) };
}

/** 1/√(variance + ε); 0 where both are 0, so that a set without spread gives β even with ε = 0. NaN stays NaN. */
export function reciprocalDeviation(variance: number, epsilon: number): number {
  if (epsilon > 0) return 1 / Math.sqrt(variance + epsilon);
  return variance <= 0 ? 0 : 1 / Math.sqrt(variance);
}

/**
 * One sweep: sums of d = x − pilot and of d², the pilot being the set's first value. As the pilot is one of n values, the
 * variance is at least (mean − pilot)²/n, so the difference of the two means costs at most log₁₀ n of a double's
 * sixteen digits, wherever the values lie. A constant set is exactly zero, and its mean exactly its value.
 */
function finish(
  sets: Sets,
  set: number,
  pilot: number,
  sum: number,
  squares: number,
  n: number,
  center: boolean,
): void {
  const delta = center ? sum / n : 0;
  const variance = squares / n - delta * delta;
  sets.mean[set] = pilot + delta;
  sets.variance[set] = Math.max(variance, 0); // below 0 by a rounding; NaN stays
}

/** Sums of `rows` runs of `length` values, `stride` apart, into `sums`. */
function sumRuns(
  x: Float32Array,
  start: number,
  rows: number,
  length: number,
  stride: number,
  pilot: number,
  sums: Float64Array,
): void {
  let s0 = 0;
  let s1 = 0;
  let q0 = 0;
  let q1 = 0;
  for (let row = 0; row < rows; row++) {
    let i = start + row * stride;
    const end = i + length;
    for (const unrolled = end - 3; i < unrolled; i += 4) {
      const d0 = (x[i] as number) - pilot;
      const d1 = (x[i + 1] as number) - pilot;
      const d2 = (x[i + 2] as number) - pilot;
      const d3 = (x[i + 3] as number) - pilot;
      s0 += d0 + d1;
      s1 += d2 + d3;
      q0 += d0 * d0 + d1 * d1;
      q1 += d2 * d2 + d3 * d3;
    }
    for (; i < end; i++) {
      const d = (x[i] as number) - pilot;
      s0 += d;
      q0 += d * d;
    }
  }
  sums[0] = s0 + s1;
  sums[1] = q0 + q1;
}

function measureByRuns(x: Float32Array, view: SlabView, center: boolean, sets: Sets, from: number, to: number): void {
  const { S, G, K, T } = view;
  const run = K * T;
  const rows = G === 1 ? 1 : S; // one group: the rows join
  const length = G === 1 ? S * run : run;
  const sums = new Float64Array(2);
  for (let set = from * G; set < to * G; set++) {
    const b = Math.floor(set / G);
    const start = (b * S * G + (set - b * G)) * run;
    const pilot = center ? (x[start] as number) : 0;
    sumRuns(x, start, rows, length, G * run, pilot, sums);
    finish(sets, set, pilot, sums[0] as number, sums[1] as number, S * run, center);
  }
}

/** Sums down a block of rows, four lanes at a time: their sums stay in registers. */
function sumLanes(
  x: Float32Array,
  start: number,
  end: number,
  pilots: Float64Array,
  sum: Float64Array,
  squares: Float64Array,
): void {
  const lanes = pilots.length;
  let lane = 0;
  for (; lane + 4 <= lanes; lane += 4) {
    const p0 = pilots[lane] as number;
    const p1 = pilots[lane + 1] as number;
    const p2 = pilots[lane + 2] as number;
    const p3 = pilots[lane + 3] as number;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    let q0 = 0;
    let q1 = 0;
    let q2 = 0;
    let q3 = 0;
    for (let i = start + lane; i < end; i += lanes) {
      const d0 = (x[i] as number) - p0;
      const d1 = (x[i + 1] as number) - p1;
      const d2 = (x[i + 2] as number) - p2;
      const d3 = (x[i + 3] as number) - p3;
      s0 += d0;
      s1 += d1;
      s2 += d2;
      s3 += d3;
      q0 += d0 * d0;
      q1 += d1 * d1;
      q2 += d2 * d2;
      q3 += d3 * d3;
    }
    sum[lane] = (sum[lane] as number) + s0;
    sum[lane + 1] = (sum[lane + 1] as number) + s1;
    sum[lane + 2] = (sum[lane + 2] as number) + s2;
    sum[lane + 3] = (sum[lane + 3] as number) + s3;
    squares[lane] = (squares[lane] as number) + q0;
    squares[lane + 1] = (squares[lane + 1] as number) + q1;
    squares[lane + 2] = (squares[lane + 2] as number) + q2;
    squares[lane + 3] = (squares[lane + 3] as number) + q3;
  }
  for (; lane < lanes; lane++) {
    const pilot = pilots[lane] as number;
    let s = 0;
    let q = 0;
    for (let i = start + lane; i < end; i += lanes) {
      const d = (x[i] as number) - pilot;
      s += d;
      q += d * d;
    }
    sum[lane] = (sum[lane] as number) + s;
    squares[lane] = (squares[lane] as number) + q;
  }
}

function measureByLanes(x: Float32Array, view: SlabView, center: boolean, sets: Sets, from: number, to: number): void {
  const { S, G, K, T } = view;
  const run = K * T;
  const lanes = G * run;
  const block = rowsPerBlock(lanes) * lanes;
  const pilots = new Float64Array(lanes);
  const sum = new Float64Array(lanes);
  const squares = new Float64Array(lanes);
  for (let b = from; b < to; b++) {
    const begin = b * S * lanes;
    const end = begin + S * lanes;
    if (center) for (let lane = 0; lane < lanes; lane++) pilots[lane] = x[begin + lane - (lane % run)] as number;
    sum.fill(0);
    squares.fill(0);
    for (let start = begin; start < end; start += block) {
      sumLanes(x, start, Math.min(start + block, end), pilots, sum, squares);
    }
    for (let g = 0; g < G; g++) {
      let s = 0;
      let q = 0;
      for (let lane = g * run; lane < (g + 1) * run; lane++) {
        s += sum[lane] as number;
        q += squares[lane] as number;
      }
      finish(sets, b * G + g, pilots[g * run] as number, s, q, S * run, center);
    }
  }
}

/** Mean and variance of the sets of the samples `from … to − 1`; without `center` the mean is 0. */
export function measure(x: Float32Array, view: SlabView, center: boolean, sets: Sets, from: number, to: number): void {
  if (view.G > 1 && byLanes(view.S, view.K * view.T)) measureByLanes(x, view, center, sets, from, to);
  else measureByRuns(x, view, center, sets, from, to);
}
