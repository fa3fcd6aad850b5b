/**
 * The truth the errors are measured against: the formulas in double precision, written for plainness, apart from the
 * package and from every candidate.
 */
import { type Case, isRows, type Pass, slabOf } from './cases.js';
import type { Data } from './data.js';

type Doubles = Float64Array;
export type Result = 'y' | 'dx' | 'dgamma' | 'dbeta';
export type Results = Partial<Record<Result, ArrayLike<number>>>;

const doubles = (size: number): Doubles => new Float64Array(size);
const at = (values: ArrayLike<number>, i: number): number => values[i] as number;

/** The set of statistics every element belongs to, and its channel. */
interface Sets {
  readonly count: number;
  readonly setOf: (i: number) => number;
  readonly channels: number;
}

function setsOf(given: Case, size: number): Sets {
  const { N, S, C } = slabOf(given);
  if (isRows(given)) return { count: size / C, setOf: (i) => Math.floor(i / C), channels: C };
  if (given.norm === 'batch') return { count: C, setOf: (i) => i % C, channels: C };
  const G = given.norm === 'group' ? (given.groups as number) : C;
  const K = C / G;
  return { count: N * G, setOf: (i) => Math.floor(i / (S * C)) * G + Math.floor((i % C) / K), channels: C };
}

/** Mean (0 where not centred) and biased variance of every set, in two passes. */
function momentsOf(x: Float32Array, { count, setOf }: Sets, centred: boolean): { mean: Doubles; variance: Doubles } {
  const n = x.length / count;
  const mean = doubles(count);
  const variance = doubles(count);
  if (centred) for (let i = 0; i < x.length; i++) mean[setOf(i)] = at(mean, setOf(i)) + at(x, i) / n;
  for (let i = 0; i < x.length; i++) {
    const s = setOf(i);
    variance[s] = at(variance, s) + (at(x, i) - at(mean, s)) ** 2 / n;
  }
  return { mean, variance };
}

/** Every norm but the mixtures. */
function standard(given: Case, data: Data, pass: Pass): Results {
  const { x, dy, gamma } = data;
  const centred = given.norm !== 'rms';
  const beta = centred ? data.beta : new Float32Array(gamma.length);
  const sets = setsOf(given, x.length);
  const { setOf, channels: C } = sets;
  const { mean, variance } = given.inference ? data : momentsOf(x, sets, centred);
  const rstd = Float64Array.from(variance, (v) => 1 / Math.sqrt(v + given.epsilon));
  const standardized = (i: number, s: number) => (at(x, i) - at(mean, s)) * at(rstd, s);
  const y = doubles(x.length);
  for (let i = 0; i < x.length; i++) y[i] = standardized(i, setOf(i)) * at(gamma, i % C) + at(beta, i % C);
  if (pass === 'forward') return { y };
  const n = x.length / sets.count;
  const [up, upX, dgamma, dbeta] = [doubles(sets.count), doubles(sets.count), doubles(C), doubles(C)];
  for (let i = 0; i < x.length; i++) {
    const [s, c] = [setOf(i), i % C];
    const xhat = standardized(i, s);
    const g = at(dy, i) * at(gamma, c);
    up[s] = at(up, s) + g / n;
    upX[s] = at(upX, s) + (g * xhat) / n;
    dgamma[c] = at(dgamma, c) + at(dy, i) * xhat;
    dbeta[c] = at(dbeta, c) + at(dy, i);
  }
  const dx = doubles(x.length);
  for (let i = 0; i < x.length; i++) {
    const s = setOf(i);
    const throughMean = centred ? at(up, s) : 0;
    // Given statistics do not depend on x.
    const through = given.inference ? 0 : throughMean + standardized(i, s) * at(upX, s);
    dx[i] = (at(dy, i) * at(gamma, i % C) - through) * at(rstd, s);
  }
  return { y, dx, dgamma, ...(centred ? { dbeta } : {}) };
}

/** Of every channel of every sample: mean m and mean square q. A mixture's other statistics are averages of these. */
interface Instance {
  readonly m: Doubles;
  readonly q: Doubles;
}

/** y = a·x + b, per sample and channel, without γ and β. */
type Line = { a: Doubles; b: Doubles };

const softmax = (logits: Float32Array): number[] => {
  const powers = [...logits].map(Math.exp);
  const sum = powers.reduce((total, p) => total + p, 0);
  return powers.map((p) => p / sum);
};

function averages(values: Doubles, N: number, C: number): { samples: Doubles; channels: Doubles } {
  const samples = doubles(N);
  const channels = doubles(C);
  for (let i = 0; i < N * C; i++) {
    const n = Math.floor(i / C);
    samples[n] = at(samples, n) + at(values, i) / C;
    channels[i % C] = at(channels, i % C) + at(values, i) / N;
  }
  return { samples, channels };
}

function lineOf({ norm, epsilon }: Case, data: Data, { m, q }: Instance, N: number, C: number): Line {
  const [means, squares] = [averages(m, N, C), averages(q, N, C)];
  const [w, u] = [softmax(data.mean_weight), softmax(data.variance_weight)];
  const [a, b] = [doubles(N * C), doubles(N * C)];
  for (let i = 0; i < N * C; i++) {
    const [n, c] = [Math.floor(i / C), i % C];
    const mean = [at(m, i), at(means.samples, n), at(means.channels, c)];
    const square = [at(q, i), at(squares.samples, n), at(squares.channels, c)];
    const variance = square.map((value, k) => value - at(mean, k) ** 2);
    if (norm === 'switchable') {
      const centre = w.reduce((sum, share, k) => sum + share * at(mean, k), 0);
      a[i] = 1 / Math.sqrt(u.reduce((sum, share, k) => sum + share * at(variance, k), 0) + epsilon);
      b[i] = -centre * at(a, i);
    } else {
      const rho = at(data.rho, c);
      const batch = rho / Math.sqrt(at(variance, 2) + epsilon);
      const instance = (1 - rho) / Math.sqrt(at(variance, 0) + epsilon);
      a[i] = batch + instance;
      b[i] = -(batch * at(mean, 2) + instance * at(mean, 0));
    }
  }
  return { a, b };
}

/**
 * How Σ a·s2 + b·s1 changes with m and q, by central differences: exact to 1e-9, which is enough to judge float32, and
 * it needs no second derivation that could hold the same mistake.
 */
function slopes(given: Case, data: Data, at0: Instance, s1: Doubles, s2: Doubles, N: number, C: number): Instance {
  const loss = (instance: Instance) => {
    const { a, b } = lineOf(given, data, instance, N, C);
    let sum = 0;
    for (let i = 0; i < N * C; i++) sum += at(a, i) * at(s2, i) + at(b, i) * at(s1, i);
    return sum;
  };
  const slope = (values: Doubles) =>
    values.map((value, i) => {
      const step = 1e-4;
      values[i] = value + step;
      const above = loss(at0);
      values[i] = value - step;
      const below = loss(at0);
      values[i] = value;
      return (above - below) / (2 * step);
    });
  return { m: slope(at0.m), q: slope(at0.q) };
}

function mixture(given: Case, data: Data, pass: Pass): Results {
  const { dy, gamma, beta } = data;
  const { N, S, C } = slabOf(given);
  // A mixture does not see a constant added to x, but E[x²] − E[x]² does: hence without the mean.
  const total = data.x.reduce((sum, value) => sum + value, 0) / data.x.length;
  const x = Float64Array.from(data.x, (value) => value - total);
  const place = (i: number) => Math.floor(i / (S * C)) * C + (i % C);
  const instance = { m: doubles(N * C), q: doubles(N * C) };
  const [s1, s2] = [doubles(N * C), doubles(N * C)];
  for (let i = 0; i < x.length; i++) {
    const p = place(i);
    const up = at(dy, i) * at(gamma, i % C);
    instance.m[p] = at(instance.m, p) + at(x, i) / S;
    instance.q[p] = at(instance.q, p) + at(x, i) ** 2 / S;
    s1[p] = at(s1, p) + up;
    s2[p] = at(s2, p) + up * at(x, i);
  }
  const { a, b } = lineOf(given, data, instance, N, C);
  const [y, dgamma, dbeta] = [doubles(x.length), doubles(C), doubles(C)];
  for (let i = 0; i < x.length; i++) {
    const xhat = at(a, place(i)) * at(x, i) + at(b, place(i));
    y[i] = xhat * at(gamma, i % C) + at(beta, i % C);
    dgamma[i % C] = at(dgamma, i % C) + at(dy, i) * xhat;
    dbeta[i % C] = at(dbeta, i % C) + at(dy, i);
  }
  if (pass === 'forward') return { y };
  const slope = slopes(given, data, instance, s1, s2, N, C);
  const dx = doubles(x.length);
  for (let i = 0; i < x.length; i++) {
    const p = place(i);
    const through = (at(slope.m, p) + 2 * at(x, i) * at(slope.q, p)) / S;
    dx[i] = at(a, p) * at(dy, i) * at(gamma, i % C) + through;
  }
  return { y, dx, dgamma, dbeta };
}

/** The results of a case in double precision. */
export function reference(given: Case, data: Data, pass: Pass): Results {
  const mixed = given.norm === 'batchInstance' || given.norm === 'switchable';
  return mixed ? mixture(given, data, pass) : standard(given, data, pass);
}

/** The largest difference over the results both have, as a share of the largest value; NaN where one is NaN. */
export function errorOf(results: Results, truth: Results): number {
  let worst = 0;
  for (const name of Object.keys(truth) as Result[]) {
    const [found, expected] = [results[name], truth[name]];
    if (!found || !expected) continue;
    let [difference, scale] = [0, 0];
    for (let i = 0; i < expected.length; i++) {
      const d = Math.abs(at(found, i) - at(expected, i));
      if (!(d <= difference)) difference = d;
      scale = Math.max(scale, Math.abs(at(expected, i)));
      if (Number.isNaN(d)) return Number.NaN;
    }
    worst = Math.max(worst, difference / scale);
  }
  return worst;
}
