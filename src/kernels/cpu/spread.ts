import type { SlabView } from '../contract.js';
import { byLanes, toLanes } from './blocks.js';

/**
 * dx = rstd·(g − mean(g) − x̂·mean(g·x̂)) as `dy·rstd·scale + x·incline + offset`: a scale a channel, the others a set. The
 * mean of x is part of the offset, which in double costs no digit that a float32 x has.
 */
export interface Line {
  readonly rstd: Float64Array;
  readonly scale: Float64Array;
  readonly incline: Float64Array;
  readonly offset: Float64Array;
}

/** Sets that are contiguous and hold every channel once. */
function spreadRows(
  x: Float32Array,
  dy: Float32Array,
  dx: Float32Array,
  { G, K }: SlabView,
  line: Line,
  from: number,
  to: number,
): void {
  const { scale } = line;
  for (let set = from * G; set < to * G; set++) {
    const rstd = line.rstd[set] as number;
    const incline = line.incline[set] as number;
    const offset = line.offset[set] as number;
    const end = (set + 1) * K;
    for (let i = set * K, c = (set % G) * K; i < end; i++, c++) {
      dx[i] = (dy[i] as number) * rstd * (scale[c] as number) + (x[i] as number) * incline + offset;
    }
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

function spreadRowsOfLanes(
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
  for (let i = begin; i < end; ) {
    for (let lane = 0; lane < lanes; lane++, i++) {
      dx[i] =
        (dy[i] as number) * (factor[lane] as number) +
        (x[i] as number) * (incline[lane] as number) +
        (offset[lane] as number);
    }
  }
}

function spreadLanes(
  x: Float32Array,
  dy: Float32Array,
  dx: Float32Array,
  { S, G, K, T }: SlabView,
  line: Line,
  from: number,
  to: number,
): void {
  const size = S * G * K * T;
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
    spreadRowsOfLanes(x, dy, dx, b * size, (b + 1) * size, ...lanes);
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
  else if (view.T === 1) spreadRows(x, dy, dx, view, line, from, to);
  else spreadRuns(x, dy, dx, view, line, from, to);
}
