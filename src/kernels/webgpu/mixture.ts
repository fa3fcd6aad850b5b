import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type Kernels, type MixtureAttrs, type SlabView, STATISTICS } from '../contract.js';
import type { WebGpuBackend } from './device.js';
import { launch, type Program } from './dispatch.js';
import { AT, head, PLACE, perChannel, type SlabVariant } from './slab.js';
import { FOLD, partials } from './slabForward.js';
import { ENTRY, reducer, rstd } from './wgsl.js';

/**
 * Mixtures of Instance, Layer and Batch statistics: all of them lie in one tensor `st` of vectors, which is also what is
 * saved. For every [b, c]: mean from the set's first value, variance, mean from the channel's first value, mean from the
 * sample's first value; for every channel the batch's mean (from the channel's first value) and variance, ρ, γ; for every sample
 * the layer's mean (from the sample's first value) and variance; then the softmaxes of both logits.
 * Differences are taken of means from a value that both share: they are small where these are large, and see no other channel or sample.
 * Test: "one channel far from the others".
 */
export const savedMixture = ({ B, G }: SlabView) => [B * G + G + B + 2, 4, 1, 1];

export const PLACES = `
fn instanceAt(b: u32, c: u32) -> vec4f { return st[b * u.G + c]; }
fn batchAt(c: u32) -> vec4f { return st[u.B * u.G + c]; }
fn layerAt(b: u32) -> vec4f { return st[u.B * u.G + u.G + b]; }
fn weightsAt(k: u32) -> vec4f { return st[u.B * u.G + u.G + u.B + k]; }
// Nothing of what is not mixed, NaN neither.
fn part(w: f32, v: f32) -> f32 { return select(w * v, 0.0, w == 0.0); }`;

/** The mixed mean, from the set's first value, and 1/deviation; `share` is the batch's in a gate. src/kernels/mix.ts has the formulas. */
export const mixOf = (isGate: boolean): string => `${PLACES}${rstd('f32')}
fn mixOf(b: u32, c: u32) -> vec2f {
  let i = instanceAt(b, c); let t = batchAt(c);
  ${
    isGate
      ? `let f = t.z * rstdOf(t.y); let r = f + (1.0 - t.z) * rstdOf(i.y);
  return vec2f(i.x + select(f / r, 0.0, r == 0.0) * (t.x - i.z), r);`
      : `let s = layerAt(b); let w = weightsAt(0u); let v = weightsAt(1u);
  return vec2f(i.x + part(w.y, s.x - i.w) + part(w.z, t.x - i.z), rstdOf(part(v.x, i.y) + part(v.y, s.y) + part(v.z, t.y)));`
  }
}`;

/** m and r of a lane's channel or channels. */
export function mixed(isAcross: boolean): string {
  if (!isAcross) return 'let f0 = mixOf(b, c); let m = f0.x; let r = f0.y;';
  const of = [0, 1, 2, 3];
  const list = (part: string) => of.map((k) => `f${k}.${part}`).join(', ');
  return `${of.map((k) => `let f${k} = mixOf(b, c * 4u + ${k}u);`).join(' ')} let m = A(${list('x')}); let r = A(${list('y')});`;
}

export interface MixedVariant extends SlabVariant {
  readonly isGate: boolean;
}

/** Where a logit stands among the given, 3 where there is none. */
const SOFTMAX = `
fn softmax(p: vec3f) -> vec4f {
  let at = vec3u(u.instance, u.layer, u.batch) < vec3u(3u);
  let m = max(max(select(p.y, p.x, at.x), select(p.x, p.y, at.y)), select(select(p.y, p.x, at.x), p.z, at.z));
  let e = select(vec3f(), exp(p - vec3f(m)), at);
  return vec4f(e / (e.x + e.y + e.z), 0.0);
}`;
const logits = (name: string) =>
  `vec3f(${STATISTICS.map((statistic) => `${name}[min(u.${statistic}, u.logits)]`).join(', ')})`;

/** What is not mixed is only handed on: ρ and γ, beside the batch's mean and variance. */
const handedOn = (isGate: boolean, has: (name: string) => boolean): string =>
  `${isGate ? 'rho[c]' : '0.0'}, ${has('gamma') ? 'gamma[c]' : '1.0'}`;

/** Instance statistics out of the partials, eight sets a workgroup, and the softmaxes. */
const INSTANCE: Program<SlabVariant> = {
  name: 'instance',
  tensors: 'st:v > x:V pt:f gamma:f meanWeight:f varianceWeight:f',
  wgsl: (variant, has) => `${head(variant)}${reducer('fold', 'f32')}${FOLD}${SOFTMAX}${ENTRY}
  let k = wg * 8u + l / 32u; let live = k < u.B * u.G; let b = k / u.G; let c = k % u.G;
  let f = foldSet(b, c, l % 32u, 32u, l, live);
  if (live && l % 32u == 0u) {
    let own = xAt(b * u.sample + c * u.span);
    st[k] = vec4f(f, (own - xAt(c * u.span)) + f.x, (own - xAt(b * u.sample)) + f.x);
    if (b == 0u) { st[u.B * u.G + c] = vec4f(0.0, 0.0, ${handedOn(false, has)}); }
    if (k == 0u) { let o = u.B * u.G + u.G + u.B; st[o] = softmax(${logits('meanWeight')}); st[o + 1u] = softmax(${logits('varianceWeight')}); }
  }
}`,
};

/** The same by one lane a set, where only channels ask for the sums of their sets, and no other workgroup. */
const RUNS = `
fn count(p: u32) -> f32 { return f32(min(u.step, u.Q - p * u.step)) * WT; }
fn runs(b: u32, c: u32) -> vec4f {
  let at = b * u.P * u.G + c; let off = u.B * u.P * u.G; var m = 0.0; var v = 0.0;
  for (var p = 0u; p < u.P; p++) { m += count(p) * pt[at + p * u.G]; }
  m /= u.n;
  for (var p = 0u; p < u.P; p++) { let i = at + p * u.G; let d = pt[i] - m; v += pt[off + i] + count(p) * d * d; }
  return vec4f(m, v / u.n, (xAt(b * u.sample + c * u.span) - xAt(c * u.span)) + m, 0.0);
}`;

/** Of a sample's layer, eight samples a workgroup. */
const LAYERS = `
  let b = (wg - u.main) * 8u + l / 32u; let bb = min(b, u.B - 1u); let z = instanceAt(bb, 0u).w; var a = 0.0;
  for (var c = l % 32u; c < u.G; c += 32u) { a += instanceAt(bb, c).w - z; }
  let d = sum(a, l, 32u) / f32(u.G); a = 0.0;
  for (var c = l % 32u; c < u.G; c += 32u) { let i = instanceAt(bb, c); let e = i.w - z - d; a += i.y + e * e; }
  let v = sum(a, l, 32u) / f32(u.G);
  if (b < u.B && l % 32u == 0u) { st[u.B * u.G + u.G + b] = vec4f(z + d, v, 0.0, 0.0); }`;

/** Of the batch. A lane reads what it wrote itself, and one beyond the channels nothing: others may be writing there. */
const BATCH = `
    let vl = (l & 31u) * 8u + (l >> 5u); let end = select(0u, u.B, c < u.G); var a = 0.0;
    for (var b = l >> 5u; b < end; b += 8u) { a += instanceAt(b, c).z; }
    let t = sum(a, vl, 8u) / f32(u.B); a = 0.0;
    for (var b = l >> 5u; b < end; b += 8u) { let i = instanceAt(b, c); let e = i.z - t; a += i.y + e * e; }
    let v = sum(a, vl, 8u) / f32(u.B);`;

/** Batch statistics, 32 channels a workgroup, or those given; then layer statistics. A gate's takes the partials itself. */
const TOTALS: Program<MixedVariant> = {
  name: 'totals',
  tensors: 'st:v mean:f variance:f > x:V pt:f gamma:f rho:f memoryMean:f memoryVariance:f',
  wgsl: ({ isGate, ...variant }, has) => `${head(variant)}${PLACES}${reducer('sum', 'f32')}${isGate ? RUNS : ''}${ENTRY}
  if (wg < u.main) {
    let c = wg * 32u + (l & 31u); let cc = min(c, u.G - 1u); let pilot = xAt(cc * u.span);
    ${isGate ? 'if (c < u.G) { for (var b = l >> 5u; b < u.B; b += 8u) { st[b * u.G + c] = runs(b, c); } }' : ''}
    ${has('memoryMean') ? 'let t = memoryMean[cc] - pilot; let v = memoryVariance[cc];' : BATCH}
    if (c < u.G && l < 32u) {
      let o = u.B * u.G + c; st[o] = vec4f(t, v, ${isGate ? handedOn(isGate, has) : 'st[o].zw'});
      ${has('mean') ? 'mean[c] = pilot + t; variance[c] = v;' : ''}
    }
    return;
  }
  ${isGate ? '' : LAYERS}
}`,
};

const APPLY: Program<MixedVariant> = {
  name: 'mixed',
  tensors: 'y:V > x:V st:v beta:A',
  wgsl: ({ isGate, ...variant }, has) => `${head(variant)}${mixOf(isGate)}${ENTRY}${PLACE}
  if (on) { let pil = pilotOf(b, c); ${mixed(variant.isAcross)} let scale = r * ${perChannel(variant.isAcross, 'batchAt(h).w')}; let shift = ${has('beta') ? 'beta[c]' : 'A()'};
    for (var q = lo + pi; q < hi; q += PL) { let i = base + ${AT(variant.repeats)}; y[i] = (x[i] - V(pil) - V(m)) * V(scale) + V(shift); } }
}`,
};

/** Places of the logits in the order of the attributes. */
export function placesOf({ statistics }: Pick<MixtureAttrs, 'statistics'>) {
  const place = (name: (typeof STATISTICS)[number]) => (statistics.includes(name) ? statistics.indexOf(name) : 3);
  const [instance, layer, batch] = STATISTICS.map(place) as [number, number, number];
  return { instance, layer, batch, logits: statistics.length - 1 };
}

/** Outputs besides what is saved; absent ones are not wanted. */
type Outputs = Readonly<Record<'mean' | 'variance', TensorInfo | undefined>> & { readonly y: TensorInfo };

/**
 * y, and what is saved, in four dispatches: partials, Instance statistics, totals, and the application of what is mixed on the way; a
 * gate in three.
 */
export function mix(
  host: WebGpuBackend,
  inputs: Parameters<Kernels['Mixture']>[0],
  { y, ...moments }: Outputs,
  attrs: MixtureAttrs,
): TensorInfo {
  const { view, epsilon } = attrs;
  const isGate = attrs.by === 'rstd';
  const { pt, variant, main, sizes } = partials(host, inputs.x, view, true);
  const st = host.makeTensorInfo(savedMixture(view), 'float32');
  const all = { ...inputs, ...moments, y, st };
  const { x, memoryMean, memoryVariance } = inputs;
  if (!isGate) {
    launch(host, INSTANCE, variant, { ...all, pt }, Math.ceil((view.B * view.G) / 8), { ...sizes, ...placesOf(attrs) });
  }
  const channels = Math.ceil(view.G / 32);
  // Of the rest the other shader has made a copy; what a shader does not read is not in its layout.
  const read = isGate ? { ...all, pt } : { ...moments, st, x, memoryMean, memoryVariance };
  const groups = channels + (isGate ? 0 : Math.ceil(view.B / 8));
  launch(host, TOTALS, { ...variant, isGate }, read, groups, { ...sizes, main: channels });
  launch(host, APPLY, { ...variant, isGate }, all, main, { ...sizes, eps: epsilon });
  host.disposeData(pt.dataId);
  return st;
}
