import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Kernels, MixtureAttrs, Statistic } from '../contract.js';
import { pilots, RSTD } from './glsl.js';
import type { Plan } from './plan.js';
import { asValues, type Source } from './program.js';

/**
 * The GLSL of mixtures. Every mean is handled as a difference from the Instance mean of its place, out of differences of
 * pilots, which are exact, and of the small δ: src/kernels/mix.ts has the formulas.
 */
export type Mixed = Omit<Parameters<Kernels['MixtureGrad']>[0], 'x' | 'dy' | 'gamma' | 'saved'>;
export type How = Pick<MixtureAttrs, 'by' | 'statistics' | 'epsilon'>;

/** What a program of mixtures reads besides x. */
export function mixedInputs(mixed: Mixed): Record<string, Source | undefined> {
  const { rho, meanWeight, varianceWeight, memoryMean, memoryVariance } = mixed;
  const given: Record<string, TensorInfo | undefined> = { rho, meanWeight, varianceWeight, memoryMean, memoryVariance };
  return Object.fromEntries(Object.entries(given).map(([name, info]) => [name, asValues(info)]));
}

/**
 * Of the Instance statistics `own(b, c)`, (δ, deviation): those from place `f` on by `step` in all, as the mean from the
 * first pilot and the variance.
 */
const TOTAL = `
vec2 total(ivec2 f, ivec2 step, int n) {
  float p = pilot(f.x, f.y), m = 0., q = 0., s = 0.; ivec2 i = f;
  for (int k = 0; k < n; k++, i += step) {
    s += pilot(i.x, i.y) - p + own(i.x, i.y).x; if ((k & 63) == 63) { m += s; s = 0.; }
  }
  m = (m + s) / float(n); s = 0.; i = f;
  for (int k = 0; k < n; k++, i += step) {
    vec2 v = own(i.x, i.y); v.x += pilot(i.x, i.y) - p - m; s += dot(v, v); if ((k & 63) == 63) { q += s; s = 0.; }
  }
  return vec2(m, (q + s) / float(n));
}
vec2 overBatch(int c) { return total(ivec2(0, c), ivec2(1, 0), B); }
vec2 overChannels(int b) { return total(ivec2(b, 0), ivec2(0, 1), G); }`;

/** Statistics at (b, c) as (mean − Instance mean, variance), out of totals t. */
const relative = (hasMemory: boolean) => `
vec2 batchAt(int b, int c, vec2 t) { ${
  hasMemory
    ? 'return vec2(SmemoryMean(c) - pilot(b, c) - own(b, c).x, SmemoryVariance(c));'
    : 'return vec2(pilot(0, c) - pilot(b, c) + (t.x - own(b, c).x), t.y);'
} }
vec2 layerAt(int b, int c, vec2 t) { return vec2(pilot(b, 0) - pilot(b, c) + (t.x - own(b, c).x), t.y); }`;

const softmax = (name: string, count: number) => {
  const logits = [0, 1, 2].map((k) => (k < count ? `S${name}(${k})` : '-1e30'));
  return `softmax(vec3(${logits.join(', ')}))`;
};

/** The softmaxes of the logits: w for means, u for variances. */
export const weights = ({ by, statistics }: How): string =>
  by === 'rstd'
    ? ''
    : `vec3 w = ${softmax('meanWeight', statistics.length)}, u = ${softmax('varianceWeight', statistics.length)};`;

export const SOFTMAX = `
vec3 softmax(vec3 l) { l = exp(l - max(l.x, max(l.y, l.z))); return l / (l.x + l.y + l.z); }`;

const LANE = ['x', 'y', 'z'] as const;

/** A statistic's weight, or 0 where it is not mixed. */
export function weightOf({ statistics }: How, of: 'w' | 'u', name: Statistic): string {
  const k = statistics.indexOf(name);
  return k < 0 ? '0.' : `${of}.${LANE[k]}`;
}

export function mixing({ kind }: Plan, how: How, hasMemory: boolean, own: string): string {
  return `${pilots(kind, true)}${RSTD}
vec2 own(int b, int c) { ${own} }${TOTAL}${relative(hasMemory)}${how.by === 'variance' ? SOFTMAX : ''}`;
}

/** Whether a program needs the statistics of whole samples, and those of the batch. */
export const hasLayer = ({ by, statistics }: How): boolean => by === 'variance' && statistics.includes('layer');
export const hasBatch = ({ by, statistics }: How): boolean => by === 'rstd' || statistics.includes('batch');
