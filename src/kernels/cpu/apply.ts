import type { SlabView } from '../contract.js';
import { applyToLanes } from './applyLanes.js';
import { byLanes, rowsPerBlock } from './blocks.js';
import type { Affinity } from './terms.js';

/** Rows `from … to − 1` of a group's channels, four of which at a time keep their parameters in registers. */
function applyToRows(
  x: Float32Array,
  y: Float32Array,
  g: number,
  { G, K }: SlabView,
  { mean, rstd, scale, shift }: Affinity,
  from: number,
  to: number,
): void {
  const first = (from * G + g) * K;
  let k = 0;
  for (let c = g * K; k + 4 <= K; k += 4, c += 4) {
    const a0 = scale[c] as number;
    const a1 = scale[c + 1] as number;
    const a2 = scale[c + 2] as number;
    const a3 = scale[c + 3] as number;
    const s0 = shift[c] as number;
    const s1 = shift[c + 1] as number;
    const s2 = shift[c + 2] as number;
    const s3 = shift[c + 3] as number;
    for (let set = from * G + g, i = first + k; set < to * G; set += G, i += G * K) {
      const m = mean[set] as number;
      const r = rstd[set] as number;
      y[i] = ((x[i] as number) - m) * r * a0 + s0;
      y[i + 1] = ((x[i + 1] as number) - m) * r * a1 + s1;
      y[i + 2] = ((x[i + 2] as number) - m) * r * a2 + s2;
      y[i + 3] = ((x[i + 3] as number) - m) * r * a3 + s3;
    }
  }
  for (; k < K; k++) {
    const a = scale[g * K + k] as number;
    const s = shift[g * K + k] as number;
    for (let set = from * G + g, i = first + k; set < to * G; set += G, i += G * K) {
      y[i] = ((x[i] as number) - (mean[set] as number)) * (rstd[set] as number) * a + s;
    }
  }
}

/** Sets that are contiguous and hold every channel once, a block of samples at a time. */
function applyToSamples(
  x: Float32Array,
  y: Float32Array,
  view: SlabView,
  by: Affinity,
  from: number,
  to: number,
): void {
  const block = rowsPerBlock(view.K);
  for (let b = from; b < to; b += block) {
    const end = Math.min(b + block, to);
    for (let g = 0; g < view.G; g++) applyToRows(x, y, g, view, by, b, end);
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

/** The samples `from … to − 1` of y. */
export function apply(x: Float32Array, y: Float32Array, view: SlabView, by: Affinity, from: number, to: number): void {
  if (byLanes(view.S, view.T)) applyToLanes(x, y, view, by, from, to);
  else if (view.T === 1) applyToSamples(x, y, view, by, from, to);
  else applyToRuns(x, y, view, by, from, to);
}
