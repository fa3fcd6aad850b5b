import type { SlabView } from '../contract.js';
import type { WebGpuBackend } from './device.js';
import { launch, type Program } from './dispatch.js';
import type { Forward, Options } from './rows.js';
import { AT, log2, PLACE, pilots, type Slab, slabOf, slabSizes, sums, type Tiles } from './slab.js';
import { ENTRY, element, LANES, reducer, rstd, values } from './wgsl.js';

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

interface Variant extends Readonly<Record<string, number | boolean>> {
  readonly isVector: boolean;
  readonly isAcross: boolean;
  readonly repeats: boolean;
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
  wgsl({ isVector, isAcross, repeats, kept, center }, has) {
    const lanes = isAcross ? ['.x', '.y', '.z', '.w'] : [''];
    const keep = lanes.map(
      (of, k) => `{ let h = c * WC + ${k}u; if (h % u.K == 0u) { let o = b * u.G + h / u.K;
      ${has('saved') ? `saved[o] = vec2<f32>(m${of}, r${of});` : ''} ${has('mean') ? `mean[o] = pil${of} + m${of}; variance[o] = v${of};` : ''} } }`,
    );
    const affine = `${has('gamma') ? ' * gamma[c]' : ''}`;
    return `${values(isVector)}${sums(isAcross, isVector)}
const NV = ${kept}u;
${reducer('sum', 'A')}${rstd('A')}${element(isVector)}${pilots(isAcross)}${overSet(isAcross)}${ENTRY}${PLACE}
  let mine = on && ci < u.tc; let at = min(ci, u.tc - 1u); let pil = ${center ? 'pilotOf(b, c)' : 'A()'};
  var d: array<V, NV>; var s = V();
  for (var k = 0u; k < NV; k++) { let q = pi + k * PL; d[k] = V(); if (mine && q < hi) { d[k] = x[base + ${AT(repeats)}] - V(pil); s += d[k]; } }
  let m = ${center ? 'overSet(sum(acc(s), vl, PL), at, mine && pi == 0u) / A(u.n)' : 'A()'};
  var t = V();
  for (var k = 0u; k < NV; k++) { if (mine && pi + k * PL < hi) { let e = d[k] - V(m); t += e * e; } }
  let v = overSet(sum(acc(t), vl, PL), at, mine && pi == 0u) / A(u.n); let r = rstdOf(v);
  if (mine && pi == 0u) { ${keep.join('\n')} }
  ${
    has('y')
      ? `if (mine) { let scale = r${affine}; ${has('beta') ? 'let shift = beta[c];' : ''}
    for (var k = 0u; k < NV; k++) { let q = pi + k * PL; if (q < hi) { y[base + ${AT(repeats)}] = (d[k] - V(m)) * V(scale)${has('beta') ? ' + V(shift)' : ''}; } } }`
      : ''
  }
}`;
  },
};

/** One dispatch. */
export function normalizeSmall(
  host: WebGpuBackend,
  { x, y, saved, mean, variance, gamma, beta }: Forward,
  view: SlabView,
  { epsilon, center }: Options,
  tiles: Tiles,
): void {
  const slab = slabOf(view);
  const { isVector, isAcross } = slab;
  const kept = slab.Q <= 2 * (LANES >> tiles.cl) ? 2 : KEPT;
  const [all, across] = [isVector ? 'v' : 'f', isAcross ? 'v' : 'f'] as const;
  launch(
    host,
    SMALL,
    { isVector, isAcross, repeats: view.T > 1, kept, center },
    {
      groups: view.B * tiles.tiles,
      outputs: [
        ['y', all, y],
        ['saved', 'p', saved],
        ['mean', 'f', mean],
        ['variance', 'f', variance],
      ],
      inputs: [
        ['x', all, x],
        ['gamma', across, gamma],
        ['beta', across, beta],
      ],
      ints: slabSizes(view, slab, tiles),
      floats: { n: view.S * view.K * view.T, eps: epsilon },
    },
  );
}
