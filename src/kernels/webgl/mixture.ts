import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { BackendKernel } from '../contract.js';
import { apply, type Known } from './apply.js';
import { cut, type WebGLBackend } from './backend.js';
import { planar, shaped } from './copy.js';
import { type How, hasBatch, hasLayer, type Mixed, mixedInputs, mixing, weightOf, weights } from './mixing.js';
import type { Plan } from './plan.js';
import { asPairs, asTexels, asValues, free, runProgram } from './program.js';
import { measure } from './statistics.js';

/** Instance statistics in pairs of (δ, deviation), as `measure` gives them. */
const PAIRS = 'vec4 t = Pst(b * hg + c / 2); return (c & 1) == 0 ? t.xy : t.zw;';

interface Step {
  readonly x: TensorInfo;
  readonly st: TensorInfo;
  readonly plan: Plan;
  readonly how: How;
  readonly mixed: Mixed;
}

/** Batch statistics, rows of mean, variance, δ, deviation by channel, and those of samples, rows of δ, deviation. */
function measureTotals(backend: WebGLBackend, { x, st, plan, how }: Step, batchRows: number): TensorInfo {
  const { B, U: C } = plan;
  const code = `${mixing(plan, how, false, PAIRS)}
void main() {
  int o = here(), row = o / G; float v;
  if (row < rows) {
    vec2 f = overBatch(o % G);
    v = row == 0 ? pilot(0, o % G) + f.x : row == 1 ? f.y : row == 2 ? f.x : sqrt(f.y);
  } else {
    o -= rows * G; vec2 f = overChannels(o % B); v = o < B ? f.x : sqrt(f.y);
  }
  setOutput(v);
}`;
  const shape = [batchRows * C + (hasLayer(how) ? 2 * B : 0)];
  const ints = { rows: batchRows };
  const inputs = { x: asTexels(x), st: asPairs(st) };
  return runProgram(backend, { inputs, shape, code, plan, ints, epsilon: how.epsilon, as: 'list' });
}

/** (mean − Instance mean, rstd) of the mixture, as `mean` and `r`. */
function mix(how: How): string {
  if (how.by === 'rstd') {
    return `float f = Srho(c) * rstd(batch.y), r = f + (1. - Srho(c)) * rstd(o.y * o.y), mean = r == 0. ? 0. : f / r * batch.x;`;
  }
  const parts = { instance: 'vec2(0., o.y * o.y)', layer: 'layer', batch: 'batch' };
  const of = (weight: 'w' | 'u', lane: string) =>
    how.statistics.map((name) => `${weightOf(how, weight, name)} * ${parts[name]}.${lane}`).join(' + ');
  return `${weights(how)} float mean = ${of('w', 'x')}, r = rstd(${of('u', 'y')});`;
}

/** A texel a set: (δ, deviation) of the Instance statistics, (δ, rstd) of the mixture. */
function mixSets(
  backend: WebGLBackend,
  { x, st, plan, how, mixed }: Step,
  totals: TensorInfo | undefined,
  rows: number,
) {
  const total = (at: string) => `vec2(Stotals(${at}), 0.)`;
  const batch = `vec2 t = ${rows > 0 ? total('2 * G + c') : 'vec2(0.)'}; ${rows > 0 ? 't.y = Stotals(3 * G + c); t.y *= t.y;' : ''}
  vec2 batch = batchAt(b, c, t);`;
  const layer = `vec2 z = vec2(Stotals(${rows} * G + b), Stotals(${rows} * G + B + b)); z.y *= z.y; vec2 layer = layerAt(b, c, z);`;
  const code = `${mixing(plan, how, mixed.memoryMean !== undefined, PAIRS)}
void main() {
  int q = here(), b = q / G, c = q % G; vec2 o = own(b, c);
  ${hasBatch(how) ? batch : ''} ${hasLayer(how) ? layer : ''}
  ${mix(how)}
  setPair(vec4(o, o.x + mean, r));
}`;
  const inputs = { x: asTexels(x), st: asPairs(st), totals: asValues(totals), ...mixedInputs(mixed) };
  const job = {
    inputs,
    shape: [plan.B * plan.U, 2],
    as: 'pairs',
    code,
    plan,
    epsilon: how.epsilon,
  } as const;
  return runProgram(backend, job);
}

/** The statistics of a mixture, as mixSets writes them. */
export const mixedBy = (st: TensorInfo, { epsilon }: How): Known => ({
  from: 'mixed',
  inputs: { st: asPairs(st) },
  epsilon,
});

type Run = (
  inputs: Parameters<BackendKernel<'Mixture'>['run']>[0],
  attrs: Parameters<BackendKernel<'Mixture'>['run']>[1],
  backend: WebGLBackend,
  plan: Plan,
) => TensorInfo[];

/** Instance statistics, those of batch and layer out of them, the mixture of all, one application. */
export const Mixture: Run = ({ x: input, gamma, beta, ...mixed }, attrs, backend, plan) => {
  const { keep } = attrs;
  const C = plan.U;
  const x = planar(backend, input, plan);
  const st = measure(backend, x.info, { plan, center: true, epsilon: 0 }, 'sqrt');
  const step = { x: x.info, st, plan, how: attrs, mixed };
  const rows = keep === 'moments' || (hasBatch(attrs) && !mixed.memoryMean) ? 4 : 0;
  const totals = rows > 0 || hasLayer(attrs) ? measureTotals(backend, step, rows) : undefined;
  const saved = mixSets(backend, step, totals, rows);
  const y = apply(backend, x.info, plan, mixedBy(saved, attrs), true, { gamma, beta });
  const result = [shaped(backend, y, input.shape, plan)];
  if (keep !== 'none') result.push(saved);
  if (keep === 'moments') for (const k of [0, 1]) result.push(cut(backend, totals as TensorInfo, k * C, [C]));
  free(backend, x.copied, st, totals, keep === 'none' ? saved : undefined);
  return result;
};
