import { add } from './blocks.js';

/** Sums of `rows` runs of `length` values, `stride` apart, into `sums`. */
export function sumRuns(
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

function sumLane(
  x: Float32Array,
  start: number,
  end: number,
  pilots: Float64Array,
  sum: Float64Array,
  squares: Float64Array,
  lane: number,
): void {
  const lanes = pilots.length;
  const pilot = pilots[lane] as number;
  let s = 0;
  let q = 0;
  for (let i = start + lane; i < end; i += lanes) {
    const d = (x[i] as number) - pilot;
    s += d;
    q += d * d;
  }
  add(sum, lane, s);
  add(squares, lane, q);
}

function putFour(into: Float64Array, i: number, v0: number, v1: number, v2: number, v3: number): void {
  into[i] = v0;
  into[i + 1] = v1;
  into[i + 2] = v2;
  into[i + 3] = v3;
}

/** Four lanes: their sums stay in registers. */
function sumFourLanes(
  x: Float32Array,
  start: number,
  end: number,
  pilots: Float64Array,
  sum: Float64Array,
  squares: Float64Array,
  lane: number,
): void {
  const lanes = pilots.length;
  const p0 = pilots[lane] as number;
  const p1 = pilots[lane + 1] as number;
  const p2 = pilots[lane + 2] as number;
  const p3 = pilots[lane + 3] as number;
  let s0 = sum[lane] as number;
  let s1 = sum[lane + 1] as number;
  let s2 = sum[lane + 2] as number;
  let s3 = sum[lane + 3] as number;
  let q0 = squares[lane] as number;
  let q1 = squares[lane + 1] as number;
  let q2 = squares[lane + 2] as number;
  let q3 = squares[lane + 3] as number;
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
  putFour(sum, lane, s0, s1, s2, s3);
  putFour(squares, lane, q0, q1, q2, q3);
}

/** Sums down a block of rows, four lanes at a time. */
export function sumLanes(
  x: Float32Array,
  start: number,
  end: number,
  pilots: Float64Array,
  sum: Float64Array,
  squares: Float64Array,
): void {
  const lanes = pilots.length;
  let lane = 0;
  for (; lane + 4 <= lanes; lane += 4) sumFourLanes(x, start, end, pilots, sum, squares, lane);
  for (; lane < lanes; lane++) sumLane(x, start, end, pilots, sum, squares, lane);
}
