import type { Dimensions, NormRow } from '../../src/norms.js';

/**
 * Every norm's formula in float64, straight from its row of the table: one loop per statistic, no view, no tensors. What
 * the ops are held against, and what gradients are differenced on.
 */

export type Numbers = ArrayLike<number>;
export type Values = Readonly<Record<string, Numbers>>;

export interface Problem {
  readonly row: NormRow;
  readonly shape: readonly number[];
  readonly options: Readonly<Record<string, unknown>>;
}

/** Below this squared length a kernel counts as zero (TensorFlow's l2_normalize). */
const SMALLEST_SQUARE = 1e-12;

const product = (sizes: readonly number[]) => sizes.reduce((n, size) => n * size, 1);

export const option = <T>({ row, options }: Problem, key: string): T => (options[key] ?? row.defaults[key]) as T;

/** The axes an `axis` option names, ascending; −1 where the table has none (a kernel's outputs). */
export function axesOf(problem: Problem): number[] {
  const axis = option<number | number[] | undefined>(problem, 'axis') ?? -1;
  const rank = problem.shape.length;
  return [axis]
    .flat()
    .map((a) => (a < 0 ? a + rank : a))
    .sort((a, b) => a - b);
}

/** What a list of the table's dimensions leaves distinct: for every axis, into how many parts it is cut. */
function partsOf(problem: Problem, averaged: readonly Dimensions[]): number[] {
  const axes = axesOf(problem);
  return problem.shape.map((size, axis) => {
    const named = axes.includes(axis);
    if (averaged.includes('axes')) return named ? 1 : size;
    if (averaged.includes('kernel')) return named ? size : 1;
    if (!named) return averaged.includes(axis === 0 ? 'batch' : 'space') ? 1 : size;
    if (averaged.includes('channels')) return 1;
    const groups = option<number>(problem, 'groups');
    return averaged.includes('group') && groups !== -1 ? groups : size;
  });
}

/** For every element a number: the mixed-radix index of the part it lies in, along every axis. */
export function indexOfParts({ shape }: Problem, parts: readonly number[]): Int32Array {
  const index = new Int32Array(product(shape));
  let inner = index.length;
  shape.forEach((size, axis) => {
    inner /= size;
    const count = parts[axis] as number;
    for (let start = 0, coordinate = 0; start < index.length; start += inner, coordinate = (coordinate + 1) % size) {
      const part = Math.floor((coordinate * count) / size);
      for (let i = start; i < start + inner; i++) index[i] = (index[i] as number) * count + part;
    }
  });
  return index;
}

/** Which statistics set each element belongs to. */
export function setsOf(problem: Problem, averaged: readonly Dimensions[]): Int32Array {
  return indexOfParts(problem, partsOf(problem, averaged));
}

/** Which value of a parameter each element is scaled or shifted with. */
export function parameterIndex(problem: Problem): Int32Array {
  const axes = axesOf(problem);
  return indexOfParts(
    problem,
    problem.shape.map((size, axis) => (axes.includes(axis) ? size : 1)),
  );
}

export interface Moments {
  readonly sets: Int32Array;
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

/** Mean and biased variance (not centred: 0 and the mean square) of every set, over the elements that count. */
export function moments(x: Numbers, sets: Int32Array, centered: boolean, counts?: (i: number) => boolean): Moments {
  let size = 0;
  for (const set of sets) size = Math.max(size, set + 1);
  const n = new Float64Array(size);
  const mean = new Float64Array(size);
  const variance = new Float64Array(size);
  const each = (f: (value: number, set: number) => void) => {
    for (let i = 0; i < sets.length; i++) if (!counts || counts(i)) f(x[i] as number, sets[i] as number);
  };
  const add = (to: Float64Array, set: number, value: number) => {
    to[set] = (to[set] as number) + value;
  };
  each((_, set) => add(n, set, 1));
  if (centered) each((value, set) => add(mean, set, value / (n[set] as number)));
  each((value, set) => add(variance, set, (value - (mean[set] as number)) ** 2 / (n[set] as number)));
  return { sets, mean, variance };
}

/** Which elements a partial mean square counts: the first share of the one axis. */
function counted(problem: Problem): ((i: number) => boolean) | undefined {
  const partial = option<number | undefined>(problem, 'partial') ?? 1;
  if (partial === 1) return undefined;
  const along = parameterIndex(problem);
  const k = Math.max(1, Math.floor(partial * (problem.shape[axesOf(problem)[0] as number] as number) + 1e-9));
  return (i) => (along[i] as number) < k;
}

/** Mean and variance of every element, by statistic; the batch's are the memory's where there is one. */
export function statisticsOf(problem: Problem, x: Numbers, weights: Values) {
  const { row } = problem;
  const channel = parameterIndex(problem);
  return row.averagesOver.map((averaged) => {
    const { moving_mean: mean, moving_variance: variance } = weights;
    if (mean && averaged.includes('batch')) {
      return {
        mean: (i: number) => mean[channel[i] as number] as number,
        variance: (i: number) => variance?.[channel[i] as number] ?? 1,
      };
    }
    const found = moments(x, setsOf(problem, averaged), row.centered, counted(problem));
    return {
      mean: (i: number) => found.mean[found.sets[i] as number] as number,
      variance: (i: number) => found.variance[found.sets[i] as number] as number,
    };
  });
}

function softmax(logits: Numbers): number[] {
  const exponentials = Array.from(logits, Math.exp);
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((e) => e / sum);
}

/** The standardized value of every element, before γ and β. */
function standardized(problem: Problem, x: Numbers, weights: Values): (i: number) => number {
  const { row } = problem;
  const all = statisticsOf(problem, x, weights);
  const epsilon = option<number | undefined>(problem, 'epsilon');
  const by =
    ({ mean, variance }: (typeof all)[number]) =>
    (i: number) => {
      if (epsilon === undefined) return (x[i] as number) - mean(i);
      return ((x[i] as number) - mean(i)) / Math.sqrt(variance(i) + epsilon);
    };
  const { rho, mean_weight: meanLogits, variance_weight: varianceLogits } = weights;
  if (rho) {
    const channel = parameterIndex(problem);
    const [instance, batch] = all.map(by) as [(i: number) => number, (i: number) => number];
    return (i) => {
      const share = rho[channel[i] as number] as number;
      return share * batch(i) + (1 - share) * instance(i);
    };
  }
  if (!meanLogits || !varianceLogits) return by(all[0] as (typeof all)[number]);
  const known = row.defaults.statistics as readonly string[];
  const chosen = option<string[]>(problem, 'statistics').map(
    (name) => all[known.indexOf(name)] as (typeof all)[number],
  );
  const mix = (shares: number[], part: 'mean' | 'variance') => (i: number) =>
    chosen.reduce((sum, statistic, k) => sum + (shares[k] as number) * statistic[part](i), 0);
  return by({ mean: mix(softmax(meanLogits), 'mean'), variance: mix(softmax(varianceLogits), 'variance') });
}

/** The norm's result in float64, with the weights under their names in the table. */
export function reference(problem: Problem, x: Numbers, weights: Values = {}): Float64Array {
  const { row, shape } = problem;
  const index = parameterIndex(problem);
  const result = new Float64Array(product(shape));
  if (row.of === 'weights') {
    const { sets, variance } = moments(x, setsOf(problem, row.averagesOver[0] ?? []), false);
    const n = result.length / variance.length;
    return result.map((_, i) => {
      const length = Math.sqrt(Math.max((variance[sets[i] as number] as number) * n, SMALLEST_SQUARE));
      return ((weights.g?.[index[i] as number] ?? 1) * (x[i] as number)) / length;
    });
  }
  const values = standardized(problem, x, weights);
  const gamma = weights.gamma ?? weights.scale;
  const offset = gamma ? (option<number | undefined>(problem, 'offset') ?? 0) : 0;
  return result.map((_, i) => {
    const c = index[i] as number;
    return values(i) * ((gamma?.[c] ?? 1) + offset) + (weights.beta?.[c] ?? 0);
  });
}
