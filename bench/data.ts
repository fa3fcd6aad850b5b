import { type Case, sizeOf } from './cases.js';

/** Everything a norm can take, as plain numbers: each candidate brings them where it computes. */
export interface Data {
  readonly x: Float32Array;
  readonly dy: Float32Array;
  readonly gamma: Float32Array;
  readonly beta: Float32Array;
  readonly mean: Float32Array;
  readonly variance: Float32Array;
  readonly rho: Float32Array;
  readonly mean_weight: Float32Array;
  readonly variance_weight: Float32Array;
}

export type ParameterName = Exclude<keyof Data, 'x' | 'dy'>;

/** Uniform in [0, 1) and the same everywhere (Numerical Recipes' generator). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Sums of three uniform numbers: about normal, and quick enough for 25 million. */
function bell(size: number, seed: number, mean: number, deviation: number): Float32Array {
  const next = generator(seed);
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) values[i] = mean + deviation * 2 * (next() + next() + next() - 1.5);
  return values;
}

function uniform(size: number, seed: number, low: number, high: number): Float32Array {
  const next = generator(seed);
  return new Float32Array(size).map(() => low + (high - low) * next());
}

/** The tensors of a case; γ is not 1 and β not 0, or a candidate that forgot them would look right. */
export function dataOf(given: Case, mean = 0.5, deviation = 1): Data {
  const channels = given.shape[given.shape.length - 1] as number;
  const size = sizeOf(given);
  return {
    x: bell(size, 1, mean, deviation),
    dy: bell(size, 2, 0, 1),
    gamma: uniform(channels, 3, 0.5, 1.5),
    beta: uniform(channels, 4, -0.5, 0.5),
    mean: uniform(channels, 5, 0, 1),
    variance: uniform(channels, 6, 0.5, 1.5),
    rho: uniform(channels, 7, 0.1, 0.9),
    mean_weight: Float32Array.of(0.5, 1, 0),
    variance_weight: Float32Array.of(0, 0.5, 1),
  };
}

/** The parameters a norm has, in the order of the gradients. */
export function parametersOf({ norm }: Case): ParameterName[] {
  if (norm === 'rms') return ['gamma'];
  if (norm === 'batchInstance') return ['gamma', 'beta', 'rho'];
  if (norm === 'switchable') return ['gamma', 'beta', 'mean_weight', 'variance_weight'];
  return ['gamma', 'beta'];
}
