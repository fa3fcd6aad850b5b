import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { SlabView } from '../contract.js';
import type { WebGpuBackend } from './device.js';
import { launch, type Program } from './dispatch.js';
import type { Forward, Options } from './rows.js';
import {
  AT,
  head,
  PLACE,
  perChannel,
  type SlabVariant,
  setsOfTile,
  slabOf,
  slabSizes,
  type Tiles,
  tilesOf,
  variantOf,
} from './slab.js';
import { ENTRY, LANES, reducer, rstd } from './wgsl.js';

interface Variant extends SlabVariant {
  readonly center: boolean;
}

/** Mean, from the pilot, and squared deviations of every channel in every run of positions: `pt`, [2, B, P, C]. */
const PARTIALS: Program<Variant> = {
  name: 'partials',
  tensors: 'pt:A > x:V',
  wgsl: ({ center, ...variant }) => `${head(variant)}${reducer('sum', 'A')}${ENTRY}${PLACE}
  let pil = ${center ? 'pilotOf(b, c)' : 'A()'};
  var n = 0.0; var a = A(); var t = A();
  if (on) { for (var q0 = lo + pi; q0 < hi; q0 += PL * 4u) {
    var d: array<V, 4>; var s = V(); var w = 0.0;
    for (var k = 0u; k < 4u; k++) { let q = q0 + k * PL; if (q < hi) { d[k] = x[base + ${AT(variant.repeats)}] - V(pil); s += d[k]; w += WT; } }
    let m = ${center ? 'acc(s) / w' : 'A()'}; var v = V();
    for (var k = 0u; k < 4u; k++) { if (q0 + k * PL < hi) { let e = d[k] - V(m); v += e * e; } }
    let f = w / (n + w); let e = m - a; a += e * f; t += acc(v) + e * e * (n * f); n += w;
  } }
  let m = ${center ? 'sum(a * n, vl, PL) / (f32(hi - lo) * WT)' : 'A()'};
  let v = sum(t + (a - m) * (a - m) * n, vl, PL);
  if (on && pi == 0u) { let o = (b * u.P + p) * u.C + c; pt[o] = m; pt[u.B * u.P * u.C + o] = v; }
}`,
};

/** Mean, from the pilot, and variance of a set from its channels' partials, by `per` lanes: the total mean first. */
export const FOLD = `
fn count(p: u32) -> f32 { return f32(min(u.step, u.Q - p * u.step)) * WT; }
fn foldSet(b: u32, g: u32, sub: u32, per: u32, l: u32, live: bool) -> vec2f {
  let C = u.G * u.K; let E = select(0u, u.P * u.K, live); let at = b * u.P * C + g * u.K; let off = u.B * u.P * C; var a = 0.0;
  for (var e = sub; e < E; e += per) { let p = e / u.K; a += count(p) * pt[at + p * C + e % u.K]; }
  let m = fold(a, l, per) / u.n; a = 0.0;
  for (var e = sub; e < E; e += per) { let p = e / u.K; let i = at + p * C + e % u.K; let d = pt[i] - m; a += pt[off + i] + count(p) * d * d; }
  return vec2f(m, fold(a, l, per) / u.n);
}`;

/** Statistics of a set for whoever wants them. */
const keep = (has: (name: string) => boolean, center: boolean): string => `
    ${has('saved') ? 'saved[b * u.G + g] = vec2f(f.x, rstdOf(f.y));' : ''}
    ${has('mean') ? `mean[b * u.G + g] = ${center ? 'xAt(b * u.sample + g * u.span)' : '0.0'} + f.x; variance[b * u.G + g] = f.y;` : ''}`;

/** A tile folds the sets it touches, keeps those that begin in it, then normalizes its own run. */
const APPLY: Program<Variant> = {
  name: 'slabs',
  tensors: 'y:V saved:p mean:f variance:f > x:V pt:f gamma:A beta:A',
  wgsl({ center, ...variant }, has) {
    const { isAcross, repeats } = variant;
    return `${head(variant)}
var<workgroup> found: array<vec2f, 256>;
${reducer('fold', 'f32')}${rstd('f32')}${FOLD}${ENTRY}${PLACE}
  let g0 = tile * u.tc * WC / u.K; let gi = l / u.per; let g = g0 + gi; let live = gi < u.near && g < u.G;
  let f = foldSet(b, g, l % u.per, u.per, l, live);
  if (live && l % u.per == 0u) {
    found[gi] = vec2f(f.x, rstdOf(f.y));
    if (p == 0u && g * u.K / (u.tc * WC) == tile) {${keep(has, center)}}
  }
  workgroupBarrier();
  if (on) {
    let pil = ${center ? 'pilotOf(b, c)' : 'A()'}; let m = ${perChannel(isAcross, 'found[h / u.K - g0].x')};
    let scale = ${perChannel(isAcross, 'found[h / u.K - g0].y')}${has('gamma') ? ' * gamma[c]' : ''}; let shift = ${has('beta') ? 'beta[c]' : 'A()'};
    for (var q = lo + pi; q < hi; q += PL) { let i = base + ${AT(repeats)}; y[i] = (x[i] - V(pil) - V(m)) * V(scale) + V(shift); }
  }
}`;
  },
};

/** Eight sets a workgroup. */
const MOMENTS: Program<Variant> = {
  name: 'moments',
  tensors: 'saved:p mean:f variance:f > x:V pt:f',
  wgsl: (
    { center, ...variant },
    has,
  ) => `${has('x') ? head(variant) : `const WT = ${variant.isVector && !variant.isAcross ? 4 : 1}.0;`}
${reducer('fold', 'f32')}${rstd('f32')}${FOLD}${ENTRY}
  let k = wg * 8u + l / 32u; let b = k / u.G; let g = k % u.G; let live = b < u.B;
  let f = foldSet(b, g, l % 32u, 32u, l, live);
  if (live && l % 32u == 0u) {${keep(has, center)}}
}`,
};

/** First of two dispatches: the caller disposes of the partials. */
export function partials(host: WebGpuBackend, x: TensorInfo, view: SlabView, center: boolean) {
  const slab = slabOf(view);
  const tiles = tilesOf(slab, view.B, view.K);
  const pt = host.makeTensorInfo([2, view.B, tiles.P, view.G * view.K], 'float32');
  const sizes = slabSizes(view, slab, tiles);
  const variant = variantOf(slab, view);
  const main = view.B * tiles.P * tiles.tiles;
  launch(host, PARTIALS, { ...variant, center }, { pt, x }, main, sizes);
  return { pt, tiles, sizes, variant, main };
}

/** Lanes a set, where a tile folds the sets it touches. */
export function folding(view: SlabView, { tc }: Tiles) {
  const near = setsOfTile(view, tc * (slabOf(view).isAcross ? 4 : 1));
  return { near, per: 2 ** Math.floor(Math.log2(LANES / near)) };
}

/** Statistics of slabs, and y where it is wanted: two dispatches. */
export function normalizeSlabs(host: WebGpuBackend, tensors: Forward, view: SlabView, options: Options): void {
  const { epsilon: eps, center } = options;
  const { y, x } = tensors;
  const { pt, tiles, sizes, main, ...found } = partials(host, x, view, center);
  const variant = { ...found.variant, center };
  const numbers = { ...sizes, ...folding(view, tiles), eps };
  if (y) launch(host, APPLY, variant, { ...tensors, pt }, main, numbers);
  else {
    // What a shader does not read is not in its layout: without a pilot, x.
    const read = { ...tensors, x: center && tensors.mean ? x : undefined, pt };
    launch(host, MOMENTS, variant, read, Math.ceil((view.B * view.G) / 8), numbers);
  }
  host.disposeData(pt.dataId);
}
