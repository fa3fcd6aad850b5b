import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { BackendKernel } from '../contract.js';
import { COEFFICIENTS, eachTexel } from './apply.js';
import { cut, type WebGLBackend } from './backend.js';
import { planar, shaped } from './copy.js';
import { parameter, spread } from './glsl.js';
import { collect, foldMeans, type Pass } from './gradient.js';
import { mixedInputs, SOFTMAX, weights } from './mixing.js';
import { mixedBy } from './mixture.js';
import { BATCH_ROWS, gather, type Step, share } from './mixtureShares.js';
import { parameterGradients } from './parameters.js';
import type { Plan } from './plan.js';
import { asPairs, asTexels, asValues, free, runProgram } from './program.js';

/** dx = g·rstd + (dmean + 2·dvariance·(x − mean))/n, with the Instance mean. */
function spreadToValues(backend: WebGLBackend, pass: Pass, cf: TensorInfo): TensorInfo {
  const { plan, known, x, dy, gamma } = pass;
  const lanes = (of: string) => spread(plan.kind, of);
  return eachTexel(backend, plan, known, true, {
    inputs: { x: asTexels(x), dy: asTexels(dy), gamma: asValues(gamma), cf: asPairs(cf) },
    functions: `${COEFFICIENTS}${gamma ? parameter(plan.channel, 'gamma') : ''}`,
    code: `vec2 f = coefficient(s.x, s.y), h = s.z == s.y ? f : coefficient(s.x, s.z);
  vec4 e = ${lanes('vec2(Pst(s.x * G + s.y).x, Pst(s.x * G + s.z).x)')};
  v = Tdy(q)${gamma ? ' * gammaAt(q)' : ''} * r + ${lanes('vec2(f.x, h.x)')} + ${lanes('vec2(f.y, h.y)')} * (Tx(q) - p - e);`,
    ints: { Q: 1 },
  });
}

/** Gradients of the logits: sums of the weights' over everything, through the softmax. */
function logitGradients(backend: WebGLBackend, { plan, how, mixed }: Step, shared: TensorInfo): TensorInfo[] {
  const k = how.statistics.length;
  const rows = { instance: [-1, 6], batch: [4, 5], layer: [3, 4] } as const;
  const sum = (weight: 0 | 1) =>
    [0, 1, 2].map((i) => {
      const name = how.statistics[i];
      const row = name ? rows[name][weight] : -1;
      if (row < 0) return '0.';
      return name === 'layer' ? `sum(${BATCH_ROWS} * G + ${row} * B, B)` : `sum(${row} * G, G)`;
    });
  const code = `${SOFTMAX}
float sum(int o, int n) {
  float a = 0., t = a;
  for (int j = 0; j < n; j++) { t += Sshared(o + j); if ((j & 63) == 63) { a += t; t = 0.; } }
  return a + t;
}
void main() {
  ${weights(how)}
  int o = here(); vec3 s;
  if (o < ${k}) s = vec3(${sum(0)}); else { s = vec3(${sum(1)}); w = u; o -= ${k}; }
  setOutput(w[o] * (s[o] - dot(w, s)));
}`;
  const { meanWeight, varianceWeight } = mixedInputs(mixed);
  const inputs = { shared: asValues(shared), meanWeight, varianceWeight };
  const job = { inputs, shape: [2 * k], code, plan, as: 'list' } as const;
  const both = runProgram(backend, job);
  const result = [0, k].map((from) => cut(backend, both, from, [k]));
  free(backend, both);
  return result;
}

type Run = (
  inputs: Parameters<BackendKernel<'MixtureGrad'>['run']>[0],
  attrs: Parameters<BackendKernel<'MixtureGrad'>['run']>[1],
  backend: WebGLBackend,
  plan: Plan,
) => TensorInfo[];

export const MixtureGrad: Run = ({ x: value, dy, gamma, saved: st, ...mixed }, attrs, backend, plan) => {
  const C = plan.U;
  const [x, up] = [planar(backend, value, plan), planar(backend, dy, plan)];
  const pass = { x: x.info, dy: up.info, gamma, plan, known: mixedBy(st, attrs), center: true };
  const pt = collect(backend, pass);
  const means = foldMeans(backend, pt, pass);
  const step = { x: x.info, st, cf: means, plan, how: attrs, mixed };
  const shared = share(backend, step);
  const cf = gather(backend, step, shared);
  const dx = spreadToValues(backend, pass, cf);
  const row = (k: number) => cut(backend, shared, k * C, [C]);
  const result = [shaped(backend, dx, value.shape, plan)];
  result.push(...(attrs.by === 'rstd' ? [row(4)] : logitGradients(backend, step, shared)));
  if (mixed.memoryMean) result.push(row(0), row(1));
  if (attrs.affine) result.push(...parameterGradients(backend, pass, pt));
  free(backend, x.copied, up.copied, pt, means, shared, cf);
  return result;
};
