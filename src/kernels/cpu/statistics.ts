import type { SlabView } from '../contract.js';
import { byLanes, rowsPerBlock } from './blocks.js';
import { sumLanes, sumRuns } from './sums.js';

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
