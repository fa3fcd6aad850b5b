import type { SlabView } from '../contract.js';
import { rowsPerBlock, toLanes } from './blocks.js';
import type { Affinity } from './terms.js';

/** A block of rows, four lanes at a time. */
function applyToBlock(
  x: Float32Array,
  y: Float32Array,
  begin: number,
  end: number,
  mean: Float64Array,
  factor: Float64Array,
  shift: Float64Array,
): void {
  const lanes = mean.length;
  let lane = 0;
  for (; lane + 4 <= lanes; lane += 4) {
    const m0 = mean[lane] as number;
    const m1 = mean[lane + 1] as number;
    const m2 = mean[lane + 2] as number;
    const m3 = mean[lane + 3] as number;
    const f0 = factor[lane] as number;
    const f1 = factor[lane + 1] as number;
    const f2 = factor[lane + 2] as number;
    const f3 = factor[lane + 3] as number;
    const s0 = shift[lane] as number;
    const s1 = shift[lane + 1] as number;
    const s2 = shift[lane + 2] as number;
    const s3 = shift[lane + 3] as number;
    for (let i = begin + lane; i < end; i += lanes) {
      y[i] = ((x[i] as number) - m0) * f0 + s0;
      y[i + 1] = ((x[i + 1] as number) - m1) * f1 + s1;
      y[i + 2] = ((x[i + 2] as number) - m2) * f2 + s2;
      y[i + 3] = ((x[i + 3] as number) - m3) * f3 + s3;
    }
  }
  for (; lane < lanes; lane++) {
    const m = mean[lane] as number;
    const f = factor[lane] as number;
    const s = shift[lane] as number;
    for (let i = begin + lane; i < end; i += lanes) y[i] = ((x[i] as number) - m) * f + s;
  }
}

/** Samples whose channels lie side by side, row under row. */
export function applyToLanes(
  x: Float32Array,
  y: Float32Array,
  view: SlabView,
  by: Affinity,
  from: number,
  to: number,
): void {
  const { S, G, K, T } = view;
  const size = S * G * K * T;
  const mean = new Float64Array(G * K);
  const factor = new Float64Array(G * K);
  const shift = toLanes(by.shift, T);
  const block = rowsPerBlock(shift.length) * shift.length;
  for (let b = from; b < to; b++) {
    for (let c = 0; c < G * K; c++) {
      const set = b * G + Math.floor(c / K);
      mean[c] = by.mean[set] as number;
      factor[c] = (by.rstd[set] as number) * (by.scale[c] as number);
    }
    const end = (b + 1) * size;
    const lanes = [toLanes(mean, T), toLanes(factor, T), shift] as const;
    for (let i = b * size; i < end; i += block) applyToBlock(x, y, i, Math.min(i + block, end), ...lanes);
  }
}
