import { add } from './blocks.js';

/** Sums of dy and dy·(x − mean) of one run, added to those of its channel. */
export function sumRun(
  x: Float32Array,
  dy: Float32Array,
  begin: number,
  end: number,
  mean: number,
  c: number,
  sums: Float64Array,
  products: Float64Array,
): void {
  let s0 = 0;
  let s1 = 0;
  let p0 = 0;
  let p1 = 0;
  let i = begin;
  for (const unrolled = end - 3; i < unrolled; i += 4) {
    const up0 = dy[i] as number;
    const up1 = dy[i + 1] as number;
    const up2 = dy[i + 2] as number;
    const up3 = dy[i + 3] as number;
    s0 += up0 + up1;
    s1 += up2 + up3;
    p0 += up0 * ((x[i] as number) - mean) + up1 * ((x[i + 1] as number) - mean);
    p1 += up2 * ((x[i + 2] as number) - mean) + up3 * ((x[i + 3] as number) - mean);
  }
  for (; i < end; i++) {
    s0 += dy[i] as number;
    p0 += (dy[i] as number) * ((x[i] as number) - mean);
  }
  add(sums, c, s0 + s1);
  add(products, c, p0 + p1);
}

/** Sums down a block of rows, two lanes at a time. */
export function sumLanes(
  x: Float32Array,
  dy: Float32Array,
  begin: number,
  end: number,
  mean: Float64Array,
  sums: Float64Array,
  products: Float64Array,
): void {
  const lanes = mean.length;
  let lane = 0;
  for (; lane + 2 <= lanes; lane += 2) {
    const m0 = mean[lane] as number;
    const m1 = mean[lane + 1] as number;
    let s0 = 0;
    let s1 = 0;
    let p0 = 0;
    let p1 = 0;
    for (let i = begin + lane; i < end; i += lanes) {
      const up0 = dy[i] as number;
      const up1 = dy[i + 1] as number;
      s0 += up0;
      s1 += up1;
      p0 += up0 * ((x[i] as number) - m0);
      p1 += up1 * ((x[i + 1] as number) - m1);
    }
    add(sums, lane, s0);
    add(sums, lane + 1, s1);
    add(products, lane, p0);
    add(products, lane + 1, p1);
  }
  if (lane === lanes) return;
  const m = mean[lane] as number;
  for (let i = begin + lane; i < end; i += lanes) {
    add(sums, lane, dy[i] as number);
    add(products, lane, (dy[i] as number) * ((x[i] as number) - m));
  }
}
