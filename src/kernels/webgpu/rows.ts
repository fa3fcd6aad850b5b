import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { SlabView } from '../contract.js';
import type { WebGpuBackend } from './device.js';
import { launch, type Program } from './dispatch.js';
import { ENTRY, LANES, reducer, rstd, values } from './wgsl.js';

/**
 * Sets whose values lie together, one a row: one dispatch forward. A row fits the registers of 16, 64 or 256 lanes, so
 * that x is read once; a longer one is read twice, in blocks.
 */
export interface Rows {
  readonly rows: number;
  /** Of a row, in vectors. */
  readonly length: number;
  readonly isVector: boolean;
  /** Lanes a row. */
  readonly lanes: number;
  /** Vectors a lane. */
  readonly values: number;
  readonly isLong: boolean;
}

/** Few counts of lanes and values, so that shapes share pipelines. Few rows take more lanes each. */
function room(length: number, rows: number, isVector: boolean): Pick<Rows, 'lanes' | 'values' | 'isLong'> {
  const each = rows < 64 ? 1 : 4;
  const lanes = length <= 16 * each ? 16 : length <= 64 * each ? 64 : LANES;
  const needed = Math.ceil(length / lanes);
  if (needed <= 4) return { lanes, values: needed <= 1 ? 1 : 4, isLong: false };
  return needed <= 16 && !isVector ? { lanes, values: 16, isLong: false } : { lanes, values: 4, isLong: true };
}

/** A row of channels can be read by fours where γ can: four channels, or one channel four times. */
export function rowsOf({ B, S, G, K, T }: SlabView): Rows {
  const isVector = (T === 1 ? K : T) % 4 === 0;
  const length = (S * K * T) / (isVector ? 4 : 1);
  return { rows: B * G, length, isVector, ...room(length, B * G, isVector) };
}

/** The channel of vector j of a row, in vectors of γ, or in values where T repeats each. */
export function channelOf({ S, T }: SlabView): string {
  const within = T === 1 ? 'j' : 'j / u.T';
  return S === 1 ? within : `(${within}) % u.K`;
}

/** Sizes of a row's channels, in vectors. */
export function rowSizes({ G, K, T }: SlabView, { rows, length, isVector }: Rows) {
  const width = isVector ? 4 : 1;
  return { rows, length, G, K: T === 1 ? K / width : K, T: T === 1 ? 1 : T / width };
}

interface Variant extends Readonly<Record<string, number | boolean>> {
  readonly isVector: boolean;
  readonly lanes: number;
  readonly values: number;
  readonly isLong: boolean;
  readonly center: boolean;
  readonly isAcross: boolean;
  readonly repeats: boolean;
  readonly wraps: boolean;
}

/** Measured from the pilot, the row's first value: exact where values are close. Test: "accuracy". */
const IN_REGISTERS = (pilot: string, mean: string) => `
  let p = ${pilot};
  var d: array<V, NV>; var s = V();
  for (var k = 0u; k < NV; k++) { let j = lane + k * TPR; d[k] = V(); if (j < u.length) { d[k] = x[base + j] - V(p); s += d[k]; } }
  let m = ${mean};
  var q = V();
  for (var k = 0u; k < NV; k++) { if (lane + k * TPR < u.length) { let e = d[k] - V(m); q += e * e; } }
  let v = sum(hsum(q), l, TPR) / u.n;`;

/** Every lane keeps count, mean and squares of its blocks, and they are merged once: no sum runs long. */
const IN_BLOCKS = (pilot: string, mean: string, blockMean: string) => `
  let p = ${pilot};
  var n = 0.0; var a = 0.0; var q = 0.0;
  for (var j0 = lane; j0 < u.length; j0 += TPR * NV) {
    var d: array<V, NV>; var s = V(); var c = 0.0;
    for (var k = 0u; k < NV; k++) { let j = j0 + k * TPR; d[k] = V(); if (j < u.length) { d[k] = x[base + j] - V(p); s += d[k]; c += f32(W); } }
    let b = ${blockMean}; var t = V();
    for (var k = 0u; k < NV; k++) { if (j0 + k * TPR < u.length) { let e = d[k] - V(b); t += e * e; } }
    let f = c / (n + c); let e = b - a; a += e * f; q += hsum(t) + e * e * n * f; n += c;
  }
  let m = ${mean};
  let v = sum(q + n * (a - m) * (a - m), l, TPR) / u.n;`;

const NORMALIZE: Program<Variant> = {
  name: 'rows',
  tensors: 'y:V saved:p mean:f variance:f > x:V gamma:A beta:A',
  wgsl({ isVector, lanes, values: NV, isLong, center, repeats, wraps }, has) {
    const channel = channelOf({ B: 0, S: wraps ? 2 : 1, G: 0, K: 0, T: repeats ? 2 : 1 });
    const affine = `${has('gamma') ? ` * V(gamma[c0 + ${channel}])` : ''}${has('beta') ? ` + V(beta[c0 + ${channel}])` : ''}`;
    const write = (value: string) => `y[base + j] = ${value} * r${affine};`;
    const pilot = center ? (isVector ? 'x[base].x' : 'x[base]') : '0.0';
    const from = (sum: string) => (center ? `sum(${sum}, l, TPR) / u.n` : '0.0');
    const inBlocks = IN_BLOCKS(pilot, from('n * a'), center ? 'hsum(s) / c' : '0.0');
    const statistics = isLong ? inBlocks : IN_REGISTERS(pilot, from('hsum(s)'));
    const spread = `
  let chunk = (u.length + u.split - 1u) / u.split; let end = min(u.length, (part + 1u) * chunk);
  for (var j = part * chunk + lane; j < end; j += TPR) { ${write('(x[base + j] - V(p) - V(m))')} }`;
    const once = `
  for (var k = 0u; k < NV; k++) { let j = lane + k * TPR; if (ok && j < u.length) { ${write('(d[k] - V(m))')} } }`;
    return `${values(isVector)}
const TPR = ${lanes}u; const NV = ${NV}u;
${reducer('sum', 'f32')}${rstd('f32')}${ENTRY}
  let lane = l % TPR; let part = wg % u.split; let row = wg / u.split * ${LANES / lanes}u + l / TPR; let ok = row < u.rows;
  let at = min(row, u.rows - 1u); let base = at * u.length; let c0 = at % u.G * u.K;
  ${statistics}
  let r = rstdOf(v);
  if (ok && lane == 0u && part == 0u) {
    ${has('saved') ? 'saved[row] = vec2f(m, r);' : ''}
    ${has('mean') ? 'mean[row] = p + m; variance[row] = v;' : ''}
  }
  ${has('y') ? (isLong ? spread : once) : ''}
}`;
  },
};

export interface Forward {
  readonly x: TensorInfo;
  readonly gamma?: TensorInfo | undefined;
  readonly beta?: TensorInfo | undefined;
  /** Outputs; absent ones are not wanted. */
  readonly y?: TensorInfo | undefined;
  readonly saved?: TensorInfo | undefined;
  readonly mean?: TensorInfo | undefined;
  readonly variance?: TensorInfo | undefined;
}

export interface Options {
  readonly epsilon: number;
  readonly center: boolean;
}

/** Statistics of rows, and y where it is wanted: one dispatch. */
export function normalizeRows(
  host: WebGpuBackend,
  tensors: Forward,
  view: SlabView,
  { epsilon: eps, center }: Options,
): void {
  const plan = rowsOf(view);
  const { isVector, lanes, isLong, rows, length } = plan;
  // Few long rows: several workgroups reduce the same row, out of the cache, and each writes a part of it.
  const isSplit = isLong && tensors.y;
  const split = isSplit ? Math.max(1, Math.min(Math.ceil(64 / rows), Math.ceil(length / (4 * LANES)))) : 1;
  const affine = tensors.gamma !== undefined || tensors.beta !== undefined;
  const layout = { isVector, isAcross: isVector && view.T === 1 };
  const shape = {
    lanes,
    values: plan.values,
    isLong,
    center,
    repeats: affine && view.T > 1,
    wraps: affine && view.S > 1,
  };
  const groups = Math.ceil(rows / (LANES / lanes)) * split;
  const numbers = { ...rowSizes(view, plan), split, n: view.S * view.K * view.T, eps };
  launch(host, NORMALIZE, { ...layout, ...shape }, { ...tensors }, groups, numbers);
}
