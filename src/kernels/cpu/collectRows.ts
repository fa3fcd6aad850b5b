import type { SlabView } from '../contract.js';
import { add } from './blocks.js';
import type { Collected, Known } from './terms.js';

function collectRow(
  x: Float32Array,
  dy: Float32Array,
  set: number,
  c0: number,
  K: number,
  known: Known,
  into: Collected,
) {
  const mean = known.mean[set] as number;
  const rstd = known.rstd[set] as number;
  let level = 0;
  let slope = 0;
  for (let k = 0, i = set * K, c = c0; k < K; k++, i++, c++) {
    const scale = known.scale[c] as number;
    const up = dy[i] as number;
    const product = up * ((x[i] as number) - mean);
    level += up * scale;
    slope += product * scale;
    add(into.dgamma, c, product * rstd);
    add(into.dbeta, c, up);
  }
  into.level[set] = level;
  into.slope[set] = slope;
}

/** Two rows of the same channels at once: dγ and dβ are loaded and stored half as often. */
function collectTwoRows(
  x: Float32Array,
  dy: Float32Array,
  set: number,
  other: number,
  c0: number,
  K: number,
  { mean, rstd, scale }: Known,
  { level, slope, dgamma, dbeta }: Collected,
): void {
  const m0 = mean[set] as number;
  const m1 = mean[other] as number;
  const r0 = rstd[set] as number;
  const r1 = rstd[other] as number;
  let l0 = 0;
  let l1 = 0;
  let s0 = 0;
  let s1 = 0;
  for (let k = 0, i = set * K, j = other * K, c = c0; k < K; k++, i++, j++, c++) {
    const a = scale[c] as number;
    const up0 = dy[i] as number;
    const up1 = dy[j] as number;
    const p0 = up0 * ((x[i] as number) - m0);
    const p1 = up1 * ((x[j] as number) - m1);
    l0 += up0 * a;
    l1 += up1 * a;
    s0 += p0 * a;
    s1 += p1 * a;
    add(dgamma, c, p0 * r0 + p1 * r1);
    add(dbeta, c, up0 + up1);
  }
  level[set] = l0;
  level[other] = l1;
  slope[set] = s0;
  slope[other] = s1;
}

/** Rows that hold every channel once: dγ and dβ take a term from each element. */
export function collectRows(
  x: Float32Array,
  dy: Float32Array,
  { G, K }: SlabView,
  known: Known,
  into: Collected,
  from: number,
  to: number,
): void {
  let b = from;
  for (; b + 1 < to; b += 2) {
    for (let g = 0; g < G; g++) collectTwoRows(x, dy, b * G + g, (b + 1) * G + g, g * K, K, known, into);
  }
  if (b < to) for (let g = 0; g < G; g++) collectRow(x, dy, b * G + g, g * K, K, known, into);
}
