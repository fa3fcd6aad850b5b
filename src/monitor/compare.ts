import type { Optimizer } from '@tensorflow/tfjs-core';
import type { LayersModel, ModelCompileArgs } from '@tensorflow/tfjs-layers';
import type { NormalizationSpec } from '../auto/create.js';
import { problem } from '../core/errors.js';
import { candidatesOf, type NormFactory } from './candidate.js';
import { type Comparison, comparisonOf } from './comparison.js';
import { COMPARE, type Examples } from './data.js';
import { type Direction, directionOf, metricIndex } from './metric.js';
import { type ComparisonData, sourcesOf } from './sources.js';
import { deviation, mean } from './statistics.js';
import { type Run, release, startOf, train } from './trial.js';
import { meanOfFinite, type NormResult, ranked, verdictOf } from './verdict.js';

/** How far a comparison is. */
export interface ComparisonProgress {
  readonly norm: string;
  readonly seed: number;
  /** Epochs done of this run. */
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  /** Of the last batch; at the end of an epoch its mean. */
  readonly loss: number;
  /** The metric on the validation data, at the end of an epoch. */
  readonly value?: number;
  /** Why the run was stopped. */
  readonly diverged?: string;
  /** Of the whole comparison, 0 to 1. */
  readonly done: number;
}

/** Options of {@link compareNormalizations}. */
export interface CompareOptions {
  /** Makes a new model, compiled or not. Pass `seed` on to every initializer and dropout layer. */
  build(norm: NormFactory, context: { readonly seed: number }): LayersModel | Promise<LayersModel>;
  data: ComparisonData | Examples;
  /** What `createNormalization` takes (no layers), in a list, or by the name it is to have in the table. */
  norms: readonly NormalizationSpec[] | Readonly<Record<string, NormalizationSpec>>;
  /** How many, or which whole numbers. @default 5 */
  seeds?: number | readonly number[];
  /** @default 5 */
  epochs?: number;
  /** Of tensors and arrays; data sets make their own batches. @default 32 */
  batchSize?: number;
  /** For models that `build` did not compile; the optimizer by name or as a function, so that every run has its own. */
  compile?: Omit<ModelCompileArgs, 'optimizer'> & { optimizer: string | (() => Optimizer) };
  /** `'loss'`, or what the model was compiled with. @default 'loss' */
  metric?: string;
  /** Which is better. @default known for losses, errors, accuracies and the like, by name */
  direction?: Direction;
  /** A run stops when the mean loss of ten batches is so many times that of the start. @default 4 */
  divergence?: number;
  /** Called after every step and waited for. */
  onProgress?(progress: ComparisonProgress): void | Promise<void>;
  /** Stops everything: the promise is rejected with its reason. */
  signal?: AbortSignal;
}

const DEFAULTS = { seeds: 5, epochs: 5, batchSize: 32, metric: 'loss', divergence: 4 };

function seedsOf(seeds: number | readonly number[]): readonly number[] {
  const list = typeof seeds === 'number' ? [...Array(Math.max(0, Math.floor(seeds)) || 0).keys()] : [...(seeds ?? [])];
  if (list.length > 0 && list.every(Number.isInteger) && new Set(list).size === list.length) return list;
  throw problem(COMPARE, 'seeds must be a count or different whole numbers', { seeds }, 'Try 5.');
}

function checkNumbers(options: { epochs: number; batchSize: number; divergence: number }): void {
  for (const name of ['epochs', 'batchSize'] as const) {
    const value = options[name];
    if (!(Number.isInteger(value) && value > 0))
      throw problem(COMPARE, `${name} must be a whole number above 0`, { [name]: value });
  }
  const { divergence } = options;
  if (!(divergence > 1)) {
    throw problem(COMPARE, 'divergence must be above 1', { divergence }, 'Infinity stops only what is not finite.');
  }
}

/** Makes models one at a time, and knows which it has made. */
function workshop({ build, compile, metric = DEFAULTS.metric }: CompareOptions) {
  const known = new WeakSet<object>();
  const once = (made: object, what: string) => {
    if (known.has(made)) {
      throw problem(
        COMPARE,
        `every run needs ${what} of its own`,
        {},
        `Make the ${what.split(' ').pop()} within build.`,
      );
    }
    known.add(made);
  };
  return async (norm: NormFactory, seed: number): Promise<LayersModel> => {
    const model = await build(norm, { seed });
    if (typeof (model as Partial<LayersModel> | null)?.trainOnBatch !== 'function') {
      throw problem(
        COMPARE,
        'build must return a model',
        { received: typeof model },
        'Return it uncompiled or compiled.',
      );
    }
    once(model, 'a model');
    try {
      if (!model.optimizer) {
        if (!compile) throw problem(COMPARE, 'the model is not compiled', {}, 'Compile it in build, or pass compile.');
        const { optimizer } = compile;
        model.compile({ ...compile, optimizer: typeof optimizer === 'function' ? optimizer() : optimizer });
      }
      once(model.optimizer, 'an optimizer');
      metricIndex(model, metric);
      return model;
    } catch (error) {
      release(model);
      throw error;
    }
  };
}

/** What is not equal though it should be, and the other way round. */
function notesOf(starts: ReadonlyMap<number, readonly string[]>): string[] {
  const perSeed = [...starts.values()];
  const unequal = perSeed.some((each) => new Set(each).size > 1);
  const alike = perSeed.length > 1 && new Set(perSeed.map(([first]) => first)).size === 1;
  return [
    ...(unequal
      ? [
          'Note: the norms did not start from equal kernels, so part of the differences is chance: pass seed to every initializer in build.',
        ]
      : []),
    ...(alike
      ? ['Note: every seed started from the same kernels, so the spread is that of the data only: use seed in build.']
      : []),
  ];
}

function resultOf(norm: string, runs: readonly Run[], parameters: number): NormResult {
  const values = runs.flatMap(({ value }) => (value === undefined ? [] : [value]));
  return {
    norm,
    runs,
    mean: mean(values),
    deviation: values.length > 1 ? deviation(values) : Number.NaN,
    diverged: runs.length - values.length,
    parameters,
    secondsPerEpoch: meanOfFinite(runs.map(({ secondsPerEpoch }) => secondsPerEpoch)),
  };
}

/**
 * Trains your own model under several norms with equal seeds and equal budgets, and says which is better, or that the difference
 * may be noise.
 *
 * Equal for all norms of a seed: the split of the data, the order of the batches (shuffled here, not by `fit`, which cannot be
 * seeded), the number of epochs, and whatever `build` makes of `seed`. tfjs's initializers and dropout draw from a seed in
 * their own configuration only: pass it on, `kernelInitializer: tf.initializers.heNormal({ seed })`; where norms did not
 * start from equal kernels the report says so. A data set must make the same batches for the same `{ seed, epoch }`.
 *
 * The last epoch counts: none is chosen by the validation data. A run is stopped when its loss is not finite, or far above its
 * start; a norm of which a run was stopped is not recommended. Differences are paired by seed; their intervals are Student's t, at
 * 95 % for all pairs of norms together (Bonferroni). Fewer than three seeds name no winner.
 *
 * @returns Results best first, paired differences, a recommendation; `String(comparison)` is a table. Every model and tensor made
 *   is disposed.
 * @throws NormalizationError (the promise is rejected) for options that do not fit, before anything is trained.
 *
 * @example
 * ```js
 * const xs = tf.randomNormal([60, 4], 0, 1, 'float32', 1);
 * const comparison = await compareNormalizations({
 *   norms: ['none', 'layer'],
 *   build: (norm, { seed }) => {
 *     const kernelInitializer = tf.initializers.heNormal({ seed });
 *     const hidden = tf.layers.dense({ units: 8, inputShape: [4], kernelInitializer });
 *     const output = tf.layers.dense({ units: 1, kernelInitializer });
 *     return tf.sequential({ layers: [...norm.after(hidden), tf.layers.reLU(), output] });
 *   },
 *   compile: { optimizer: 'adam', loss: 'meanSquaredError' },
 *   data: [xs, tf.sum(xs, 1, true)],
 *   seeds: 3,
 *   epochs: 2,
 * });
 * console.log(String(comparison));
 * ```
 * Reference: Bouthillier et al., "Accounting for Variance in Machine Learning Benchmarks", 2021,
 * https://arxiv.org/abs/2103.03098
 */
export async function compareNormalizations(options: CompareOptions): Promise<Comparison> {
  const settings = { ...DEFAULTS, ...options };
  const { metric, epochs, batchSize, divergence, signal, onProgress } = settings;
  const seeds = seedsOf(settings.seeds);
  checkNumbers(settings);
  const direction = directionOf(metric, options.direction);
  const norms = candidatesOf(options.norms);
  const make = workshop(options);
  const sources = sourcesOf(options.data, batchSize);
  const waiting: LayersModel[] = [];
  const runs = new Map<string, Run[]>(norms.map(({ label }) => [label, []]));
  const parameters = new Map<string, number>();
  const starts = new Map<number, string[]>(seeds.map((seed) => [seed, []]));
  let ended = 0;
  const trainOne = async (norm: NormFactory, seed: number) => {
    const model = waiting.shift() ?? (await make(norm, seed));
    try {
      starts.get(seed)?.push(await startOf(model));
      const total = seeds.length * norms.length;
      const common = { norm: norm.label, seed, epochs };
      const run = await train(model, seed, sources.forSeed(seed), {
        ...{ epochs, metric, divergence, signal },
        report: (state) => onProgress?.({ ...common, ...state, done: (ended + state.epoch / epochs) / total }),
      });
      ended++;
      const stopped = run.diverged;
      if (stopped) {
        const { step, epoch, reason } = stopped;
        await onProgress?.({ ...common, step, epoch, loss: Number.NaN, diverged: reason, done: ended / total });
      }
      runs.get(norm.label)?.push(run);
      parameters.set(norm.label, model.countParams());
    } finally {
      release(model);
    }
  };
  try {
    // All norms are built before the first is trained: what does not fit shows at once.
    for (const norm of norms) waiting.push(await make(norm, seeds[0] as number));
    // Seed by seed, so that a comparison that is stopped has been fair so far.
    for (const seed of seeds) for (const norm of norms) await trainOne(norm, seed);
  } finally {
    for (const model of waiting) release(model);
    sources.dispose();
  }
  const results = ranked(
    norms.map(({ label }) => resultOf(label, runs.get(label) ?? [], parameters.get(label) ?? 0)),
    direction,
  );
  const verdict = verdictOf(results, direction);
  return comparisonOf({ metric, direction, seeds, epochs, batchSize, results, ...verdict, notes: notesOf(starts) });
}
