import type { SlabView } from '../contract.js';
import { byLanes, rowsPerBlock } from './blocks.js';
import { spreadLanes } from './spreadLanes.js';
import type { Line } from './terms.js';

/** Rows of a group's channels, four of which at a time keep their scale in registers. */
function spreadRows(
  x: Float32Array,
  dy: Float32Array,
  dx: Float32Array,
  g: number,
  { G, K }: SlabView,
  { rstd, scale, incline, offset }: Line,
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
    for (let set = from * G + g, i = first + k; set < to * G; set += G, i += G * K) {
      const r = rstd[set] as number;
      const q = incline[set] as number;
      const o = offset[set] as number;
      dx[i] = (dy[i] as number) * a0 * r + (x[i] as number) * q + o;
      dx[i + 1] = (dy[i + 1] as number) * a1 * r + (x[i + 1] as number) * q + o;
      dx[i + 2] = (dy[i + 2] as number) * a2 * r + (x[i + 2] as number) * q + o;
      dx[i + 3] = (dy[i + 3] as number) * a3 * r + (x[i + 3] as number) * q + o;
    }
  }
  for (; k < K; k++) {
    const a = scale[g * K + k] as number;
    for (let set = from * G + g, i = first + k; set < to * G; set += G, i += G * K) {
      const rest = (x[i] as number) * (incline[set] as number) + (offset[set] as number);
      dx[i] = (dy[i] as number) * a * (rstd[set] as number) + rest;
    }
  }
}

/** Sets that are contiguous and hold every channel once, a block of samples at a time. */
function spreadSamples(
  x: Float32Array,
  dy: Float32Array,
  dx: Float32Array,
  view: SlabView,
  line: Line,
  from: number,
  to: number,
): void {
  const block = rowsPerBlock(view.K);
  for (let b = from; b < to; b += block) {
    const end = Math.min(b + block, to);
    for (let g = 0; g < view.G; g++) spreadRows(x, dy, dx, g, view, line, b, end);
  }
}

function spreadRun(
  x: Float32Array,
  dy: Float32Array,
  dx: Float32Array,
  begin: number,
  end: number,
  factor: number,
  incline: number,
  offset: number,
): void {
  let i = begin;
  for (const unrolled = end - 3; i < unrolled; i += 4) {
    dx[i] = (dy[i] as number) * factor + (x[i] as number) * incline + offset;
    dx[i + 1] = (dy[i + 1] as number) * factor + (x[i + 1] as number) * incline + offset;
    dx[i + 2] = (dy[i + 2] as number) * factor + (x[i + 2] as number) * incline + offset;
    dx[i + 3] = (dy[i + 3] as number) * factor + (x[i + 3] as number) * incline + offset;
  }
  for (; i < end; i++) dx[i] = (dy[i] as number) * factor + (x[i] as number) * incline + offset;
}

function spreadRuns(
  x: Float32Array,
  dy: Float32Array,
  dx: Float32Array,
  { S, G, K, T }: SlabView,
  { rstd, scale, incline, offset }: Line,
  from: number,
  to: number,
): void {
  let i = from * S * G * K * T;
  for (let row = from * S; row < to * S; row++) {
    const firstSet = Math.floor(row / S) * G;
    for (let c = 0; c < G * K; c++, i += T) {
      const set = firstSet + Math.floor(c / K);
      const factor = (rstd[set] as number) * (scale[c] as number);
      spreadRun(x, dy, dx, i, i + T, factor, incline[set] as number, offset[set] as number);
    }
  }
}

/** The samples `from … to − 1` of dx. */
export function spread(
  x: Float32Array,
  dy: Float32Array,
  dx: Float32Array,
  view: SlabView,
  line: Line,
  from: number,
  to: number,
): void {
  if (byLanes(view.S, view.T)) spreadLanes(x, dy, dx, view, line, from, to);
  else if (view.T === 1) spreadSamples(x, dy, dx, view, line, from, to);
  else spreadRuns(x, dy, dx, view, line, from, to);
}
