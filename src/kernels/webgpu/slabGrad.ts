import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { SlabView } from '../contract.js';
import type { WebGpuBackend } from './device.js';
import { launch, type Program } from './dispatch.js';
import type { Backward } from './rowsGrad.js';
import { AT, PLACE, perChannel, pilots, slabOf, slabSizes, sums, tilesOf } from './slab.js';
import { folding } from './slabForward.js';
import { columns, ENTRY, element, reducer, rstd, values } from './wgsl.js';

interface Variant extends Readonly<Record<string, number | boolean>> {
  readonly isVector: boolean;
  readonly isAcross: boolean;
  readonly repeats: boolean;
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
  {
    isVector,
    isAcross,
    repeats,
  }: { readonly isVector: boolean; readonly isAcross: boolean; readonly repeats: boolean },
  { functions = '', statistics, each = '' }: { functions?: string; statistics: string; each?: string },
): string {
  const pair = isAcross ? 'mat2x4<f32>' : 'vec2<f32>';
  return `${values(isVector)}${sums(isAcross, isVector)}
${reducer('over', pair)}${element(isVector)}${pilots(isAcross)}${functions}${ENTRY}${PLACE}
  var a = V(); var d = V();
  if (on) { ${statistics}
    for (var q0 = lo + pi; q0 < hi; q0 += PL * 32u) {
      var sa = V(); var sd = V(); let end = min(hi, q0 + PL * 32u);
      for (var q = q0; q < end; q += PL) { let i = base + ${AT(repeats)}; let g = dy[i]; sa += g; sd += g * ((x[i] - V(pil) - V(m)) * V(r));${each} }
      a += sa; d += sd;
    }
  }
  let s = over(${pair}(acc(a), acc(d)), vl, PL);
  if (on && pi == 0u) { let o = (b * u.P + p) * u.C + c; pt[o] = s[0]; pt[u.B * u.P * u.C + o] = s[1]; }
}`;
}

/** Sums of a normalization's gradient; with given statistics dx too, which needs no sum. */
const SUMS: Program<Variant> = {
  name: 'sums',
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
fn foldSums(b: u32, g: u32, sub: u32, per: u32, l: u32, live: bool) -> vec2<f32> {
  let C = u.G * u.K; let E = u.P * u.K; let at = b * u.P * C + g * u.K; let off = u.B * u.P * C; var s = vec2<f32>();
  if (live) { for (var e = sub; e < E; e += per) { let i = at + e / u.K * C + e % u.K; s += vec2<f32>(pt[i], pt[off + i])${gamma ? ` * ${GAMMA}` : ''}; } }
  return sum2(s, l, per);
}`;
const GAMMA = 'gammaAt(g * u.K + e % u.K)';

const gammaAt = (isAcross: boolean): string => `
fn gammaAt(c: u32) -> f32 { return ${isAcross ? 'gamma[c / 4u][c % 4u]' : 'gamma[c]'}; }`;

/** dx by tiles that fold the sets they touch; the workgroups after them make dγ and dβ. */
const APPLY: Program<Variant> = {
  name: 'slabsGrad',
  wgsl({ isVector, isAcross, repeats, center }, has) {
    const gamma = has('gamma');
    const folded = (of: string) => perChannel(isAcross, `found[h / u.K - g0].${of}`);
    return `${values(isVector)}${sums(isAcross, isVector)}
var<workgroup> found: array<vec2<f32>, 256>;
${reducer('sum2', 'vec2<f32>')}${element(isVector)}${pilots(isAcross)}${gamma ? gammaAt(isAcross) : ''}${foldSums(gamma)}${has('dgamma') ? columns : ''}${ENTRY}
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
  wgsl: (
    _,
    has,
  ) => `${reducer('sum2', 'vec2<f32>')}${rstd('f32')}${has('gamma') ? gammaAt(false) : ''}${foldSums(has('gamma'))}${has('dgamma') ? columns : ''}${ENTRY}
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

/** The sums, in one dispatch; the caller disposes of them. */
function channelSums(
  host: WebGpuBackend,
  tensors: Omit<Backward, 'saved' | 'dx'> & Partial<GivenBackward & Backward>,
  view: SlabView,
  options: { center: boolean; epsilon: number },
) {
  const { x, dy, dx, saved, mean, variance, gamma } = tensors;
  const slab = slabOf(view);
  const tiles = tilesOf(slab, view.B, view.K);
  const pt = host.makeTensorInfo([2, view.B, tiles.P, view.G * view.K], 'float32');
  const ints = { B: view.B, ...slabSizes(view, slab, tiles), ...folding(view, tiles) };
  const { isVector, isAcross } = slab;
  const [all, across] = [isVector ? 'v' : 'f', isAcross ? 'v' : 'f'] as const;
  const variant = { isVector, isAcross, repeats: view.T > 1, center: options.center };
  const main = view.B * tiles.P * tiles.tiles;
  launch(host, SUMS, variant, {
    groups: main,
    outputs: [
      ['pt', across, pt],
      ['dx', all, dx],
    ],
    inputs: [
      ['x', all, x],
      ['dy', all, dy],
      ['saved', 'p', saved],
      ['mean', 'f', mean],
      ['variance', 'f', variance],
      ['gamma', across, dx && gamma],
    ],
    ints,
    floats: { eps: options.epsilon },
  });
  return { pt, ints, variant, all, across, main };
}

/** dx, dγ and dβ of slabs: two dispatches. */
export function normalizeSlabsGrad(host: WebGpuBackend, tensors: Backward, view: SlabView, center: boolean): void {
  const { x, dy, saved, gamma, dx, dgamma, dbeta } = tensors;
  const { pt, ints, variant, all, across, main } = channelSums(host, { x, dy, saved }, view, { center, epsilon: 0 });
  launch(host, APPLY, variant, {
    groups: main + (dgamma ? Math.ceil((view.G * view.K) / 32) : 0),
    outputs: [
      ['dx', all, dx],
      ['dgamma', 'f', dgamma],
      ['dbeta', 'f', dbeta],
    ],
    inputs: [
      ['x', all, x],
      ['dy', all, dy],
      ['saved', 'p', saved],
      ['pt', 'f', pt],
      ['gamma', across, gamma],
    ],
    ints: { ...ints, main },
    floats: { n: view.S * view.K * view.T },
  });
  host.disposeData(pt.dataId);
}

/** dx, dmean, dvariance, dγ and dβ of an application of given statistics: two dispatches. */
export function applyGivenGrad(host: WebGpuBackend, tensors: GivenBackward, view: SlabView, epsilon: number): void {
  const { gamma, variance, dmean, dvariance, dgamma, dbeta } = tensors;
  const { pt, ints } = channelSums(host, tensors, view, { center: true, epsilon });
  const main = Math.ceil((view.B * view.G) / 8);
  launch(
    host,
    GIVEN,
    {},
    {
      groups: main + (dgamma ? Math.ceil((view.G * view.K) / 32) : 0),
      outputs: [
        ['dmean', 'f', dmean],
        ['dvariance', 'f', dvariance],
        ['dgamma', 'f', dgamma],
        ['dbeta', 'f', dbeta],
      ],
      inputs: [
        ['variance', 'f', variance],
        ['pt', 'f', pt],
        ['gamma', 'f', gamma],
      ],
      ints: { ...ints, main },
      floats: { eps: epsilon },
    },
  );
  host.disposeData(pt.dataId);
}
