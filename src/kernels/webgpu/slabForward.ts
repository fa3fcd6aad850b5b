import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { SlabView } from '../contract.js';
import type { WebGpuBackend } from './device.js';
import { launch, type Program } from './dispatch.js';
import type { Forward, Options } from './rows.js';
import { AT, PLACE, perChannel, pilots, setsOfTile, slabOf, slabSizes, sums, type Tiles, tilesOf } from './slab.js';
import { ENTRY, element, LANES, reducer, rstd, values } from './wgsl.js';

interface Variant extends Readonly<Record<string, number | boolean>> {
  readonly isVector: boolean;
  readonly isAcross: boolean;
  readonly repeats: boolean;
}

const variantOf = (view: SlabView): Variant => {
  const { isVector, isAcross } = slabOf(view);
  return { isVector, isAcross, repeats: view.T > 1 };
};

/** Mean, from the pilot, and squared deviations of every channel in every run of positions: `pt`, [2, B, P, C]. */
const PARTIALS: Program<Variant & { readonly center: boolean }> = {
  name: 'partials',
  wgsl: ({ isVector, isAcross, repeats, center }) => `${values(isVector)}${sums(isAcross, isVector)}
${reducer('sum', 'A')}${element(isVector)}${pilots(isAcross)}${ENTRY}${PLACE}
  let pil = ${center ? 'pilotOf(b, c)' : 'A()'};
  var n = 0.0; var a = A(); var s2 = A();
  if (on) { for (var q0 = lo + pi; q0 < hi; q0 += PL * 4u) {
    var d: array<V, 4>; var s = V(); var k_ = 0.0;
    for (var k = 0u; k < 4u; k++) { let q = q0 + k * PL; if (q < hi) { d[k] = x[base + ${AT(repeats)}] - V(pil); s += d[k]; k_ += WT; } }
    let m = ${center ? 'acc(s) / k_' : 'A()'}; var t = V();
    for (var k = 0u; k < 4u; k++) { if (q0 + k * PL < hi) { let e = d[k] - V(m); t += e * e; } }
    let f = k_ / (n + k_); let e = m - a; a += e * f; s2 += acc(t) + e * e * (n * f); n += k_;
  } }
  let m = ${center ? 'sum(a * n, vl, PL) / (f32(hi - lo) * WT)' : 'A()'};
  let t = sum(s2 + (a - m) * (a - m) * n, vl, PL);
  if (on && pi == 0u) { let o = (b * u.P + p) * u.C + c; pt[o] = m; pt[u.B * u.P * u.C + o] = t; }
}`,
};

/** Mean, from the pilot, and variance of a set from its channels' partials, by `per` lanes: the total mean first. */
const FOLD = `
fn foldSet(b: u32, g: u32, sub: u32, per: u32, l: u32, live: bool) -> vec2<f32> {
  let C = u.G * u.K; let E = u.P * u.K; let at = b * u.P * C + g * u.K; let off = u.B * u.P * C; var a = 0.0;
  if (live) { for (var e = sub; e < E; e += per) { let p = e / u.K; a += f32(min(u.step, u.Q - p * u.step)) * WT * pt[at + p * C + e % u.K]; } }
  let m = fold(a, l, per) / u.n; a = 0.0;
  if (live) { for (var e = sub; e < E; e += per) { let p = e / u.K; let i = at + p * C + e % u.K; let d = pt[i] - m; a += pt[off + i] + f32(min(u.step, u.Q - p * u.step)) * WT * d * d; } }
  return vec2<f32>(m, fold(a, l, per) / u.n);
}`;

/** Statistics of a set for whoever wants them. */
const keep = (has: (name: string) => boolean, pilot: string): string => `
    ${has('saved') ? 'saved[b * u.G + g] = vec2<f32>(f.x, rstdOf(f.y));' : ''}
    ${has('mean') ? `mean[b * u.G + g] = ${pilot} + f.x; variance[b * u.G + g] = f.y;` : ''}`;

const pilotOfSet = (center: boolean) => (center ? 'xAt(b * u.sample + g * u.span)' : '0.0');

/** A tile folds the sets it touches, then normalizes its own run. */
const APPLY: Program<Variant & { readonly center: boolean }> = {
  name: 'slabs',
  wgsl({ isVector, isAcross, repeats, center }, has) {
    const affine = `${has('gamma') ? ' * gamma[c]' : ''};${has('beta') ? ' let shift = beta[c];' : ''}`;
    return `${values(isVector)}${sums(isAcross, isVector)}
var<workgroup> found: array<vec2<f32>, 256>;
${reducer('fold', 'f32')}${rstd('f32')}${element(isVector)}${pilots(isAcross)}${FOLD}${ENTRY}${PLACE}
  let g0 = tile * u.tc * WC / u.K; let gi = l / u.per; let g = g0 + gi; let live = gi < u.near && g < u.G;
  let f = foldSet(b, g, l % u.per, u.per, l, live);
  if (live && l % u.per == 0u) {
    found[gi] = vec2<f32>(f.x, rstdOf(f.y));
    if (p == 0u && g * u.K >= tile * u.tc * WC) {${keep(has, pilotOfSet(center))}}
  }
  workgroupBarrier();
  if (on) {
    let pil = ${center ? 'pilotOf(b, c)' : 'A()'}; let m = ${perChannel(isAcross, 'found[h / u.K - g0].x')};
    let scale = ${perChannel(isAcross, 'found[h / u.K - g0].y')}${affine}
    for (var q = lo + pi; q < hi; q += PL) { let i = base + ${AT(repeats)}; y[i] = (x[i] - V(pil) - V(m)) * V(scale)${has('beta') ? ' + V(shift)' : ''}; }
  }
}`;
  },
};

/** Eight sets a workgroup. */
const MOMENTS: Program<Variant & { readonly center: boolean }> = {
  name: 'moments',
  wgsl: ({ isVector, isAcross, center }, has) => `${values(isVector)}${sums(isAcross, isVector)}
${reducer('fold', 'f32')}${rstd('f32')}${center ? element(isVector) : ''}${FOLD}${ENTRY}
  let k = wg * 8u + l / 32u; let b = k / u.G; let g = k % u.G; let live = b < u.B;
  let f = foldSet(b, g, l % 32u, 32u, l, live);
  if (live && l % 32u == 0u) {${keep(has, pilotOfSet(center))}}
}`,
};

export interface Partials {
  readonly pt: TensorInfo;
  readonly tiles: Tiles;
  readonly ints: Readonly<Record<string, number>>;
}

/** First of two dispatches: the caller disposes of the partials. */
export function partials(host: WebGpuBackend, x: TensorInfo, view: SlabView, center: boolean): Partials {
  const slab = slabOf(view);
  const tiles = tilesOf(slab, view.B, view.K);
  const pt = host.makeTensorInfo([2, view.B, tiles.P, view.G * view.K], 'float32');
  const ints = { B: view.B, ...slabSizes(view, slab, tiles) };
  const [all, across] = [slab.isVector ? 'v' : 'f', slab.isAcross ? 'v' : 'f'] as const;
  launch(
    host,
    PARTIALS,
    { ...variantOf(view), center },
    {
      groups: view.B * tiles.P * tiles.tiles,
      outputs: [['pt', across, pt]],
      inputs: [['x', all, x]],
      ints,
    },
  );
  return { pt, tiles, ints };
}

/** Lanes a set, where a tile folds the sets it touches. */
export function folding(view: SlabView, { tc }: Tiles) {
  const near = setsOfTile(view, tc * (slabOf(view).isAcross ? 4 : 1));
  return { near, per: 2 ** Math.floor(Math.log2(LANES / near)) };
}

/** Statistics of slabs, and y where it is wanted: two dispatches. */
export function normalizeSlabs(
  host: WebGpuBackend,
  tensors: Forward,
  view: SlabView,
  { epsilon, center }: Options,
): void {
  const { x, y, saved, mean, variance, gamma, beta } = tensors;
  const { pt, tiles, ints } = partials(host, x, view, center);
  const { isVector, isAcross } = slabOf(view);
  const [all, across] = [isVector ? 'v' : 'f', isAcross ? 'v' : 'f'] as const;
  launch(
    host,
    y ? APPLY : MOMENTS,
    { ...variantOf(view), center },
    {
      groups: y ? view.B * tiles.P * tiles.tiles : Math.ceil((view.B * view.G) / 8),
      outputs: [
        ['y', all, y],
        ['saved', 'p', saved],
        ['mean', 'f', mean],
        ['variance', 'f', variance],
      ],
      inputs: [
        // A tensor that a shader does not read is not in its layout.
        ['x', all, y || center ? x : undefined],
        ['pt', 'f', pt],
        ['gamma', across, gamma],
        ['beta', across, beta],
      ],
      ints: { ...ints, ...folding(view, tiles) },
      floats: { n: view.S * view.K * view.T, eps: epsilon },
    },
  );
  host.disposeData(pt.dataId);
}
