import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { SlabView } from '../contract.js';
import type { WebGpuBackend } from './device.js';
import { launch, type Program, type Tensors } from './dispatch.js';
import type { Backward } from './rowsGrad.js';
import {
  AT,
  head,
  PLACE,
  pairOf,
  perChannel,
  type SlabVariant,
  slabOf,
  slabSizes,
  tilesOf,
  variantOf,
} from './slab.js';
import { folding } from './slabForward.js';
import { columns, ENTRY, reducer, rstd } from './wgsl.js';

interface Variant extends SlabVariant {
  readonly center: boolean;
}

/** The channel's mean (after the pilot) and 1/deviation: saved, or those that were given. */
const STATISTICS = (isAcross: boolean, given: boolean, center: boolean): string => {
  const at = 'b * u.G + h / u.K';
  const m = perChannel(isAcross, given ? `mean[${at}]` : `saved[${at}].x`);
  const r = given ? `rstdOf(${perChannel(isAcross, `variance[${at}]`)})` : perChannel(isAcross, `saved[${at}].y`);
  return `let pil = ${center && !given ? 'pilotOf(b, c)' : 'A()'}; let m = ${m}; let r = ${r};`;
};

/** `statistics` says what pil, m and r are: sums of dy and of dy·(x − pil − m)·r of every channel, `pt`, [2, B, P, C]. */
export function sumsOf(
  variant: { readonly isVector: boolean; readonly isAcross: boolean; readonly repeats: boolean },
  { functions = '', statistics, each = '' }: { functions?: string; statistics: string; each?: string },
): string {
  const { isAcross, repeats } = variant;
  return `${head(variant)}${reducer('over', pairOf(isAcross))}${functions}${ENTRY}${PLACE}
  var a = V(); var d = V();
  if (on) { ${statistics}
    for (var q0 = lo + pi; q0 < hi; q0 += PL * 32u) {
      var sa = V(); var sd = V(); let end = min(hi, q0 + PL * 32u);
      for (var q = q0; q < end; q += PL) { let i = base + ${AT(repeats)}; let g = dy[i]; sa += g; sd += g * ((x[i] - V(pil) - V(m)) * V(r));${each} }
      a += sa; d += sd;
    }
  }
  let s = over(${pairOf(isAcross)}(acc(a), acc(d)), vl, PL);
  if (on && pi == 0u) { let o = (b * u.P + p) * u.C + c; pt[o] = s[0]; pt[u.B * u.P * u.C + o] = s[1]; }
}`;
}

/** Sums of a normalization's gradient; with given statistics dx too, which needs no sum. */
const SUMS: Program<Variant> = {
  name: 'sums',
  tensors: 'pt:A dx:V > x:V dy:V saved:p mean:f variance:f gamma:A',
  wgsl(variant, has) {
    const given = has('mean');
    return sumsOf(variant, {
      functions: given ? rstd('A') : '',
      statistics: STATISTICS(variant.isAcross, given, variant.center),
      each: has('dx') ? ` dx[i] = g * V(r${has('gamma') ? ' * gamma[c]' : ''});` : '',
    });
  },
};

/** Sums of g = dy·γ and of g·x̂ over a set, from its channels'. */
const foldSums = (gamma: boolean): string => `
fn foldSums(b: u32, g: u32, sub: u32, per: u32, l: u32, live: bool) -> vec2f {
  let C = u.G * u.K; let E = u.P * u.K; let at = b * u.P * C + g * u.K; let off = u.B * u.P * C; var s = vec2f();
  if (live) { for (var e = sub; e < E; e += per) { let i = at + e / u.K * C + e % u.K; s += vec2f(pt[i], pt[off + i])${gamma ? ` * ${GAMMA}` : ''}; } }
  return sum2(s, l, per);
}`;
const GAMMA = 'gammaAt(g * u.K + e % u.K)';

const gammaAt = (isAcross: boolean): string => `
fn gammaAt(c: u32) -> f32 { return ${isAcross ? 'gamma[c / 4u][c % 4u]' : 'gamma[c]'}; }`;

/** dx by tiles that fold the sets they touch; the workgroups after them make dγ and dβ. */
const APPLY: Program<Variant> = {
  name: 'slabsGrad',
  tensors: 'dx:V dgamma:f dbeta:f > x:V dy:V saved:p pt:f gamma:A',
  wgsl({ center, ...variant }, has) {
    const { isAcross, repeats } = variant;
    const gamma = has('gamma');
    const folded = (of: string) => perChannel(isAcross, `found[h / u.K - g0].${of}`);
    return `${head(variant)}
var<workgroup> found: array<vec2f, 256>;
${reducer('sum2', 'vec2f')}${gamma ? gammaAt(isAcross) : ''}${foldSums(gamma)}${has('dgamma') ? columns : ''}${ENTRY}
  ${has('dgamma') ? 'if (wg >= u.main) { columns(wg - u.main, l, u.B * u.P, u.G * u.K); return; }' : ''}${PLACE}
  let g0 = tile * u.tc * WC / u.K; let gi = l / u.per; let g = g0 + gi; let live = gi < u.near && g < u.G;
  let f = foldSums(b, g, l % u.per, u.per, l, live) / u.n;
  if (live && l % u.per == 0u) { found[gi] = f; }
  workgroupBarrier();
  if (on) { ${STATISTICS(isAcross, false, center)} let level = ${center ? folded('x') : 'A()'}; let slope = ${folded('y')};
    for (var q = lo + pi; q < hi; q += PL) { let i = base + ${AT(repeats)};
      dx[i] = V(r) * (dy[i]${gamma ? ' * V(gamma[c])' : ''} - V(level) - (x[i] - V(pil) - V(m)) * V(r) * V(slope)); } }
}`;
  },
};

/** What was given has gradients of its own: eight sets a workgroup, then the channels. */
const GIVEN: Program<Record<string, never>> = {
  name: 'givenGrad',
  tensors: 'dmean:f dvariance:f dgamma:f dbeta:f > variance:f pt:f gamma:f',
  wgsl: (
    _,
    has,
  ) => `${reducer('sum2', 'vec2f')}${rstd('f32')}${has('gamma') ? gammaAt(false) : ''}${foldSums(has('gamma'))}${has('dgamma') ? columns : ''}${ENTRY}
  ${has('dgamma') ? 'if (wg >= u.main) { columns(wg - u.main, l, u.B * u.P, u.G * u.K); return; }' : ''}
  let k = wg * 8u + l / 32u; let b = k / u.G; let live = b < u.B;
  let f = foldSums(b, k % u.G, l % 32u, 32u, l, live);
  if (live && l % 32u == 0u) { let r = rstdOf(variance[k]); dmean[k] = -r * f.x; dvariance[k] = -0.5 * r * r * f.y; }
}`,
};

export interface GivenBackward extends Omit<Backward, 'saved'> {
  readonly mean: TensorInfo;
  readonly variance: TensorInfo;
  readonly dmean: TensorInfo;
  readonly dvariance: TensorInfo;
}

/** The sums, in one dispatch, of which `make` makes the rest in a second. */
function withSums(
  host: WebGpuBackend,
  tensors: Tensors,
  view: SlabView,
  { center, eps }: { center: boolean; eps: number },
  make: (pt: TensorInfo, variant: Variant, main: number, numbers: Readonly<Record<string, number>>) => void,
): void {
  const slab = slabOf(view);
  const tiles = tilesOf(slab, view.B, view.K);
  const pt = host.makeTensorInfo([2, view.B, tiles.P, view.G * view.K], 'float32');
  const numbers = { ...slabSizes(view, slab, tiles), ...folding(view, tiles), eps };
  const variant = { ...variantOf(slab, view), center };
  const main = view.B * tiles.P * tiles.tiles;
  launch(host, SUMS, variant, { ...tensors, pt }, main, numbers);
  make(pt, variant, main, numbers);
  host.disposeData(pt.dataId);
}

/** Workgroups for dγ and dβ besides the others. */
const columnsOf = ({ G, K }: SlabView, dgamma: TensorInfo | undefined): number =>
  dgamma ? Math.ceil((G * K) / 32) : 0;

/** dx, dγ and dβ of slabs: two dispatches. */
export function normalizeSlabsGrad(host: WebGpuBackend, tensors: Backward, view: SlabView, center: boolean): void {
  const { x, dy, saved, dgamma } = tensors;
  withSums(host, { x, dy, saved }, view, { center, eps: 0 }, (pt, variant, main, numbers) => {
    const groups = main + columnsOf(view, dgamma);
    launch(host, APPLY, variant, { ...tensors, pt }, groups, { ...numbers, main });
  });
}

/** dx, dmean, dvariance, dγ and dβ of an application of given statistics: two dispatches. */
export function applyGivenGrad(host: WebGpuBackend, tensors: GivenBackward, view: SlabView, eps: number): void {
  const { dgamma } = tensors;
  withSums(host, { ...tensors }, view, { center: true, eps }, (pt, _, __, numbers) => {
    const main = Math.ceil((view.B * view.G) / 8);
    launch(host, GIVEN, {}, { ...tensors, pt }, main + columnsOf(view, dgamma), { ...numbers, main });
  });
}
