import type { SlabView } from '../../src/kernels/contract.js';

/** The contract in float64, by plain loops over the five indices: b, s, g, k, t. */

type Values = ArrayLike<number>;

export interface Case {
  readonly view: SlabView;
  readonly x: Float32Array;
  readonly dy: Float32Array;
  readonly gamma?: Float32Array | undefined;
  readonly beta?: Float32Array | undefined;
  readonly epsilon: number;
  readonly center: boolean;
}

/** Calls f with every element's index, set and channel. */
export function eachElement(
  { B, S, G, K, T }: SlabView,
  f: (i: number, set: number, channel: number, b: number) => void,
): void {
  let i = 0;
  for (let b = 0; b < B; b++)
    for (let s = 0; s < S; s++)
      for (let g = 0; g < G; g++)
        for (let k = 0; k < K; k++) for (let t = 0; t < T; t++) f(i++, b * G + g, g * K + k, b);
}

const at = (values: Values, i: number) => values[i] as number;

export const sizeOf = ({ B, S, G, K, T }: SlabView): number => B * S * G * K * T;

const add = (sums: Float64Array, i: number, value: number) => {
  sums[i] = at(sums, i) + value;
};

export function moments(x: Values, view: SlabView, center: boolean) {
  const n = view.S * view.K * view.T;
  const first: (number | undefined)[] = [];
  const mean = new Float64Array(view.B * view.G);
  const variance = new Float64Array(view.B * view.G);
  // From the first value, so that a constant set's mean is its value to the last bit.
  eachElement(view, (i, set) => {
    first[set] ??= at(x, i);
    if (center) add(mean, set, (at(x, i) - (first[set] as number)) / n);
  });
  if (center)
    first.forEach((v, set) => {
      add(mean, set, v as number);
    });
  eachElement(view, (i, set) => add(variance, set, (at(x, i) - at(mean, set)) ** 2 / n));
  return { mean, variance };
}

export const deviation = (variance: number, epsilon: number): number =>
  variance === 0 && epsilon === 0 ? 0 : 1 / Math.sqrt(variance + epsilon);

export function apply(c: Case, mean: Values, variance: Values): Float64Array {
  const y = new Float64Array(c.x.length);
  eachElement(c.view, (i, set, channel) => {
    const xhat = (at(c.x, i) - at(mean, set)) * deviation(at(variance, set), c.epsilon);
    y[i] = xhat * (c.gamma ? at(c.gamma, channel) : 1) + (c.beta ? at(c.beta, channel) : 0);
  });
  return y;
}

export function normalize(c: Case) {
  const { mean, variance } = moments(c.x, c.view, c.center);
  return { y: apply(c, mean, variance), mean, variance };
}

/** x̂, g = dy·γ, and the sums of both gradients of a normalization. */
function sums(c: Case, mean: Values, variance: Values) {
  const { G, K, B } = c.view;
  const level = new Float64Array(B * G);
  const slope = new Float64Array(B * G);
  const dgamma = new Float64Array(G * K);
  const dbeta = new Float64Array(G * K);
  const xhat = new Float64Array(c.x.length);
  const g = new Float64Array(c.x.length);
  eachElement(c.view, (i, set, channel) => {
    xhat[i] = (at(c.x, i) - at(mean, set)) * deviation(at(variance, set), c.epsilon);
    g[i] = at(c.dy, i) * (c.gamma ? at(c.gamma, channel) : 1);
    add(level, set, at(g, i));
    add(slope, set, at(g, i) * at(xhat, i));
    add(dgamma, channel, at(c.dy, i) * at(xhat, i));
    add(dbeta, channel, at(c.dy, i));
  });
  return { level, slope, dgamma, dbeta, xhat, g };
}

export function normalizeGrad(c: Case) {
  const { mean, variance } = moments(c.x, c.view, c.center);
  const { level, slope, dgamma, dbeta, xhat, g } = sums(c, mean, variance);
  const n = c.view.S * c.view.K * c.view.T;
  const dx = new Float64Array(c.x.length);
  eachElement(c.view, (i, set) => {
    const flat = at(g, i) - (c.center ? at(level, set) / n : 0);
    dx[i] = deviation(at(variance, set), c.epsilon) * (flat - (at(xhat, i) * at(slope, set)) / n);
  });
  return { dx, dgamma, dbeta };
}

export function momentsGrad(c: Case, dmean: Values, dvariance: Values): Float64Array {
  const { mean } = moments(c.x, c.view, c.center);
  const n = c.view.S * c.view.K * c.view.T;
  const dx = new Float64Array(c.x.length);
  eachElement(c.view, (i, set) => {
    dx[i] = ((c.center ? at(dmean, set) : 0) + 2 * at(dvariance, set) * (at(c.x, i) - at(mean, set))) / n;
  });
  return dx;
}

export function applyGrad(c: Case, mean: Values, variance: Values) {
  const { level, slope, dgamma, dbeta, g } = sums(c, mean, variance);
  const dx = new Float64Array(c.x.length);
  const rstd = Float64Array.from(variance, (v) => deviation(v, c.epsilon));
  eachElement(c.view, (i, set) => {
    dx[i] = at(g, i) * at(rstd, set);
  });
  const dmean = level.map((sum, set) => -at(rstd, set) * sum);
  const dvariance = slope.map((sum, set) => -0.5 * at(rstd, set) ** 2 * sum);
  return { dx, dmean, dvariance, dgamma, dbeta };
}
