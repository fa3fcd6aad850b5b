import type { Tensor } from '@tensorflow/tfjs-core';
import { NORMS, type NormRow, type WeightRow } from '../../src/norms.js';
import { type Check, normal, type Pack, random, type Tf, type Tolerance } from './harness.js';
import { axesOf, option, type Problem } from './reference.js';

/** The norms as subjects of a check: a row of the table with an input, options and weights for it. */

export type Options = Readonly<Record<string, unknown>>;
export type Tensors = Record<string, Tensor>;

/** An input with weights, all of them plain numbers: the tensors are made inside a check. */
export interface Sample extends Problem {
  readonly x: Float32Array;
  readonly weights: Readonly<Record<string, Float32Array>>;
}

export const ROWS = NORMS;
export const ACTIVATIONS = NORMS.filter(({ of }) => of === 'activations');

/** Dimensions that all differ, and groups of more than one channel. */
export const SHAPE = [2, 4, 5, 6];
const GROUPS = 3;
const EPSILON = 1e-5;

/** Backends on which equal computations give equal bits. */
const EXACT = ['cpu', 'wasm'];
export const isExact = (tf: Tf): boolean => EXACT.includes(tf.getBackend());

const TOLERANCE: Readonly<Record<string, Tolerance>> = {
  cpu: { atol: 2e-6, rtol: 2e-6 },
  wasm: { atol: 1e-5, rtol: 1e-5 },
};

/** What a forward pass may differ by from float64; `factor` 10 is for gradients. */
export function tolerance(tf: Tf, factor = 1): Tolerance {
  const { atol, rtol } = TOLERANCE[tf.getBackend()] ?? { atol: 1e-5, rtol: 1e-4 };
  return { atol: atol * factor, rtol: rtol * factor };
}

/** Equal bits where the backend gives them, else within the tolerance. */
export const equal = (tf: Tf): Tolerance => (isExact(tf) ? { atol: 0, rtol: 0 } : tolerance(tf));

export function weightShape(problem: Problem, { over }: WeightRow): number[] {
  if (over === 'statistics') return [option<string[]>(problem, 'statistics').length];
  return axesOf(problem).map((axis) => problem.shape[axis] as number);
}

const sizeOf = (shape: readonly number[]) => shape.reduce((n, d) => n * d, 1);

/** Values of a weight: gates inside (0, 1), variances positive, everything else around its initial value. */
function weightValues({ name, initializer }: WeightRow, size: number, seed: number): Float32Array {
  const uniform = random(seed);
  if (name === 'rho') return Float32Array.from({ length: size }, () => 0.1 + 0.8 * uniform());
  if (name === 'moving_variance') return Float32Array.from({ length: size }, () => 0.5 + uniform());
  return normal(size, { mean: initializer === 'zeros' ? 0 : 1, std: 0.5, seed });
}

/** The last long input: the same for every row, and slow to draw. */
let last: { key: string; values: Float32Array } | undefined;

function values(size: number, parameters: { mean: number; std: number; seed: number }): Float32Array {
  if (size < 10_000) return normal(size, parameters);
  const key = JSON.stringify([size, parameters]);
  if (last?.key !== key) last = { key, values: normal(size, parameters) };
  return last.values.slice();
}

/** An input and weights for a row. */
export function sample(
  row: NormRow,
  {
    shape = SHAPE,
    options = {},
    mean = 1.5,
    std = 2,
    seed = 7,
  }: Partial<Problem> & { mean?: number; std?: number; seed?: number } = {},
): Sample {
  const own = {
    ...('groups' in row.defaults ? { groups: GROUPS } : {}),
    ...('epsilon' in row.defaults ? { epsilon: EPSILON } : {}),
    ...options,
  };
  const problem = { row, shape, options: own };
  const weights: Record<string, Float32Array> = {};
  row.weights.forEach((weight, k) => {
    weights[weight.name] = weightValues(weight, sizeOf(weightShape(problem, weight)), seed + 100 + k);
  });
  return { ...problem, weights, x: values(sizeOf(shape), { mean, std, seed }) };
}

export const input = (tf: Tf, { x, shape }: Sample): Tensor => tf.tensor(x, [...shape]);

/** The sample's weights as tensors, without its memory unless it is asked for. */
export function parameters(tf: Tf, subject: Sample, memory = false): Tensors {
  const wanted = subject.row.weights.filter(({ trainable }) => memory || trainable);
  return Object.fromEntries(
    wanted.map((w) => [w.name, tf.tensor(subject.weights[w.name] as Float32Array, weightShape(subject, w))]),
  );
}

/** Plain weights for the float64 reference, chosen as `parameters` chooses them. */
export function plain({ row, weights }: Sample, memory = false): Record<string, Float32Array> {
  const wanted = row.weights.filter(({ trainable }) => memory || trainable);
  return Object.fromEntries(wanted.map(({ name }) => [name, weights[name] as Float32Array]));
}

/** Under which option an op takes a weight: `moving_mean` as `mean`, a scale as `gamma`. */
export function opOption(name: string): string {
  if (name === 'scale') return 'gamma';
  return name.replace('moving_', '').replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

export const isAffine = (name: string): boolean => ['gamma', 'beta', 'scale', 'g'].includes(name);
export const isPerExample = ({ averagesOver }: NormRow): boolean => !averagesOver.flat().includes('batch');
export const isMixture = ({ averagesOver }: NormRow): boolean => averagesOver.length > 1;
export const hasScale = ({ defaults, of }: NormRow): boolean => 'epsilon' in defaults || of === 'weights';

/** One check for every row. */
export function forRows(
  name: string,
  rows: readonly NormRow[],
  run: (row: NormRow, tf: Tf, pack: Pack) => void | Promise<void>,
): Check[] {
  return rows.map((row) => ({ name: `${name}: ${row.id}`, run: (tf, pack) => run(row, tf, pack) }));
}
