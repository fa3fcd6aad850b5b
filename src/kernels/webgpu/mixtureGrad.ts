import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { MixtureGradAttrs } from '../contract.js';
import type { WebGpuBackend } from './device.js';
import { type Binding, launch, type Program } from './dispatch.js';
import { type MixedVariant, mixed, mixOf, PLACES, placesOf } from './mixture.js';
import { AT, PLACE, perChannel, pilots, slabOf, slabSizes, sums, tilesOf } from './slab.js';
import { sumsOf } from './slabGrad.js';
import { ENTRY, element, LANES, reducer, values } from './wgsl.js';

const SUMS: Program<MixedVariant> = {
  name: 'mixedSums',
  wgsl: (variant) =>
    sumsOf(variant, {
      functions: mixOf(variant.isGate),
      statistics: `let pil = pilotOf(b, c); ${mixed(variant.isAcross).replace(/let r = .*/, 'let r = A(1.0);')}`,
    }),
};

/** A set's Σdy and Σdy·(x − mean) from its runs. */
const FOLD = `
fn fold(b: u32, c: u32) -> vec2<f32> {
  let at = b * u.P * u.G + c; let off = u.B * u.P * u.G; var s = vec2<f32>();
  for (var p = 0u; p < u.P; p++) { s += vec2<f32>(pt[at + p * u.G], pt[off + at + p * u.G]); }
  return s;
}`;

/** Gradients of what was mixed and of r itself; adds to what the batch statistics get, and to ρ's. */
const GATE = `
    let f = t.z * rb; let share = select(f / r, 0.0, r == 0.0); let own = rstdOf(i.y);
    let dshare = select(dm * (t.x - i.z) / r, 0.0, r == 0.0); let whole = dr - dshare * share;
    aux[b * u.G + c] = vec4<f32>(dm * (1.0 - share), -0.5 * whole * (1.0 - t.z) * own * own * own, r * t.w, 0.0);
    tot += vec4<f32>(dm * share, -0.5 * rb * rb * rb * (whole + dshare) * t.z, (whole + dshare) * rb - whole * own, 0.0);`;
const SWITCH = `
    let dv = -0.5 * r * r * r * dr;
    aux[b * u.G + c] = vec4<f32>(dm * (1.0 - w.y - w.z), v.x * dv, r * t.w, 0.0);
    tot += vec4<f32>(w.z * dm, v.z * dv, 0.0, 0.0);`;

/** Of a sample: gradients of its layer statistics, and its part in those of the weights. */
const LAYERS = `
  let b = min((wg - u.main) * 8u + l / 32u, u.B - 1u); let layer = layerAt(b); var g = mat2x4<f32>();
  for (var c = l % 32u; c < u.G; c += 32u) {
    let i = instanceAt(b, c); let t = batchAt(c); let r = mixOf(b, c).y; let s = fold(b, c) * t.w;
    let dm = -r * s.x; let dv = -0.5 * r * r * r * s.y;
    g += mat2x4<f32>(vec4<f32>(w.y * dm, v.y * dv, dm * (layer.x - i.z), dm * (t.x - i.z)), dv * vec4<f32>(i.y, layer.y, t.y, 0.0));
  }
  g = sums(g, l, 32u);
  if (l % 32u == 0u && (wg - u.main) * 8u + l / 32u < u.B) { let o = u.B * u.G + u.G + 2u * b; aux[o] = g[0]; aux[o + 1u] = g[1]; }`;

/**
 * From the sums to the gradients of all statistics, `aux`: of every set its own and γ·r, of every channel those of the batch's
 * statistics, of every sample two vectors. 32 channels a workgroup, then eight samples a workgroup.
 */
const STATISTICS: Program<{ readonly isGate: boolean }> = {
  name: 'mixGrad',
  wgsl: ({ isGate }, has) => `${mixOf(isGate)}${FOLD}${reducer('sums', 'mat2x4<f32>')}${ENTRY}
  ${isGate ? '' : 'let w = weightsAt(0u); let v = weightsAt(1u);'}
  if (wg < u.main) {
    let c = wg * 32u + (l & 31u); var tot = vec4<f32>(); var p = vec4<f32>();
    if (c < u.G) { let t = batchAt(c); let rb = rstdOf(t.y); for (var b = l >> 5u; b < u.B; b += 8u) {
      let i = instanceAt(b, c); let r = mixOf(b, c).y; let s = fold(b, c);
      p += vec4<f32>(s.y * r, s.x, 0.0, 0.0); let dm = -r * t.w * s.x; let dr = t.w * s.y;
      ${isGate ? GATE : SWITCH}
    } }
    let s = sums(mat2x4<f32>(tot, p), (l & 31u) * 8u + (l >> 5u), 8u);
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
fn whole(b: u32, c: u32) -> vec4<f32> {
  let i = instanceAt(b, c); var a = aux[b * u.G + c];
  ${ownBatch ? 'let g = aux[u.B * u.G + c].xy / f32(u.B); a += vec4<f32>(g.x + 2.0 * g.y * (i.z - batchAt(c).x), g.y, 0.0, 0.0);' : ''}
  ${isGate ? '' : 'let h = aux[u.B * u.G + u.G + 2u * b].xy / f32(u.G); a += vec4<f32>(h.x + 2.0 * h.y * (i.z - layerAt(b).x), h.y, 0.0, 0.0);'}
  return vec4<f32>(a.x / u.n, 2.0 * a.y / u.n, a.z, i.x);
}`;

/** Gradients of the logits, by one workgroup. */
const LOGITS = `
    var g = mat2x4<f32>();
    for (var b = l; b < u.B; b += 256u) { let o = u.B * u.G + u.G + 2u * b; g += mat2x4<f32>(aux[o], aux[o + 1u]); }
    g = sums(g, l, 256u);
    if (l == 0u) {
      let w = weightsAt(0u).xyz; let v = weightsAt(1u).xyz; let a = vec3<f32>(0.0, g[0].zw); let e = g[1].xyz;
      let dw = w * (a - vec3<f32>(dot(w, a))); let dv = v * (e - vec3<f32>(dot(v, e)));
      let at = vec3<u32>(u.instance, u.layer, u.batch);
      for (var k = 0u; k < 3u; k++) { if (at[k] < 3u) { dmeanWeight[at[k]] = dw[k]; dvarianceWeight[at[k]] = dv[k]; } }
    }
    return;`;

const APPLY: Program<MixedVariant & { readonly ownBatch: boolean }> = {
  name: 'mixedGrad',
  wgsl({ isGate, isVector, isAcross, repeats, ownBatch }) {
    const of = (part: string) => perChannel(isAcross, `whole(b, h).${part}`);
    return `${values(isVector)}${sums(isAcross, isVector)}${element(isVector)}${pilots(isAcross)}${PLACES}${whole(isGate, ownBatch)}
${isGate ? '' : reducer('sums', 'mat2x4<f32>')}${ENTRY}
  ${isGate ? '' : `if (wg == u.main) {${LOGITS} }`}${PLACE}
  if (on) { let pil = pilotOf(b, c); let k0 = ${of('x')}; let k1 = ${of('y')}; let k2 = ${of('z')}; let m = ${of('w')};
    for (var q = lo + pi; q < hi; q += PL) { let i = base + ${AT(repeats)}; dx[i] = dy[i] * V(k2) + V(k0) + V(k1) * (x[i] - V(pil) - V(m)); } }
}`;
  },
};

export interface MixtureBackward {
  readonly x: TensorInfo;
  readonly dy: TensorInfo;
  readonly saved: TensorInfo;
  readonly dx: TensorInfo;
  readonly drho?: TensorInfo | undefined;
  readonly dmeanWeight?: TensorInfo | undefined;
  readonly dvarianceWeight?: TensorInfo | undefined;
  readonly dmemoryMean?: TensorInfo | undefined;
  readonly dmemoryVariance?: TensorInfo | undefined;
  readonly dgamma?: TensorInfo | undefined;
  readonly dbeta?: TensorInfo | undefined;
}

/** Three dispatches: sums, the gradients of all statistics, and dx with those of the logits. */
export function mixGrad(host: WebGpuBackend, tensors: MixtureBackward, attrs: MixtureGradAttrs): void {
  const { x, dy, saved, dx, drho, dmemoryMean, dmemoryVariance, dgamma, dbeta } = tensors;
  const { view, epsilon } = attrs;
  const isGate = attrs.by === 'rstd';
  const slab = slabOf(view);
  const { isVector, isAcross } = slab;
  const tiles = tilesOf(slab, view.B, 1);
  const [all, across] = [isVector ? 'v' : 'f', isAcross ? 'v' : 'f'] as const;
  const pt = host.makeTensorInfo([2, view.B, tiles.P, view.G], 'float32');
  const aux = host.makeTensorInfo([view.B * view.G + view.G + 2 * view.B, 4], 'float32');
  const st: Binding = ['st', 'v', saved];
  const ints = { B: view.B, ...slabSizes(view, slab, tiles) };
  const floats = { eps: epsilon, n: view.S * view.T };
  const variant = { isGate, isVector, isAcross, repeats: view.T > 1 };
  const both: Binding[] = [['x', all, x], ['dy', all, dy], st];
  const main = view.B * tiles.P * tiles.tiles;
  launch(host, SUMS, variant, { groups: main, outputs: [['pt', across, pt]], inputs: both, ints, floats });
  const channels = Math.ceil(view.G / 32);
  launch(
    host,
    STATISTICS,
    { isGate },
    {
      groups: channels + (isGate ? 0 : Math.ceil(view.B / (LANES / 32))),
      outputs: [
        ['aux', 'v', aux],
        ['drho', 'f', drho],
        ['dmemoryMean', 'f', dmemoryMean],
        ['dmemoryVariance', 'f', dmemoryVariance],
        ['dgamma', 'f', dgamma],
        ['dbeta', 'f', dbeta],
      ],
      inputs: [['pt', 'f', pt], st],
      ints: { ...ints, main: channels },
      floats,
    },
  );
  launch(
    host,
    APPLY,
    { ...variant, ownBatch: !dmemoryMean },
    {
      groups: main + (isGate ? 0 : 1),
      outputs: [
        ['dx', all, dx],
        ['dmeanWeight', 'f', tensors.dmeanWeight],
        ['dvarianceWeight', 'f', tensors.dvarianceWeight],
      ],
      inputs: [...both, ['aux', 'v', aux]],
      ints: { ...ints, main, ...placesOf(attrs) },
      floats,
    },
  );
  for (const { dataId } of [pt, aux]) host.disposeData(dataId);
}
