import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { SlabView } from '../contract.js';
import type { WebGpuBackend } from './device.js';
import { launch, type Program, type Tensors } from './dispatch.js';
import { rowSizes, rowsOf } from './rows.js';
import {
  AT,
  head,
  log2,
  PLACE,
  pairOf,
  perChannel,
  type SlabVariant,
  slabOf,
  slabSizes,
  tilesOf,
  variantOf,
} from './slab.js';
import { columns, ENTRY, LANES, reducer, values } from './wgsl.js';

export interface Backward {
  readonly x: TensorInfo;
  readonly dy: TensorInfo;
  readonly gamma?: TensorInfo | undefined;
  readonly saved: TensorInfo;
  readonly dx: TensorInfo;
  /** Both or neither. */
  readonly dgamma?: TensorInfo | undefined;
  readonly dbeta?: TensorInfo | undefined;
}

interface Short extends Readonly<Record<string, number | boolean>> {
  readonly isVector: boolean;
  readonly lanes: number;
  readonly values: number;
  readonly center: boolean;
}

/** 1/n of a pair of sums, the first of which falls away without centring. */
const means = (center: boolean): string => (center ? '/ u.n' : '* vec2f(0.0, 1.0) / u.n');

/**
 * Workgroups that stay: each takes row after row, x and dy read once, with its sums for dγ and dβ in registers. One that
 * sees all rows writes dγ and dβ themselves, several write partials `pt`, [2, groups, C].
 */
const SHORT: Program<Short> = {
  name: 'rowsGrad',
  tensors: 'dx:V pt:V dgamma:V dbeta:V > x:V dy:V saved:p gamma:V',
  wgsl({ isVector, lanes, values: NV, center }, has) {
    const pilot = center ? (isVector ? 'x[base].x' : 'x[base]') : '0.0';
    const pair = isVector ? 'mat2x4f' : 'vec2f';
    const put = has('pt')
      ? 'pt[wg * u.length + j] = s[0]; pt[(u.groups + wg) * u.length + j] = s[1];'
      : 'dbeta[j] = s[0]; dgamma[j] = s[1];';
    const parameters = has('pt') || has('dgamma');
    return `${values(isVector)}
const TPR = ${lanes}u; const NV = ${NV}u; const PER = ${LANES / lanes}u;
${reducer('sum2', 'vec2f')}${parameters ? reducer('over', pair) : ''}${ENTRY}
  let lane = l % TPR; var dg: array<V, NV>; var db: array<V, NV>;
  for (var r0 = wg * PER; r0 < u.rows; r0 += u.groups * PER) {
    let row = r0 + l / TPR; let ok = row < u.rows; let at = min(row, u.rows - 1u); let base = at * u.length;
    let f = saved[at]; let p = ${pilot};
    var h: array<V, NV>; var w: array<V, NV>; var a = V(); var b = V();
    for (var k = 0u; k < NV; k++) { let j = lane + k * TPR; if (ok && j < u.length) {
      h[k] = (x[base + j] - V(p) - V(f.x)) * f.y; let g = dy[base + j]; dg[k] += g * h[k]; db[k] += g;
      w[k] = g${has('gamma') ? ' * gamma[j]' : ''}; a += w[k]; b += w[k] * h[k]; } }
    let s = sum2(vec2f(hsum(a), hsum(b)), l, TPR) ${means(center)};
    for (var k = 0u; k < NV; k++) { let j = lane + k * TPR; if (ok && j < u.length) { dx[base + j] = f.y * (w[k] - V(s.x) - h[k] * s.y); } }
  }
  ${
    parameters
      ? `for (var k = 0u; k < NV; k++) { let j = lane + k * TPR; let s = over(${pair}(db[k], dg[k]), lane * PER + l / TPR, PER); if (l < TPR && j < u.length) { ${put} } }`
      : ''
  }
}`;
  },
};

interface Long extends SlabVariant {
  readonly center: boolean;
}

/** Two kinds of workgroups in one dispatch: the first make dx, the others walk down the channels for dγ and dβ. */
const LONG: Program<Long> = {
  name: 'longRowsGrad',
  tensors: 'dx:V pt:A dgamma:A dbeta:A > x:V dy:V saved:p gamma:A',
  wgsl({ center, ...variant }, has) {
    const { isVector, isAcross, repeats } = variant;
    const scale = has('gamma') ? ` * V(gamma[c0 + ${repeats ? 'j / u.T' : 'j'}])` : '';
    const pilot = center ? (isVector ? 'x[base].x' : 'x[base]') : '0.0';
    const pair = pairOf(isAcross);
    const setOf = 'b * u.G + h / u.K';
    const put = has('pt')
      ? 'pt[p * u.C + c] = s[0]; pt[(u.P + p) * u.C + c] = s[1];'
      : 'dbeta[c] = s[0]; dgamma[c] = s[1];';
    const walk = `
  let wg = wg0 - u.main;${PLACE}
  var a = V(); var d = V();
  if (on) { for (var q0 = lo + pi; q0 < hi; q0 += PL * 32u) {
    var sa = V(); var sd = V(); let end = min(hi, q0 + PL * 32u);
    for (var q = q0; q < end; q += PL) { let i = base + ${AT(repeats)}; let b = q / u.T; let g = dy[i];
      let m = ${perChannel(isAcross, `saved[${setOf}].x`)}; let r = ${perChannel(isAcross, `saved[${setOf}].y`)};
      sa += g; sd += g * ((x[i] - V(${center ? 'pilotOf(b, c)' : '0.0'}) - V(m)) * V(r)); }
    a += sa; d += sd;
  } }
  let s = over(${pair}(acc(a), acc(d)), vl, PL);
  if (on && pi == 0u) { ${put} }`;
    const parameters = has('pt') || has('dgamma');
    return `${head(variant)}${reducer('sum2', 'vec2f')}${parameters ? reducer('over', pair) : ''}${ENTRY.replace('let wg =', 'let wg0 =').replace('wg >=', 'wg0 >=')}
  if (wg0 < u.main) {
    let lane = l % u.tpr; let row = wg0 * (256u / u.tpr) + l / u.tpr; let ok = row < u.rows; let at = min(row, u.rows - 1u);
    let base = at * u.length; let c0 = at % u.G * u.KV; let f = saved[at]; let p = ${pilot};
    var t = vec2f();
    for (var j0 = lane; j0 < u.length; j0 += u.tpr * 32u) {
      var a = V(); var d = V(); let end = min(u.length, j0 + u.tpr * 32u);
      for (var j = j0; j < end; j += u.tpr) { let w = dy[base + j]${scale}; a += w; d += w * ((x[base + j] - V(p) - V(f.x)) * f.y); }
      t += vec2f(hsum(a), hsum(d));
    }
    let s = sum2(t, l, u.tpr) ${means(center)};
    if (ok) { for (var j = lane; j < u.length; j += u.tpr) { let h = (x[base + j] - V(p) - V(f.x)) * f.y; dx[base + j] = f.y * (dy[base + j]${scale} - V(s.x) - h * s.y); } }
    return;
  }
  ${parameters ? walk : ''}
}`;
  },
};

const FOLD: Program<Record<string, never>> = {
  name: 'columns',
  tensors: 'dgamma:f dbeta:f > pt:f',
  wgsl: () => `${reducer('sum2', 'vec2f')}${columns}${ENTRY}
  columns(wg, l, u.N, u.C);
}`,
};

/**
 * Runs a program that makes dx and, as `make` has it, dγ and dβ: themselves, or where `parts` of them are made the parts, [2,
 * parts, C], which one more dispatch adds up.
 */
function withParts(
  host: WebGpuBackend,
  { dgamma, dbeta, ...tensors }: Backward,
  parts: number,
  C: number,
  make: (tensors: Tensors) => void,
): void {
  if (!dgamma || parts === 1) {
    make({ ...tensors, dgamma, dbeta });
    return;
  }
  const pt = host.makeTensorInfo([2, parts, C], 'float32');
  make({ ...tensors, pt });
  launch(host, FOLD, {}, { dgamma, dbeta, pt }, Math.ceil(C / 32), { N: parts, C });
  host.disposeData(pt.dataId);
}

/** Short rows of one group each: one dispatch, and one to fold where there are many rows. */
function shortRows(host: WebGpuBackend, tensors: Backward, view: SlabView, center: boolean): void {
  const { isVector, lanes, values, rows, length } = rowsOf(view);
  const groups = Math.min(256, Math.ceil(rows / (LANES / lanes)));
  withParts(host, tensors, groups, view.K, (all) =>
    launch(host, SHORT, { isVector, lanes, values, center }, all, groups, { rows, length, n: view.K }),
  );
}

function longRows(host: WebGpuBackend, tensors: Backward, view: SlabView, center: boolean): void {
  const { rows, length } = rowsOf(view);
  // dγ and dβ add over all samples: to the walk they are positions.
  const slab = { ...slabOf(view), Q: view.B * slabOf(view).T };
  const tiles = tilesOf(slab, 1, 1);
  const tpr = 2 ** log2(length, 8);
  const main = Math.ceil(rows / (LANES / tpr));
  const groups = main + (tensors.dgamma ? tiles.P * tiles.tiles : 0);
  const numbers = { ...slabSizes(view, slab, tiles), main, tpr, rows, length, KV: rowSizes(view, rowsOf(view)).K };
  withParts(host, tensors, tiles.P, view.G * view.K, (all) =>
    launch(host, LONG, { ...variantOf(slab, view), center }, all, groups, numbers),
  );
}

/** dx, dγ and dβ of rows with S = 1: at most two dispatches. */
export function normalizeRowsGrad(host: WebGpuBackend, tensors: Backward, view: SlabView, center: boolean): void {
  const isShort = view.G === 1 && view.T === 1 && !rowsOf(view).isLong;
  (isShort ? shortRows : longRows)(host, tensors, view, center);
}
