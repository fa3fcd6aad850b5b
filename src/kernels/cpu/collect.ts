import type { SlabView } from '../contract.js';
import { add, byLanes, rowsPerBlock, toLanes } from './blocks.js';
import { collectRows } from './collectRows.js';
import { sumLanes, sumRun } from './collectSums.js';
import type { Collected, Known } from './terms.js';

/** The sums of one sample's channels, `repeat` of them a channel, to its sets and the batch. */
function fold(
  b: number,
  { G, K }: SlabView,
  repeat: number,
  sums: Float64Array,
  products: Float64Array,
  { rstd, scale }: Known,
  { level, slope, dgamma, dbeta }: Collected,
): void {
  for (let c = 0; c < G * K; c++) {
    const set = b * G + Math.floor(c / K);
    let sum = 0;
    let product = 0;
    for (let lane = c * repeat; lane < (c + 1) * repeat; lane++) {
      sum += sums[lane] as number;
      product += products[lane] as number;
    }
    add(level, set, sum * (scale[c] as number));
    add(slope, set, product * (scale[c] as number));
    add(dgamma, c, product * (rstd[set] as number));
    add(dbeta, c, sum);
  }
}

/** The means of a sample, one a channel. */
function meansOfChannels(b: number, { G, K }: SlabView, mean: Float64Array, means: Float64Array): void {
  for (let c = 0; c < means.length; c++) means[c] = mean[b * G + Math.floor(c / K)] as number;
}

function sumSample(
  x: Float32Array,
  dy: Float32Array,
  begin: number,
  { S, T }: SlabView,
  means: Float64Array,
  sums: Float64Array,
  products: Float64Array,
): void {
  const lanes = sums.length;
  if (byLanes(S, T)) {
    const end = begin + S * lanes;
    const block = rowsPerBlock(lanes) * lanes;
    const mean = toLanes(means, T);
    for (let i = begin; i < end; i += block) sumLanes(x, dy, i, Math.min(i + block, end), mean, sums, products);
    return;
  }
  let i = begin;
  for (let row = 0; row < S; row++) {
    for (let c = 0; c < lanes; c++, i += T) sumRun(x, dy, i, i + T, means[c] as number, c, sums, products);
  }
}

/** The sums of the samples `from … to − 1`. */
export function collect(
  x: Float32Array,
  dy: Float32Array,
  view: SlabView,
  known: Known,
  into: Collected,
  from: number,
  to: number,
): void {
  const { S, G, K, T } = view;
  if (S === 1 && T === 1) {
    collectRows(x, dy, view, known, into, from, to);
    return;
  }
  const repeat = byLanes(S, T) ? T : 1;
  const means = new Float64Array(G * K);
  const sums = new Float64Array(G * K * repeat);
  const products = new Float64Array(G * K * repeat);
  for (let b = from; b < to; b++) {
    meansOfChannels(b, view, known.mean, means);
    sums.fill(0);
    products.fill(0);
    sumSample(x, dy, b * S * G * K * T, view, means, sums, products);
    fold(b, view, repeat, sums, products, known, into);
  }
}
