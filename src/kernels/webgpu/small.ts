import type { SlabView } from '../contract.js';
import type { WebGpuBackend } from './device.js';
import { launch, type Program } from './dispatch.js';
import type { Forward, Options } from './rows.js';
import {
  AT,
  head,
  log2,
  PLACE,
  type Slab,
  type SlabVariant,
  slabOf,
  slabSizes,
  type Tiles,
  variantOf,
} from './slab.js';
import { ENTRY, LANES, reducer, rstd } from './wgsl.js';

/** Vectors a lane keeps. */
const KEPT = 8;

/** Channels of a tile of whole sets, in vectors; 0: none fits so many lanes. */
function wholeSets(K: number, lanes: number, width: number): number {
  for (let sets = Math.floor((lanes * width) / K); sets > 0; sets--) {
    if ((sets * K) % width === 0) return (sets * K) / width;
  }
  return 0;
}

/** Tiles of whole sets that registers hold, or nothing where they are too large. */
export function smallTiles(view: SlabView, slab: Slab): Tiles | undefined {
  const { C, T, Q, isAcross } = slab;
  const width = isAcross ? 4 : 1;
  let cl = view.T > 1 ? 0 : isAcross ? 2 : 4;
  // Few positions: lanes go to channels instead.
  while (cl < 6 && 1 << cl < C && Q <= LANES >> (cl + 1)) cl++;
  // Sums of 256 channels have room to be shared.
  while (width << cl < LANES && wholeSets(view.K, 1 << cl, width) === 0) cl++;
  const tc = Math.min(wholeSets(view.K, 1 << cl, width), C);
  if (tc === 0 || Q > KEPT * (LANES >> cl)) return undefined;
  const tl = log2(T, 8 - cl);
  return { tl, cl, tc, tiles: Math.ceil(C / tc), P: 1, step: Q };
}

interface Variant extends SlabVariant {
  readonly kept: number;
  readonly center: boolean;
}

/** Sum over a set's channels; `a` is the lane's channel's, which its first lane writes. */
const overSet = (isAcross: boolean): string => {
  const lanes = isAcross ? ['.x', '.y', '.z', '.w'] : [''];
  return `
var<workgroup> each: array<f32, 256>;
fn overSet(a: A, ci: u32, first: bool) -> A {
  if (u.K == 1u) { return a; }
  if (first) { ${lanes.map((of, k) => `each[ci * WC + ${k}u] = a${of};`).join(' ')} }
  workgroupBarrier();
  var t = A();
  for (var j = 0u; j < u.K; j++) { ${lanes.map((of, k) => `t${of} += each[(ci * WC + ${k}u) / u.K * u.K + j];`).join(' ')} }
  workgroupBarrier();
  return t;
}`;
};

/** Statistics and y of a sample's tile out of registers. */
const SMALL: Program<Variant> = {
  name: 'small',
  tensors: 'y:V saved:p mean:f variance:f > x:V gamma:A beta:A',
  wgsl({ kept, center, ...variant }, has) {
    const { isAcross, repeats } = variant;
    const lanes = isAcross ? ['.x', '.y', '.z', '.w'] : [''];
    const keep = lanes.map(
      (of, k) => `{ let h = c * WC + ${k}u; if (h % u.K == 0u) { let o = b * u.G + h / u.K;
      ${has('saved') ? `saved[o] = vec2f(m${of}, r${of});` : ''} ${has('mean') ? `mean[o] = pil${of} + m${of}; variance[o] = v${of};` : ''} } }`,
    );
    const write = `if (on) { let scale = r${has('gamma') ? ' * gamma[c]' : ''}; let shift = ${has('beta') ? 'beta[c]' : 'A()'};
    for (var k = 0u; k < NV; k++) { let q = pi + k * PL; if (q < hi) { y[base + ${AT(repeats)}] = (d[k] - V(m)) * V(scale) + V(shift); } } }`;
    return `${head(variant)}
const NV = ${kept}u;
${reducer('sum', 'A')}${rstd('A')}${overSet(isAcross)}${ENTRY}${PLACE}
  let at = min(ci, u.tc - 1u); let pil = ${center ? 'pilotOf(b, c)' : 'A()'};
  var d: array<V, NV>; var s = V();
  for (var k = 0u; k < NV; k++) { let q = pi + k * PL; d[k] = V(); if (on && q < hi) { d[k] = x[base + ${AT(repeats)}] - V(pil); s += d[k]; } }
  let m = ${center ? 'overSet(sum(acc(s), vl, PL), at, on && pi == 0u) / A(u.n)' : 'A()'};
  var t = V();
  for (var k = 0u; k < NV; k++) { if (on && pi + k * PL < hi) { let e = d[k] - V(m); t += e * e; } }
  let v = overSet(sum(acc(t), vl, PL), at, on && pi == 0u) / A(u.n); let r = rstdOf(v);
  if (on && pi == 0u) { ${keep.join('\n')} }
  ${has('y') ? write : ''}
}`;
  },
};

/** One dispatch. */
export function normalizeSmall(
  host: WebGpuBackend,
  tensors: Forward,
  view: SlabView,
  { epsilon: eps, center }: Options,
  tiles: Tiles,
): void {
  const slab = slabOf(view);
  const kept = slab.Q <= 2 * (LANES >> tiles.cl) ? 2 : KEPT;
  const sizes = { ...slabSizes(view, slab, tiles), eps };
  launch(host, SMALL, { ...variantOf(slab, view), kept, center }, { ...tensors }, view.B * tiles.tiles, sizes);
}
