import type { SlabView } from '../contract.js';
import { byLanes, toLanes } from './blocks.js';

/**
 * `y = (x − mean)·rstd·scale + shift` with a mean and an rstd a set and a scale and a shift a channel, in double. The mean
 * is subtracted, not folded into the shift: x equal to the mean must give the shift to the last bit.
 */
export interface Affinity {
  readonly mean: Float64Array;
  readonly rstd: Float64Array;
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

/** Sets that are contiguous and hold every channel once: only scale and shift change along the way. */
function applyToRows(x: Float32Array, y: Float32Array, view: SlabView, by: Affinity, from: number, to: number): void {
  const { G, K } = view;
  const { scale, shift } = by;
  for (let set = from * G; set < to * G; set++) {
    const mean = by.mean[set] as number;
    const rstd = by.rstd[set] as number;
    let i = set * K;
    const end = i + K;
    let c = (set % G) * K;
    for (const unrolled = end - 3; i < unrolled; i += 4, c += 4) {
      y[i] = ((x[i] as number) - mean) * rstd * (scale[c] as number) + (shift[c] as number);
      y[i + 1] = ((x[i + 1] as number) - mean) * rstd * (scale[c + 1] as number) + (shift[c + 1] as number);
      y[i + 2] = ((x[i + 2] as number) - mean) * rstd * (scale[c + 2] as number) + (shift[c + 2] as number);
      y[i + 3] = ((x[i + 3] as number) - mean) * rstd * (scale[c + 3] as number) + (shift[c + 3] as number);
    }
    for (; i < end; i++, c++) {
      y[i] = ((x[i] as number) - mean) * rstd * (scale[c] as number) + (shift[c] as number);
    }
  }
}

function applyToRun(
  x: Float32Array,
  y: Float32Array,
  begin: number,
  end: number,
  mean: number,
  factor: number,
  shift: number,
): void {
  let i = begin;
  for (const unrolled = end - 3; i < unrolled; i += 4) {
    y[i] = ((x[i] as number) - mean) * factor + shift;
    y[i + 1] = ((x[i + 1] as number) - mean) * factor + shift;
    y[i + 2] = ((x[i + 2] as number) - mean) * factor + shift;
    y[i + 3] = ((x[i + 3] as number) - mean) * factor + shift;
  }
  for (; i < end; i++) y[i] = ((x[i] as number) - mean) * factor + shift;
}

function applyToRuns(x: Float32Array, y: Float32Array, view: SlabView, by: Affinity, from: number, to: number): void {
  const { S, G, K, T } = view;
  let i = from * S * G * K * T;
  for (let row = from * S; row < to * S; row++) {
    const firstSet = Math.floor(row / S) * G;
    for (let g = 0; g < G; g++) {
      const mean = by.mean[firstSet + g] as number;
      const rstd = by.rstd[firstSet + g] as number;
      for (let c = g * K; c < (g + 1) * K; c++, i += T) {
        applyToRun(x, y, i, i + T, mean, rstd * (by.scale[c] as number), by.shift[c] as number);
      }
    }
  }
}

function applyToRowsOfLanes(
  x: Float32Array,
  y: Float32Array,
  begin: number,
  end: number,
  mean: Float64Array,
  factor: Float64Array,
  shift: Float64Array,
): void {
  const lanes = mean.length;
  for (let i = begin; i < end; ) {
    let lane = 0;
    for (const unrolled = lanes - 3; lane < unrolled; lane += 4, i += 4) {
      y[i] = ((x[i] as number) - (mean[lane] as number)) * (factor[lane] as number) + (shift[lane] as number);
      y[i + 1] =
        ((x[i + 1] as number) - (mean[lane + 1] as number)) * (factor[lane + 1] as number) +
        (shift[lane + 1] as number);
      y[i + 2] =
        ((x[i + 2] as number) - (mean[lane + 2] as number)) * (factor[lane + 2] as number) +
        (shift[lane + 2] as number);
      y[i + 3] =
        ((x[i + 3] as number) - (mean[lane + 3] as number)) * (factor[lane + 3] as number) +
        (shift[lane + 3] as number);
    }
    for (; lane < lanes; lane++, i++) {
      y[i] = ((x[i] as number) - (mean[lane] as number)) * (factor[lane] as number) + (shift[lane] as number);
    }
  }
}

function applyToLanes(x: Float32Array, y: Float32Array, view: SlabView, by: Affinity, from: number, to: number): void {
  const { S, G, K, T } = view;
  const size = S * G * K * T;
  const mean = new Float64Array(G * K);
  const factor = new Float64Array(G * K);
  const shift = toLanes(by.shift, T);
  for (let b = from; b < to; b++) {
    for (let c = 0; c < G * K; c++) {
      const set = b * G + Math.floor(c / K);
      mean[c] = by.mean[set] as number;
      factor[c] = (by.rstd[set] as number) * (by.scale[c] as number);
    }
    applyToRowsOfLanes(x, y, b * size, (b + 1) * size, toLanes(mean, T), toLanes(factor, T), shift);
  }
}

/** The samples `from … to − 1` of y. */
export function apply(x: Float32Array, y: Float32Array, view: SlabView, by: Affinity, from: number, to: number): void {
  if (byLanes(view.S, view.T)) applyToLanes(x, y, view, by, from, to);
  else if (view.T === 1) applyToRows(x, y, view, by, from, to);
  else applyToRuns(x, y, view, by, from, to);
}
