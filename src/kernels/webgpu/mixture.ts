import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type Kernels, type MixtureAttrs, type SlabView, STATISTICS } from '../contract.js';
import type { WebGpuBackend } from './device.js';
import { type Binding, launch, type Program } from './dispatch.js';
import { AT, PLACE, pilots, slabOf, sums } from './slab.js';
import { partials } from './slabForward.js';
import { ENTRY, element, reducer, rstd, values } from './wgsl.js';

/**
 * Mixtures of Instance, Layer and Batch statistics: all of them lie in one tensor `st` of vectors, which is also what is
 * saved. For every [b, c]: mean from the set's first value, variance, mean from x's first value; for every channel the
 * batch's mean and variance, ρ, γ; for every sample the layer's; then the softmaxes of both logits.
 * Differences are taken of means from x's first value: they are small where x's mean is large.
 */
export const savedSize = ({ B, G }: SlabView): number => B * G + G + B + 2;

export const PLACES = `
fn instanceAt(b: u32, c: u32) -> vec4<f32> { return st[b * u.G + c]; }
fn batchAt(c: u32) -> vec4<f32> { return st[u.B * u.G + c]; }
fn layerAt(b: u32) -> vec4<f32> { return st[u.B * u.G + u.G + b]; }
fn weightsAt(k: u32) -> vec4<f32> { return st[u.B * u.G + u.G + u.B + k]; }`;

/** The mixed mean, from the set's first value, and 1/deviation; `share` is the batch's in a gate. src/kernels/mix.ts has the formulas. */
export const mixOf = (isGate: boolean): string => `${PLACES}${rstd('f32')}
fn mixOf(b: u32, c: u32) -> vec2<f32> {
  let i = instanceAt(b, c); let t = batchAt(c);
  ${
    isGate
      ? `let f = t.z * rstdOf(t.y); let r = f + (1.0 - t.z) * rstdOf(i.y);
  return vec2<f32>(i.x + select(f / r, 0.0, r == 0.0) * (t.x - i.z), r);`
      : `let s = layerAt(b); let w = weightsAt(0u); let v = weightsAt(1u);
  return vec2<f32>(i.x + w.y * (s.x - i.z) + w.z * (t.x - i.z), rstdOf(v.x * i.y + v.y * s.y + v.z * t.y));`
  }
}`;

/** m and r of a lane's channel or channels. */
export function mixed(isAcross: boolean): string {
  if (!isAcross) return 'let f0 = mixOf(b, c); let m = f0.x; let r = f0.y;';
  const of = [0, 1, 2, 3];
  const list = (part: string) => of.map((k) => `f${k}.${part}`).join(', ');
  return `${of.map((k) => `let f${k} = mixOf(b, c * 4u + ${k}u);`).join(' ')} let m = A(${list('x')}); let r = A(${list('y')});`;
}

interface Kind extends Readonly<Record<string, number | boolean>> {
  readonly isGate: boolean;
}

/** Where a logit stands among the given, 3 where there is none. */
const SOFTMAX = `
fn softmax(p: vec3<f32>) -> vec4<f32> {
  let at = vec3<u32>(u.instance, u.layer, u.batch) < vec3<u32>(3u);
  let m = max(max(select(p.y, p.x, at.x), select(p.x, p.y, at.y)), select(select(p.y, p.x, at.x), p.z, at.z));
  let e = select(vec3<f32>(), exp(p - vec3<f32>(m)), at);
  return vec4<f32>(e / (e.x + e.y + e.z), 0.0);
}`;
const countOf = (width: number): string => `f32(min(u.step, u.Q - p * u.step)) * ${width}.0`;

const logits = (name: string) =>
  `vec3<f32>(${STATISTICS.map((statistic) => `${name}[min(u.${statistic}, u.logits)]`).join(', ')})`;

/** What is not mixed is only handed on: ρ and γ, beside the batch's mean and variance. */
const handedOn = (isGate: boolean, has: (name: string) => boolean): string =>
  `${isGate ? 'rho[c]' : '0.0'}, ${has('gamma') ? 'gamma[c]' : '1.0'}`;

/** Instance statistics out of the partials, eight sets a workgroup, and the softmaxes. */
const INSTANCE: Program<{ readonly width: number }> = {
  name: 'instance',
  wgsl: ({ width }, has) => `${reducer('sum', 'f32')}${SOFTMAX}${ENTRY}
  let k = wg * 8u + l / 32u; let sub = l % 32u; let live = k < u.B * u.G; let b = k / u.G; let c = k % u.G;
  let at = b * u.P * u.G + c; let off = u.B * u.P * u.G; var a = 0.0;
  if (live) { for (var p = sub; p < u.P; p += 32u) { a += ${countOf(width)} * pt[at + p * u.G]; } }
  let m = sum(a, l, 32u) / u.n; a = 0.0;
  if (live) { for (var p = sub; p < u.P; p += 32u) { let i = at + p * u.G; let d = pt[i] - m; a += pt[off + i] + ${countOf(width)} * d * d; } }
  let v = sum(a, l, 32u) / u.n;
  if (live && sub == 0u) {
    st[k] = vec4<f32>(m, v, (x[b * u.sample + c * u.span] - x[0]) + m, 0.0);
    if (b == 0u) { st[u.B * u.G + c] = vec4<f32>(0.0, 0.0, ${handedOn(false, has)}); }
    if (k == 0u) { let o = u.B * u.G + u.G + u.B; st[o] = softmax(${logits('meanWeight')}); st[o + 1u] = softmax(${logits('varianceWeight')}); }
  }
}`,
};

/** The same by one lane a set, where only channels ask for the sums of their sets, and no other workgroup. */
const runs = (width: number): string => `
fn runs(b: u32, c: u32) -> vec4<f32> {
  let at = b * u.P * u.G + c; let off = u.B * u.P * u.G; var m = 0.0; var v = 0.0;
  for (var p = 0u; p < u.P; p++) { m += ${countOf(width)} * pt[at + p * u.G]; }
  m /= u.n;
  for (var p = 0u; p < u.P; p++) { let i = at + p * u.G; let d = pt[i] - m; v += pt[off + i] + ${countOf(width)} * d * d; }
  return vec4<f32>(m, v / u.n, (x[b * u.sample + c * u.span] - x[0]) + m, 0.0);
}`;

/** Of a sample's layer, eight samples a workgroup. */
const LAYERS = `
  let b = (wg - u.main) * 8u + l / 32u; let bb = min(b, u.B - 1u); let z = instanceAt(bb, 0u).z; var a = 0.0;
  for (var c = l % 32u; c < u.G; c += 32u) { a += instanceAt(bb, c).z - z; }
  let d = sum(a, l, 32u) / f32(u.G); a = 0.0;
  for (var c = l % 32u; c < u.G; c += 32u) { let i = instanceAt(bb, c); let e = i.z - z - d; a += i.y + e * e; }
  let v = sum(a, l, 32u) / f32(u.G);
  if (b < u.B && l % 32u == 0u) { st[u.B * u.G + u.G + b] = vec4<f32>(z + d, v, 0.0, 0.0); }`;

/** Of the batch, from the first sample's first value. */
const BATCH = `
    let z = x[cc * u.span] - x[0]; let vl = (l & 31u) * 8u + (l >> 5u); var a = 0.0;
    for (var b = l >> 5u; b < u.B; b += 8u) { a += instanceAt(b, cc).z - z; }
    let d = sum(a, vl, 8u) / f32(u.B); a = 0.0;
    for (var b = l >> 5u; b < u.B; b += 8u) { let i = instanceAt(b, cc); let e = i.z - z - d; a += i.y + e * e; }
    let v = sum(a, vl, 8u) / f32(u.B); let t = z + d;`;

/** Batch statistics, 32 channels a workgroup, or those given; then layer statistics. A gate's takes the partials itself. */
const TOTALS: Program<Kind & { readonly width: number }> = {
  name: 'totals',
  wgsl: ({ isGate, width }, has) => `${PLACES}${reducer('sum', 'f32')}${isGate ? runs(width) : ''}${ENTRY}
  if (wg < u.main) {
    let c = wg * 32u + (l & 31u); let cc = min(c, u.G - 1u);
    ${isGate ? 'if (c < u.G) { for (var b = l >> 5u; b < u.B; b += 8u) { st[b * u.G + c] = runs(b, c); } }' : ''}
    ${has('memoryMean') ? 'let t = memoryMean[cc] - x[0]; let v = memoryVariance[cc];' : BATCH}
    if (c < u.G && l < 32u) {
      let o = u.B * u.G + c; st[o] = vec4<f32>(t, v, ${isGate ? handedOn(isGate, has) : 'st[o].zw'});
      ${has('mean') ? 'mean[c] = x[c * u.span] + d; variance[c] = v;' : ''}
    }
    return;
  }
  ${isGate ? '' : LAYERS}
}`,
};

export interface MixedVariant extends Kind {
  readonly isVector: boolean;
  readonly isAcross: boolean;
  readonly repeats: boolean;
}

const APPLY: Program<MixedVariant> = {
  name: 'mixed',
  wgsl({ isGate, isVector, isAcross, repeats }, has) {
    const gamma = isAcross ? `A(${[0, 1, 2, 3].map((k) => `batchAt(c * 4u + ${k}u).w`).join(', ')})` : 'batchAt(c).w';
    return `${values(isVector)}${sums(isAcross, isVector)}${element(isVector)}${pilots(isAcross)}${mixOf(isGate)}${ENTRY}${PLACE}
  if (on) { let pil = pilotOf(b, c); ${mixed(isAcross)} let scale = r * ${gamma};${has('beta') ? ' let shift = beta[c];' : ''}
    for (var q = lo + pi; q < hi; q += PL) { let i = base + ${AT(repeats)}; y[i] = (x[i] - V(pil) - V(m)) * V(scale)${has('beta') ? ' + V(shift)' : ''}; } }
}`;
  },
};

/** Places of the logits in the order of the attributes. */
export function placesOf({ statistics }: Pick<MixtureAttrs, 'statistics'>) {
  const place = (name: (typeof STATISTICS)[number]) => (statistics.includes(name) ? statistics.indexOf(name) : 3);
  const [instance, layer, batch] = STATISTICS.map(place) as [number, number, number];
  return { instance, layer, batch, logits: statistics.length - 1 };
}

interface Outputs {
  readonly y: TensorInfo;
  readonly mean?: TensorInfo | undefined;
  readonly variance?: TensorInfo | undefined;
}

/** y in four dispatches: partials, Instance statistics, totals, and the application of what is mixed on the way; a gate in three. */
export function mix(
  host: WebGpuBackend,
  inputs: Parameters<Kernels['Mixture']>[0],
  { y, mean, variance }: Outputs,
  attrs: MixtureAttrs,
): TensorInfo {
  const { x, gamma, beta, rho, meanWeight, varianceWeight, memoryMean, memoryVariance } = inputs;
  const { view, epsilon } = attrs;
  const isGate = attrs.by === 'rstd';
  const { isVector, isAcross, width } = slabOf(view);
  const [all, across] = [isVector ? 'v' : 'f', isAcross ? 'v' : 'f'] as const;
  const { pt, tiles, ints } = partials(host, x, view, true);
  const st = host.makeTensorInfo([savedSize(view), 4, 1, 1], 'float32');
  const statistics: Binding = ['st', 'v', st];
  const whole: Binding[] = [['x', 'f', x]];
  const handed: Binding[] = [
    ['pt', 'f', pt],
    ['gamma', 'f', gamma],
  ];
  const n = view.S * view.T;
  if (!isGate) {
    launch(
      host,
      INSTANCE,
      { width },
      {
        groups: Math.ceil((view.B * view.G) / 8),
        outputs: [statistics],
        inputs: [...whole, ...handed, ['meanWeight', 'f', meanWeight], ['varianceWeight', 'f', varianceWeight]],
        ints: { ...ints, ...placesOf(attrs) },
        floats: { n },
      },
    );
  }
  const main = Math.ceil(view.G / 32);
  launch(
    host,
    TOTALS,
    { isGate, width },
    {
      groups: main + (isGate ? 0 : Math.ceil(view.B / 8)),
      outputs: [statistics, ['mean', 'f', mean], ['variance', 'f', variance]],
      inputs: [
        ...whole,
        ...(isGate ? handed : []),
        ['rho', 'f', isGate ? rho : undefined],
        ['memoryMean', 'f', memoryMean],
        ['memoryVariance', 'f', memoryVariance],
      ],
      ints: { ...ints, main },
      floats: { n },
    },
  );
  launch(
    host,
    APPLY,
    { isGate, isVector, isAcross, repeats: view.T > 1 },
    {
      groups: view.B * tiles.P * tiles.tiles,
      outputs: [['y', all, y]],
      inputs: [
        ['x', all, x],
        ['st', 'v', st],
        ['beta', across, beta],
      ],
      ints,
      floats: { eps: epsilon },
    },
  );
  host.disposeData(pt.dataId);
  return st;
}
