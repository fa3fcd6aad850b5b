import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type Known, reading } from './apply.js';
import { cut, type WebGLBackend } from './backend.js';
import { CARRY, parameter, SUMS, stand, sum } from './glsl.js';
import { isRow, type Plan } from './plan.js';
import { asPairs, asTexels, asValues, free, runProgram } from './program.js';

/** What the gradient programs of one call share. */
export interface Pass {
  readonly x: TensorInfo;
  readonly dy: TensorInfo;
  readonly gamma?: TensorInfo | undefined;
  readonly plan: Plan;
  readonly known: Known;
  readonly center: boolean;
}

const inputsOf = ({ x, dy, known }: Pass) => ({ x: asTexels(x), dy: asTexels(dy), ...known.inputs });

/** Sums are kept divided by how many values they are of: those of a half-float texture end at 65,504. */
export const lengthOf = ({ n, K, L, channel, kind }: Plan): number =>
  isRow({ kind, channel }) ? n : Math.min(4 * L, n / K);

/** Slab by slab: of every unit (Σ dy, Σ dy·x̂), in pairs. Rows have γ along themselves: theirs are of dy·γ. */
export function collect(backend: WebGLBackend, pass: Pass): TensorInfo {
  const { plan, center, known } = pass;
  const { kind, channel, B, P, U } = plan;
  const gamma = isRow(plan) ? pass.gamma : undefined;
  const dy = (q: string) => `only(Tdy(${q})${gamma ? ` * gammaAt(${q})` : ''}, m)`;
  const xhat = (q: string, w: string) => `only((Tx(${q}) - d.${w} - z[0].${w}) * z[1].${w}, m)`;
  const code = `${reading(plan, center, known)}${gamma ? parameter(channel, 'gamma') : ''}
${SUMS[kind]}
void main() {
  ${stand(kind)} mat2 z = stats(s);
  vec2 d = pilots(s); vec4 a = vec4(0.), t = a;
  ${sum(
    plan,
    (pair) =>
      `t += vec4(${pair(dy)}, ${pair((q, w) => `${dy(q)} * ${xhat(q, w)}`)}); ${CARRY} { a += t; t = vec4(0.); }`,
  )}
  setPair(((a + t) / len).xzyw);
}`;
  const inputs = { ...inputsOf(pass), gamma: asValues(gamma) };
  const job = { inputs, shape: [B * P, U], as: 'pairs', code, plan, epsilon: known.epsilon } as const;
  return runProgram(backend, { ...job, floats: { len: lengthOf(plan) } });
}

/** A set's (mean of g, mean of g·x̂), g = dy·γ, from the sums of its units and slabs. */
const foldOf = (gamma: boolean) => `
vec2 fold(int b, int g) {
  vec2 a = vec2(0.);
  for (int k = 0; k < K; k++) {
    int u = g * K + k; vec2 s = vec2(0.);
    for (int p = 0; p < P; p++) { vec4 t = Ppt((b * P + p) * hu + u / 2); s += (u & 1) == 0 ? t.xy : t.zw; }
    a += s${gamma ? ' * Sgamma(u)' : ''};
  }
  return a * len;
}`;

/** The means of every set, in pairs. */
export function foldMeans(backend: WebGLBackend, pt: TensorInfo, { plan, gamma: given }: Pass): TensorInfo {
  const gamma = isRow(plan) ? undefined : given;
  const { B, U, K, n } = plan;
  const code = `${foldOf(gamma !== undefined)}
void main() { int o = here(), b = o / hg, g = o % hg * 2; setPair(vec4(fold(b, g), fold(b, min(g + 1, G - 1)))); }`;
  const inputs = { pt: asPairs(pt), gamma: asValues(gamma) };
  const floats = { len: lengthOf(plan) / n };
  return runProgram(backend, { inputs, shape: [B, U / K], as: 'pairs', code, plan, floats });
}

/** Gradients of given statistics: dmean = −rstd·Σg, dvariance = −½·rstd²·Σ g·x̂. */
export function foldGiven(backend: WebGLBackend, pt: TensorInfo, pass: Pass, shape: number[]): TensorInfo[] {
  const { plan, known } = pass;
  const gamma = isRow(plan) ? undefined : pass.gamma;
  const code = `${reading(plan, true, known)}${foldOf(gamma !== undefined)}
void main() {
  int o = here(), n = B * G, b = o % n / G, g = o % G;
  vec2 f = fold(b, g); float r = stat(b, g).y;
  setOutput(o < n ? -r * f.x : -.5 * r * r * f.y);
}`;
  const inputs = { pt: asPairs(pt), gamma: asValues(gamma), ...known.inputs };
  const floats = { len: lengthOf(plan) };
  const sets = (plan.B * plan.U) / plan.K;
  const both = runProgram(backend, {
    inputs,
    shape: [2 * sets],
    code,
    plan,
    epsilon: known.epsilon,
    floats,
    as: 'list',
  });
  const result = [0, 1].map((k) => cut(backend, both, k * sets, shape));
  free(backend, both);
  return result;
}
