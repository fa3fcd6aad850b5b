import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { MixtureGradAttrs } from '../contract.js';
import type { WebGpuBackend } from './device.js';
import { launch, type Program } from './dispatch.js';
import { type MixedVariant, mixed, mixOf, PLACES, placesOf } from './mixture.js';
import { AT, head, PLACE, perChannel, slabOf, slabSizes, tilesOf, variantOf } from './slab.js';
import { sumsOf } from './slabGrad.js';
import { ENTRY, reducer } from './wgsl.js';

const SUMS: Program<MixedVariant> = {
  name: 'mixedSums',
  tensors: 'pt:A > x:V dy:V st:v',
  wgsl: (variant) =>
    sumsOf(variant, {
      functions: mixOf(variant.isGate),
      statistics: `let pil = pilotOf(b, c); ${mixed(variant.isAcross).replace(/let r = .*/, 'let r = A(1.0);')}`,
    }),
};

/** A set's Σdy and Σdy·(x − mean) from its runs. */
const FOLD = `
fn fold(b: u32, c: u32) -> vec2f {
  let at = b * u.P * u.G + c; let off = u.B * u.P * u.G; var s = vec2f();
  for (var p = 0u; p < u.P; p++) { s += vec2f(pt[at + p * u.G], pt[off + at + p * u.G]); }
  return s;
}`;

/** Gradients of what was mixed and of r itself; adds to what the batch statistics get, and to ρ's. */
const GATE = `
    let f = t.z * rb; let share = select(f / r, 0.0, r == 0.0); let own = rstdOf(i.y);
    let dshare = select(dm * (t.x - i.z) / r, 0.0, r == 0.0); let whole = dr - dshare * share;
    aux[b * u.G + c] = vec4f(dm * (1.0 - share), -0.5 * whole * (1.0 - t.z) * own * own * own, r * t.w, 0.0);
    tot += vec4f(dm * share, -0.5 * rb * rb * rb * (whole + dshare) * t.z, (whole + dshare) * rb - whole * own, 0.0);`;
const SWITCH = `
    let dv = -0.5 * r * r * r * dr;
    aux[b * u.G + c] = vec4f(part(1.0 - w.y - w.z, dm), part(v.x, dv), r * t.w, 0.0);
    tot += vec4f(part(w.z, dm), part(v.z, dv), 0.0, 0.0);`;

/** Of a sample: gradients of its layer statistics, and its part in those of the weights. */
const LAYERS = `
  let b = min((wg - u.main) * 8u + l / 32u, u.B - 1u); let layer = layerAt(b); var g = mat2x4f();
  for (var c = l % 32u; c < u.G; c += 32u) {
    let i = instanceAt(b, c); let t = batchAt(c); let r = mixOf(b, c).y; let s = fold(b, c) * t.w;
    let dm = -r * s.x; let dv = -0.5 * r * r * r * s.y;
    g += mat2x4f(vec4f(part(w.y, dm), part(v.y, dv), dm * (layer.x - i.w), dm * (t.x - i.z)), dv * vec4f(i.y, layer.y, t.y, 0.0));
  }
  g = sums(g, l, 32u);
  if (l % 32u == 0u && (wg - u.main) * 8u + l / 32u < u.B) { let o = u.B * u.G + u.G + 2u * b; aux[o] = g[0]; aux[o + 1u] = g[1]; }`;

/**
 * From the sums to the gradients of all statistics, `aux`: of every set its own and γ·r, of every channel those of the batch's
 * statistics, of every sample two vectors. 32 channels a workgroup, then eight samples a workgroup.
 */
const STATISTICS: Program<{ readonly isGate: boolean }> = {
  name: 'mixGrad',
  tensors: 'aux:v drho:f dmemoryMean:f dmemoryVariance:f dgamma:f dbeta:f > pt:f st:v',
  wgsl: ({ isGate }, has) => `${mixOf(isGate)}${FOLD}${reducer('sums', 'mat2x4f')}${ENTRY}
  ${isGate ? '' : 'let w = weightsAt(0u); let v = weightsAt(1u);'}
  if (wg < u.main) {
    let c = wg * 32u + (l & 31u); var tot = vec4f(); var p = vec4f();
    if (c < u.G) { let t = batchAt(c); let rb = rstdOf(t.y); for (var b = l >> 5u; b < u.B; b += 8u) {
      let i = instanceAt(b, c); let r = mixOf(b, c).y; let s = fold(b, c);
      p += vec4f(s.y * r, s.x, 0.0, 0.0); let dm = -r * t.w * s.x; let dr = t.w * s.y;
      ${isGate ? GATE : SWITCH}
    } }
    let s = sums(mat2x4f(tot, p), (l & 31u) * 8u + (l >> 5u), 8u);
    if (l < 32u && c < u.G) {
      aux[u.B * u.G + c] = s[0];
      ${isGate ? 'drho[c] = s[0].z;' : ''}
      ${has('dmemoryMean') ? 'dmemoryMean[c] = s[0].x; dmemoryVariance[c] = s[0].y;' : ''}
      ${has('dgamma') ? 'dgamma[c] = s[1].x; dbeta[c] = s[1].y;' : ''}
    }
    return;
  }
  ${isGate ? '' : LAYERS}
}`,
};

/** The whole gradients of a set's mean and variance: its own, and its share in those of batch and layer. */
const whole = (isGate: boolean, ownBatch: boolean): string => `
fn whole(b: u32, c: u32) -> vec4f {
  let i = instanceAt(b, c); var a = aux[b * u.G + c];
  ${ownBatch ? 'let g = aux[u.B * u.G + c].xy / f32(u.B); a += vec4f(g.x + part(2.0 * g.y, i.z - batchAt(c).x), g.y, 0.0, 0.0);' : ''}
  ${isGate ? '' : 'let h = aux[u.B * u.G + u.G + 2u * b].xy / f32(u.G); a += vec4f(h.x + part(2.0 * h.y, i.w - layerAt(b).x), h.y, 0.0, 0.0);'}
  return vec4f(a.x / u.n, 2.0 * a.y / u.n, a.z, i.x);
}`;

/** Gradients of the logits, by one workgroup. */
const LOGITS = `
    var g = mat2x4f();
    for (var b = l; b < u.B; b += 256u) { let o = u.B * u.G + u.G + 2u * b; g += mat2x4f(aux[o], aux[o + 1u]); }
    g = sums(g, l, 256u);
    if (l == 0u) {
      let w = weightsAt(0u).xyz; let v = weightsAt(1u).xyz; let a = vec3f(0.0, g[0].zw); let e = g[1].xyz;
      let dw = w * (a - vec3f(dot(w, a))); let dv = v * (e - vec3f(dot(v, e)));
      let at = vec3u(u.instance, u.layer, u.batch);
      for (var k = 0u; k < 3u; k++) { if (at[k] < 3u) { dmeanWeight[at[k]] = dw[k]; dvarianceWeight[at[k]] = dv[k]; } }
    }
    return;`;

const APPLY: Program<MixedVariant & { readonly ownBatch: boolean }> = {
  name: 'mixedGrad',
  tensors: 'dx:V dmeanWeight:f dvarianceWeight:f > x:V dy:V st:v aux:v',
  wgsl({ isGate, ownBatch, ...variant }) {
    const { isAcross, repeats } = variant;
    const of = (part: string) => perChannel(isAcross, `whole(b, h).${part}`);
    return `${head(variant)}${PLACES}${whole(isGate, ownBatch)}
${isGate ? '' : reducer('sums', 'mat2x4f')}${ENTRY}
  ${isGate ? '' : `if (wg == u.main) {${LOGITS} }`}${PLACE}
  if (on) { let pil = pilotOf(b, c); let k0 = ${of('x')}; let k1 = ${of('y')}; let k2 = ${of('z')}; let m = ${of('w')};
    for (var q = lo + pi; q < hi; q += PL) { let i = base + ${AT(repeats)}; dx[i] = dy[i] * V(k2) + V(k0) + V(k1) * (x[i] - V(pil) - V(m)); } }
}`;
  },
};

type Small = 'rho' | 'meanWeight' | 'varianceWeight' | 'memoryMean' | 'memoryVariance' | 'gamma' | 'beta';

export type MixtureBackward = Readonly<Record<'x' | 'dy' | 'saved' | 'dx', TensorInfo>> &
  Readonly<Record<`d${Small}`, TensorInfo | undefined>>;

/** Three dispatches: sums, the gradients of all statistics, and dx with those of the logits. */
export function mixGrad(
  host: WebGpuBackend,
  { saved: st, ...tensors }: MixtureBackward,
  attrs: MixtureGradAttrs,
): void {
  const { view, epsilon } = attrs;
  const isGate = attrs.by === 'rstd';
  const slab = slabOf(view);
  const tiles = tilesOf(slab, view.B, 1);
  const pt = host.makeTensorInfo([2, view.B, tiles.P, view.G], 'float32');
  const aux = host.makeTensorInfo([view.B * view.G + view.G + 2 * view.B, 4], 'float32');
  const all = { ...tensors, st, pt, aux };
  const sizes = { ...slabSizes(view, slab, tiles), eps: epsilon };
  const variant = { ...variantOf(slab, view), isGate };
  const main = view.B * tiles.P * tiles.tiles;
  launch(host, SUMS, variant, all, main, sizes);
  const channels = Math.ceil(view.G / 32);
  const samples = isGate ? 0 : Math.ceil(view.B / 8);
  launch(host, STATISTICS, { isGate }, all, channels + samples, { ...sizes, main: channels });
  const last = { ...variant, ownBatch: !tensors.dmemoryMean };
  launch(host, APPLY, last, all, main + (isGate ? 0 : 1), { ...sizes, main, ...placesOf(attrs) });
  for (const { dataId } of [pt, aux]) host.disposeData(dataId);
}
