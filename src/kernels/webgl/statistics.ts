import type { TensorInfo } from '@tensorflow/tfjs-core';
import { cut, isHalf, type WebGLBackend } from './backend.js';
import { CARRY, count, pilots, RSTD, SUMS, stand, sum } from './glsl.js';
import type { Plan } from './plan.js';
import { asPairs, asTexels, free, runProgram } from './program.js';

/** How sets are measured: from a pilot or, where they are not centred, from zero. */
export interface Measure {
  readonly plan: Plan;
  readonly center: boolean;
  readonly epsilon: number;
}

/** The mean from the pilot, m, and the mean square deviation, v, of a pair of units' values in a slab: two passes. */
function collect(plan: Plan, center: boolean): string {
  const value = (q: string, swizzle: string) => `only(Tx(${q}) - d.${swizzle} - e.${swizzle}, m)`;
  const pass = (term: typeof value) => sum(plan, (pair) => `t += ${pair(term)}; ${CARRY} { a += t; t = vec2(0.); }`);
  const mean = `${pass(value)} e = (a + t) / n; a = t = vec2(0.);`;
  return `vec2 d = pilots(s), e = vec2(0.), a = e, t = e; float n = within(p);
  ${center ? mean : ''} ${pass((q, swizzle) => `square(${value(q, swizzle)})`)} vec2 v = (a + t) / n;`;
}

/** What is written of a variance: its root, or 1/√(variance + ε). */
type Root = 'sqrt' | 'rstd';

/** Slab by slab: of every unit (δ, deviation), in pairs; or, where a set is one unit and one slab, (δ, rstd) at once. */
function measureSlabs(backend: WebGLBackend, x: TensorInfo, { plan, center, epsilon }: Measure, root: Root) {
  const { kind, B, P, U } = plan;
  const code = `${pilots(kind, center)}${count(kind)}${RSTD}
${SUMS[kind]}
vec4 square(vec4 v) { return v * v; }
void main() {
  ${stand(kind)}
  ${collect(plan, center)}
  setPair(vec4(e.x, ${root}(v.x), e.y, ${root}(v.y)));
}`;
  const job = { inputs: { x: asTexels(x) }, shape: [B * P, U], as: 'pairs', code } as const;
  return runProgram(backend, { ...job, plan, epsilon });
}

/** A set's (δ, variance) from those of its units and slabs, by the laws of total mean and variance. */
const FOLD = `
vec4 part(int b, int u, int p) { vec4 v = Ppt((b * P + p) * hu + u / 2); return (u & 1) == 0 ? v : v.zwxy; }
vec2 fold(int b, int g) {
  float n = float(count(J)) * float(K), m = 0., q = 0.;
  for (int k = 0; k < K; k++) { float s = 0.; for (int p = 0; p < P; p++) s += within(p) * part(b, g * K + k, p).x; m += s / n; }
  for (int k = 0; k < K; k++) {
    float s = 0.;
    for (int p = 0; p < P; p++) { vec2 v = part(b, g * K + k, p).xy; v.x -= m; s += within(p) * dot(v, v); }
    q += s / n;
  }
  return vec2(m, q);
}`;

/** (δ, rstd) of every set, in pairs: what the programs read; or (δ, deviation). */
export function measure(backend: WebGLBackend, x: TensorInfo, how: Measure, root: Root = 'rstd'): TensorInfo {
  const { plan, epsilon } = how;
  const { B, U, K, P, kind } = plan;
  if (P === 1 && K === 1) return measureSlabs(backend, x, how, root);
  const pt = measureSlabs(backend, x, how, 'sqrt');
  const code = `${count(kind)}${RSTD}${FOLD}
void main() {
  int o = here(), b = o / hg, g = o % hg * 2;
  vec2 u = fold(b, g), v = fold(b, min(g + 1, G - 1));
  setPair(vec4(u.x, ${root}(u.y), v.x, ${root}(v.y)));
}`;
  const job = { inputs: { pt: asPairs(pt) }, shape: [B, U / K], as: 'pairs', code } as const;
  const st = runProgram(backend, { ...job, plan, epsilon });
  free(backend, pt);
  return st;
}

/** δ as one float, or as two halves: rows of what is saved. */
const SAVED = {
  float: 'row == 2 ? f.x : rstd(f.y)',
  half: 'row == 2 ? h : row == 3 ? rstd(f.y) : f.x - h',
} as const;

/** mean and variance `[B, G]` and, where asked, what is saved besides: all cut from one list with a row of each. */
export function measureMoments(
  backend: WebGLBackend,
  x: TensorInfo,
  { plan, center, epsilon }: Measure,
  shape: number[],
  isSaved: boolean,
): TensorInfo[] {
  const pt = measureSlabs(backend, x, { plan, center, epsilon }, 'sqrt');
  const code = `${pilots(plan.kind, center)}${count(plan.kind)}${RSTD}${FOLD}
void main() {
  int o = here(), n = B * G, row = o / n, b = o % n / G, g = o % G;
  vec2 f = fold(b, g); float h = unpackHalf2x16(packHalf2x16(f)).x;
  setOutput(row == 0 ? pilot(b, g) + f.x : row == 1 ? f.y : ${SAVED[isHalf() ? 'half' : 'float']});
}`;
  const sets = (plan.B * plan.U) / plan.K;
  const rows = isHalf() ? 3 : 2;
  const inputs = { x: asTexels(x), pt: asPairs(pt) };
  const job = { inputs, shape: [(isSaved ? 2 + rows : 2) * sets], as: 'list', code } as const;
  const list = runProgram(backend, { ...job, plan, epsilon });
  const result = [0, 1].map((k) => cut(backend, list, k * sets, shape));
  if (isSaved) result.push(cut(backend, list, 2 * sets, [1, 1, rows, sets]));
  free(backend, pt, list);
  return result;
}
