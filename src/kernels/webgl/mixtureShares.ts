import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Statistic } from '../contract.js';
import type { WebGLBackend } from './backend.js';
import { type How, hasBatch, hasLayer, type Mixed, mixedInputs, mixing, weightOf, weights } from './mixing.js';
import type { Plan } from './plan.js';
import { asPairs, asTexels, asValues, runProgram } from './program.js';

/** What the forward kernel saved: a texel a set. */
const OWN = 'return Pst(b * G + c).xy;';

export interface Step {
  readonly x: TensorInfo;
  readonly st: TensorInfo;
  /** Means of g and of g·x̂ of every set, in pairs. */
  readonly cf: TensorInfo;
  readonly plan: Plan;
  readonly how: How;
  readonly mixed: Mixed;
}

/**
 * The gradients at (b, c), divided by the n values of a set: of the Instance statistics as they are mixed there, `own`; of
 * batch and layer statistics; and the terms of the weights' gradients. dM and dR are those of the mixed mean and rstd.
 */
function gradientsAt(how: How): string {
  const start = `struct Parts { vec2 own, batch, layer; vec4 weight; float instance; };
Parts parts(int b, int c, vec2 batch, vec2 layer) {
  vec4 o = Pst(b * G + c), t = Pcf(b * hg + c / 2); vec2 f = (c & 1) == 0 ? t.xy : t.zw;
  float v = o.y * o.y, dM = -o.w * f.x, dR = o.w == 0. ? 0. : f.y / o.w;`;
  if (how.by === 'rstd') {
    return `${start}
  float a = Srho(c), r = rstd(batch.y), i = rstd(v), share = o.w == 0. ? 0. : a * r / o.w, ds = o.w == 0. ? 0. : dM * batch.x / o.w, dw = dR - ds * share;
  return Parts(vec2(dM * (1. - share), -.5 * dw * (1. - a) * i * i * i), vec2(dM * share, -.5 * (dw + ds) * a * r * r * r),
    vec2(0.), vec4((dw + ds) * r - dw * i, 0., 0., 0.), 0.);
}`;
  }
  // Nothing of what is not mixed: zero times a NaN would be one. Test: "NaN stays in its sample".
  const part = (name: Statistic) =>
    how.statistics.includes(name)
      ? `vec2(dM * ${weightOf(how, 'w', name)}, dV * ${weightOf(how, 'u', name)})`
      : 'vec2(0.)';
  return `${start}
  ${weights(how)} float dV = -.5 * dR * o.w * o.w * o.w;
  return Parts(${part('instance')}, ${part('batch')}, ${part('layer')}, vec4(dM * batch.x, dV * batch.y, dM * layer.x, dV * layer.y), dV * v);
}`;
}

/** Rows by channel: gradients of the batch's mean and variance, its δ and deviation, terms of the weights'; then by sample. */
export const BATCH_ROWS = 7;
const LAYER_ROWS = 5;

/** What sets have in common: sums over batch and over channels. Gradients of given statistics are whole, others for a set. */
export function share(backend: WebGLBackend, { x, st, cf, plan, how, mixed }: Step): TensorInfo {
  const { B, U: C, n } = plan;
  const code = `${mixing(plan, how, mixed.memoryMean !== undefined, OWN)}${gradientsAt(how)}
void main() {
  int o = here(), row = o / G, c = o % G; float a = 0., t = a;
  if (row < ${BATCH_ROWS}) {
    vec2 f = ${mixed.memoryMean ? 'vec2(0.)' : 'overBatch(c)'};
    for (int b = 0; b < B; b++) {
      Parts p = parts(b, c, batchAt(b, c, f), vec2(0.));
      t += row < 2 ? p.batch[row] : row == 4 ? p.weight.x : row == 5 ? p.weight.y : p.instance; if ((b & 63) == 63) { a += t; t = 0.; }
    }
    a += t; a *= row < 2 ? ${mixed.memoryMean ? 'n' : '1. / float(B)'} : n;
    a = row == 2 ? f.x : row == 3 ? sqrt(f.y) : a;
  } else {
    o -= ${BATCH_ROWS} * G; row = o / B; int b = o % B; vec2 f = overChannels(b);
    for (int k = 0; k < G; k++) {
      Parts p = parts(b, k, vec2(0.), layerAt(b, k, f));
      t += row < 2 ? p.layer[row] : row == 3 ? p.weight.z : p.weight.w; if ((k & 63) == 63) { a += t; t = 0.; }
    }
    a += t; a *= row < 2 ? 1. / float(G) : n; a = row == 2 ? f.x : a;
  }
  setOutput(a);
}`;
  const inputs = { x: asTexels(x), st: asPairs(st), cf: asPairs(cf), ...mixedInputs(mixed) };
  const shape = [BATCH_ROWS * C + (hasLayer(how) ? LAYER_ROWS * B : 0)];
  const floats = { n };
  return runProgram(backend, { inputs, shape, code, plan, epsilon: how.epsilon, floats, as: 'list' });
}

/** Of every set the gradients of its Instance mean, and twice that of its variance, for one value, in pairs. */
export function gather(backend: WebGLBackend, { x, st, cf, plan, how, mixed }: Step, shared: TensorInfo): TensorInfo {
  const batch = 'vec2 f = vec2(Sshared(2 * G + c), Sshared(3 * G + c)); f.y *= f.y; vec2 z = batchAt(b, c, f);';
  const ofBatch = 'vec2 g = vec2(Sshared(c), Sshared(G + c)); d += vec2(g.x - 2. * g.y * z.x, g.y);';
  const ofLayer = `int k = ${BATCH_ROWS} * G + b; vec2 h = vec2(Sshared(k), Sshared(k + B));
  d += vec2(h.x - 2. * h.y * layerAt(b, c, vec2(Sshared(k + 2 * B), 0.)).x, h.y);`;
  const code = `${mixing(plan, how, mixed.memoryMean !== undefined, OWN)}${gradientsAt(how)}
vec2 at(int b, int c) {
  ${batch} vec2 d = parts(b, c, z, vec2(0.)).own;
  ${mixed.memoryMean || !hasBatch(how) ? '' : ofBatch}
  ${hasLayer(how) ? ofLayer : ''}
  return d * vec2(1., 2.);
}
void main() { int q = here(), b = q / hg, c = q % hg * 2; setPair(vec4(at(b, c), at(b, min(c + 1, G - 1)))); }`;
  const given = { x: asTexels(x), st: asPairs(st), cf: asPairs(cf), shared: asValues(shared) };
  const inputs = { ...given, ...mixedInputs(mixed) };
  const job = {
    inputs,
    shape: [plan.B, plan.U],
    as: 'pairs',
    code,
    plan,
    epsilon: how.epsilon,
  } as const;
  return runProgram(backend, job);
}
