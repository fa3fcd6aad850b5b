import { NORMS } from '../../src/norms.js';
import { gradientOf, type Point } from './differences.js';
import { decode, type Encoded, type GoldenCase } from './goldenCase.js';
import {
  axesOf,
  type Numbers,
  type Problem,
  parameterIndex,
  reference,
  statisticsOf,
  type Values,
} from './reference.js';

/** What a golden case's inputs give in float64, whatever has become of them: the formula, and its central differences. */

/** A case's names of weights, and the table's. */
const NAMES: Readonly<Record<string, string>> = {
  meanWeight: 'mean_weight',
  varianceWeight: 'variance_weight',
  mean: 'moving_mean',
  variance: 'moving_variance',
};

export const problemOf = ({ norm, options, inputs }: GoldenCase): Problem => ({
  row: NORMS.find(({ id }) => id === norm) as Problem['row'],
  shape: inputs.x?.shape ?? [],
  options,
});

/** Trains, so that given statistics are a memory to be moved and not what is normalized with. */
const trains = ({ options }: GoldenCase) => 'momentum' in options;

/** The inputs as numbers, under the table's names; without those that are no weight of this pass. */
export function pointOf(c: GoldenCase): Point & { readonly x: Float64Array } {
  const ignored = ['dy', 'ddx', ...(trains(c) ? ['mean', 'variance'] : [])];
  const entries = Object.entries(c.inputs).filter(([name]) => !ignored.includes(name));
  return Object.fromEntries(
    entries.map(([name, array]) => [NAMES[name] ?? name, Float64Array.from(decode(array))]),
  ) as Point & { x: Float64Array };
}

/** One value a channel, of what is known for every element. */
function byChannel(problem: Problem, of: (i: number) => number): Float64Array {
  const index = parameterIndex(problem);
  const result = new Float64Array(axesOf(problem).reduce((n, axis) => n * (problem.shape[axis] as number), 1));
  index.forEach((channel, i) => {
    result[channel] = of(i);
  });
  return result;
}

/** The memory after a training step: what it was, moved toward the batch's statistics. */
function moved(c: GoldenCase, x: Numbers): Values {
  const problem = problemOf(c);
  const batch = problem.row.averagesOver.findIndex((dimensions) => dimensions.includes('batch'));
  const found = statisticsOf(problem, x, {})[batch] as ReturnType<typeof statisticsOf>[number];
  const kept = c.options.momentum as number;
  const step = (name: 'mean' | 'variance') => {
    const before = c.inputs[name];
    const seen = byChannel(problem, found[name]);
    return before ? Float64Array.from(decode(before), (v, i) => kept * v + (1 - kept) * (seen[i] as number)) : seen;
  };
  return { movingMean: step('mean'), movingVariance: step('variance') };
}

/** Without ε a set of equal values is 0 · ∞ by the formula; the pack says β. */
function withoutSpread(c: GoldenCase, y: Float64Array): Float64Array {
  if (c.kind === 'nan') return y;
  const beta = c.inputs.beta && decode(c.inputs.beta);
  const index = parameterIndex(problemOf(c));
  return y.map((v, i) => (Number.isNaN(v) ? (beta?.[index[i] as number] ?? 0) : v));
}

/** Σ|dy·∂y/∂p| for the parameter's value of the most: the sum a derivative is, without its signs. */
export function sizeOfTerms(c: GoldenCase, name: string): number {
  const problem = problemOf(c);
  const { x, ...weights } = pointOf(c);
  const dy = decode(c.inputs.dy as Encoded);
  const own = NAMES[name] ?? name;
  const values = weights[own] as Float64Array;
  const h = 1e-5;
  const at = (k: number, by: number) =>
    reference(problem, x, { ...weights, [own]: values.map((v, i) => (i === k ? v + by : v)) });
  const sums = values.map((_, k) => {
    const [above, below] = [at(k, h), at(k, -h)];
    return dy.reduce((sum, d, i) => sum + Math.abs((d * ((above[i] as number) - (below[i] as number))) / (2 * h)), 0);
  });
  return Math.max(...sums);
}

/** Result, first derivatives and memory. Derivatives of a spoilt input are no differences, and left out. */
export function inDouble(c: GoldenCase): Values {
  const problem = problemOf(c);
  const point = pointOf(c);
  const { x, ...weights } = point;
  const y = withoutSpread(c, reference(problem, x, weights));
  const memory = trains(c) ? moved(c, x) : {};
  if (!c.inputs.dy || c.kind === 'nan') return { y, ...memory };
  const dy = decode(c.inputs.dy);
  const loss = ({ x: at, ...rest }: Point) =>
    reference(problem, at as Float64Array, rest).reduce((sum, v, i) => sum + v * (dy[i] as number), 0);
  const wanted = Object.keys(c.inputs).filter((name) => `d${name}` in c.expected);
  const slopes = gradientOf(
    (part) => loss({ ...point, ...part }),
    Object.fromEntries(wanted.map((name) => [NAMES[name] ?? name, point[NAMES[name] ?? name] as Float64Array])),
  );
  return {
    y,
    ...memory,
    ...Object.fromEntries(wanted.map((name) => [`d${name}`, slopes[NAMES[name] ?? name] as Float64Array])),
  };
}
