import type { SlabView } from '../contract.js';
import { rowsPerBlock, toLanes } from './blocks.js';
import type { Line } from './terms.js';

/** A block of rows, four lanes at a time. */
function spreadBlock(
  x: Float32Array,
  dy: Float32Array,
  dx: Float32Array,
  begin: number,
  end: number,
  factor: Float64Array,
  incline: Float64Array,
  offset: Float64Array,
): void {
  const lanes = factor.length;
  let lane = 0;
  for (; lane + 4 <= lanes; lane += 4) {
    const f0 = factor[lane] as number;
    const f1 = factor[lane + 1] as number;
    const f2 = factor[lane + 2] as number;
    const f3 = factor[lane + 3] as number;
    const q0 = incline[lane] as number;
    const q1 = incline[lane + 1] as number;
    const q2 = incline[lane + 2] as number;
    const q3 = incline[lane + 3] as number;
    const o0 = offset[lane] as number;
    const o1 = offset[lane + 1] as number;
    const o2 = offset[lane + 2] as number;
    const o3 = offset[lane + 3] as number;
    for (let i = begin + lane; i < end; i += lanes) {
      dx[i] = (dy[i] as number) * f0 + (x[i] as number) * q0 + o0;
      dx[i + 1] = (dy[i + 1] as number) * f1 + (x[i + 1] as number) * q1 + o1;
      dx[i + 2] = (dy[i + 2] as number) * f2 + (x[i + 2] as number) * q2 + o2;
      dx[i + 3] = (dy[i + 3] as number) * f3 + (x[i + 3] as number) * q3 + o3;
    }
  }
  for (; lane < lanes; lane++) {
    const f = factor[lane] as number;
    const q = incline[lane] as number;
    const o = offset[lane] as number;
    for (let i = begin + lane; i < end; i += lanes) dx[i] = (dy[i] as number) * f + (x[i] as number) * q + o;
  }
}

/** Samples whose channels lie side by side, row under row. */
export function spreadLanes(
  x: Float32Array,
  dy: Float32Array,
  dx: Float32Array,
  { S, G, K, T }: SlabView,
  line: Line,
  from: number,
  to: number,
): void {
  const size = S * G * K * T;
  const block = rowsPerBlock(G * K * T) * G * K * T;
  const factor = new Float64Array(G * K);
  const incline = new Float64Array(G * K);
  const offset = new Float64Array(G * K);
  for (let b = from; b < to; b++) {
    for (let c = 0; c < G * K; c++) {
      const set = b * G + Math.floor(c / K);
      factor[c] = (line.rstd[set] as number) * (line.scale[c] as number);
      incline[c] = line.incline[set] as number;
      offset[c] = line.offset[set] as number;
    }
    const lanes = [toLanes(factor, T), toLanes(incline, T), toLanes(offset, T)] as const;
    const end = (b + 1) * size;
    for (let i = b * size; i < end; i += block) spreadBlock(x, dy, dx, i, Math.min(i + block, end), ...lanes);
  }
}
