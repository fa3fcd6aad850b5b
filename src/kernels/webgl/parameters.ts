import type { TensorInfo } from '@tensorflow/tfjs-core';
import { reading } from './apply.js';
import { cut, type WebGLBackend } from './backend.js';
import { CARRY } from './glsl.js';
import { lengthOf, type Pass } from './gradient.js';
import { isRow, type Plan } from './plan.js';
import { asPairs, asTexels, asValues, free, runProgram } from './program.js';

/** dγ and dβ, cut from one list. */
function cutBoth(backend: WebGLBackend, both: TensorInfo, channels: number): TensorInfo[] {
  const result = [0, channels].map((from) => cut(backend, both, from, [channels]));
  free(backend, both);
  return result;
}

/** The sums of `count` slabs, added up. */
function foldSlabs(backend: WebGLBackend, pt: TensorInfo, channels: number, count: number, length: number) {
  const code = `
void main() {
  int o = here(), c = o % E; vec2 a = vec2(0.), t = a;
  for (int j = 0; j < count; j++) {
    vec4 v = Ppt(j * ((E + 1) / 2) + c / 2); t += (c & 1) == 0 ? v.xy : v.zw; ${CARRY} { a += t; t = vec2(0.); }
  }
  a += t; setOutput((o < E ? a.y : a.x) * len);
}`;
  const ints = { E: channels, count };
  const job = { inputs: { pt: asPairs(pt) }, shape: [2 * channels], code, ints, floats: { len: length } };
  return cutBoth(backend, runProgram(backend, { ...job, as: 'list' }), channels);
}

/** Channel by channel from x and dy themselves, where every channel has few values. */
function direct(backend: WebGLBackend, { x, dy, plan, known, center }: Pass): TensorInfo[] {
  const { E, B, U, n } = plan;
  const pilot = center && known.from !== 'given' ? 'Sx(e / n * n)' : '0.';
  const code = `${reading(plan, false, known)}
void main() {
  int o = here(), c = o % E; float a = 0., t = a;
  for (int j = 0; j < count; j++) {
    int e = j * E + c; float v = Sdy(e);
    if (o < E) { vec2 s = stat(e / n / G, e / n % G); v *= (Sx(e) - ${pilot} - s.x) * s.y; }
    t += v; ${CARRY} { a += t; t = 0.; }
  }
  setOutput(a + t);
}`;
  const ints = { n, count: (B * U * n) / E };
  const inputs = { x: asValues(x), dy: asValues(dy), ...known.inputs };
  const job = { inputs, shape: [2 * E], code, plan, ints, epsilon: known.epsilon };
  return cutBoth(backend, runProgram(backend, { ...job, as: 'list' }), E);
}

/** Row pairs that one invocation adds up. */
const STRETCH = 64;

/** Rows whose columns are the channels: sums of columns over stretches of rows, then over the stretches. */
function overRows(backend: WebGLBackend, { x, dy, plan, known, center }: Pass): TensorInfo[] {
  const { B, planes, E } = plan;
  const J = B * Math.ceil(planes[1] / 2);
  const L = Math.ceil(J / Math.min(64, Math.ceil(J / STRETCH)));
  const P = Math.ceil(J / L);
  const code = `${reading(plan, center, known)}
void main() {
  int o = here(), c = o % hc; vec4 a = vec4(0.), t = a;
  for (int j = o / hc * L; j < min(J, (o / hc + 1) * L); j++) {
    int q = j * hc + c; bvec4 m = lanes(q); ivec3 s = setsOf(j / hr, j % hr * 2); mat2 z = stats(s);
    vec4 v = only(Tdy(q), m), h = v * only((Tx(q) - pilots(s).xxyy - z[0].xxyy) * z[1].xxyy, m);
    t += vec4(v.x + v.z, h.x + h.z, v.y + v.w, h.y + h.w); ${CARRY} { a += t; t = vec4(0.); }
  }
  setPair((a + t) / len);
}`;
  const inputs = { x: asTexels(x), dy: asTexels(dy), ...known.inputs };
  const job = { inputs, shape: [P, planes[2]], as: 'pairs', code, plan, epsilon: known.epsilon } as const;
  const pt = runProgram(backend, { ...job, ints: { J, L }, floats: { len: 2 * L } });
  const result = foldSlabs(backend, pt, E, P, 2 * L);
  free(backend, pt);
  return result;
}

/** Whether a channel has so few values that one program does. */
export const isDirect = ({ channel, B, U, n, E }: Plan): boolean => channel === 'element' || (B * U * n) / E <= STRETCH;

/** dγ and dβ; `pt`: the sums of units, which are the channels' own where these are not along rows. */
export function parameterGradients(backend: WebGLBackend, pass: Pass, pt: TensorInfo): TensorInfo[] {
  const { plan } = pass;
  if (!isRow(plan)) return foldSlabs(backend, pt, plan.E, plan.B * plan.P, lengthOf(plan));
  return isDirect(plan) ? direct(backend, pass) : overRows(backend, pass);
}
