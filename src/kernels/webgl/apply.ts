import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGLBackend } from './backend.js';
import { parameter, pilots, type Statistics, sets, spread, statistics } from './glsl.js';
import type { Plan } from './plan.js';
import { asPairs, asTexels, asValues, runProgram, type Source } from './program.js';

/** The statistics a program reads, and how: δ and rstd that a kernel saved, or means and variances that were given. */
export interface Known {
  readonly from: Statistics;
  readonly inputs: Readonly<Record<string, Source | undefined>>;
  readonly epsilon: number;
}

/** What a kernel saved: pairs of (δ, rstd), or a row of each. */
export function saved(st: TensorInfo): Known {
  const isRows = st.shape.length === 4;
  const rows = st.shape[2] === 3 ? 'halves' : 'rows';
  return { from: isRows ? rows : 'saved', inputs: { st: isRows ? asValues(st) : asPairs(st) }, epsilon: 0 };
}

export function given(mean: TensorInfo, variance: TensorInfo, epsilon: number): Known {
  return { from: 'given', inputs: { mean: asValues(mean), variance: asValues(variance) }, epsilon };
}

/** The functions by which a program has its statistics. */
export function reading({ kind }: Plan, center: boolean, { from }: Known): string {
  return pilots(kind, center && from !== 'given') + statistics(from);
}

/** `code` for every texel q of the result, as `v`, with the statistics of its lanes: pilot p, δ d, 1/deviation r. */
export function eachTexel(
  backend: WebGLBackend,
  plan: Plan,
  known: Known,
  center: boolean,
  job: {
    inputs: Readonly<Record<string, Source | undefined>>;
    functions?: string;
    code: string;
    floats?: Readonly<Record<string, number>>;
    ints?: Readonly<Record<string, number>>;
  },
): TensorInfo {
  const { kind, planes } = plan;
  const code = `${reading(plan, center, known)}${sets(kind)}${job.functions ?? ''}
void main() {
  int q = here(); ivec3 s = sets(q); mat2 z = stats(s);
  vec4 p = ${spread(kind, 'pilots(s)')}, d = ${spread(kind, 'z[0]')}, r = ${spread(kind, 'z[1]')}, v;
  ${job.code}
  setOutput(only(v, lanes(q)));
}`;
  return runProgram(backend, {
    inputs: { ...job.inputs, ...known.inputs },
    shape: planes,
    code,
    plan,
    epsilon: known.epsilon,
    ints: job.ints ?? {},
    floats: job.floats ?? {},
  });
}

export interface Parameters {
  readonly gamma?: TensorInfo | undefined;
  readonly beta?: TensorInfo | undefined;
}

/** y = ((x − pilot) − δ)·rstd·γ + β. */
export function apply(
  backend: WebGLBackend,
  x: TensorInfo,
  plan: Plan,
  known: Known,
  center: boolean,
  { gamma, beta }: Parameters,
): TensorInfo {
  const at = (info: TensorInfo | undefined, name: string) => (info ? parameter(plan.channel, name) : '');
  return eachTexel(backend, plan, known, center, {
    inputs: { x: asTexels(x), gamma: asValues(gamma), beta: asValues(beta) },
    functions: at(gamma, 'gamma') + at(beta, 'beta'),
    code: `v = (Tx(q) - p - d) * r;${gamma ? ' v *= gammaAt(q);' : ''}${beta ? ' v += betaAt(q);' : ''}`,
  });
}

export const COEFFICIENTS = `
vec2 coefficient(int b, int g) {
  vec2 a = vec2(0.);
  for (int k = 0; k < Q; k++) { vec4 t = Pcf((b * Q + k) * hg + g / 2); a += (g & 1) == 0 ? t.xy : t.zw; }
  return a;
}`;

/**
 * dx = rstd·(g − mean(g) − x̂·mean(g·x̂)), g = dy·γ: the means are `cf`, in Q parts a set. Where the statistics were given
 * the means are absent, and dx does not see x.
 */
export function spreadGradient(
  backend: WebGLBackend,
  {
    x,
    dy,
    gamma,
    cf,
    parts,
  }: { x: TensorInfo; dy: TensorInfo; gamma?: TensorInfo | undefined; cf?: TensorInfo; parts: number },
  plan: Plan,
  known: Known,
  center: boolean,
): TensorInfo {
  const { kind } = plan;
  const g = `v = Tdy(q)${gamma ? ' * gammaAt(q)' : ''};`;
  const means = `vec2 f = coefficient(s.x, s.y), h = s.z == s.y ? f : coefficient(s.x, s.z);
  v -= ${center ? `${spread(kind, 'vec2(f.x, h.x)')} + ` : ''}(Tx(q) - p - d) * r * ${spread(kind, 'vec2(f.y, h.y)')};`;
  return eachTexel(backend, plan, known, center, {
    inputs: { dy: asTexels(dy), gamma: asValues(gamma), ...(cf ? { x: asTexels(x), cf: asPairs(cf) } : {}) },
    functions: (gamma ? parameter(plan.channel, 'gamma') : '') + (cf ? COEFFICIENTS : ''),
    code: `${g} ${cf ? means : ''} v *= r;`,
    ints: { Q: parts },
  });
}

/** dx = (dmean + 2·dvariance·(x − mean))/n; without centring the mean is a constant. */
export function momentsGradient(
  backend: WebGLBackend,
  { x, dmean, dvariance }: { x: TensorInfo; dmean: TensorInfo; dvariance: TensorInfo },
  plan: Plan,
  known: Known,
  center: boolean,
): TensorInfo {
  const of = (name: string) => `vec2(S${name}(s.x * G + s.y), S${name}(s.x * G + s.z))`;
  const level = center ? ` + ${spread(plan.kind, of('dmean'))}` : '';
  return eachTexel(backend, plan, known, center, {
    inputs: { x: asTexels(x), ...(center ? { dmean: asValues(dmean) } : {}), dvariance: asValues(dvariance) },
    code: `v = (2. * ${spread(plan.kind, of('dvariance'))} * (Tx(q) - p - d)${level}) / n;`,
    floats: { n: plan.n },
  });
}
