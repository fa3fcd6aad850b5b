import type { LayersModel } from '@tensorflow/tfjs-layers';
import { candidatesOf, type NormFactory } from './candidate.js';
import { type CompareOptions, checkNumbers, DEFAULTS, seedsOf } from './compareOptions.js';
import { type Comparison, comparisonOf } from './comparison.js';
import { directionOf } from './metric.js';
import { notesOf } from './notes.js';
import { sourcesOf } from './sources.js';
import { deviation, mean } from './statistics.js';
import { type Run, release, startOf, type TrialState, train } from './trial.js';
import { meanOfFinite, type NormResult, ranked, verdictOf } from './verdict.js';
import { workshop } from './workshop.js';

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
 * @throws NormalizationError (the promise is rejected) for options that do not fit, before anything is trained; for an epoch
 *   without batches.
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
  const done = (epochsNow = 0) => (ended + epochsNow / epochs) / (seeds.length * norms.length);
  const trainOne = async (norm: NormFactory, seed: number) => {
    const model = waiting.shift() ?? (await make(norm, seed));
    const common = { norm: norm.label, seed, epochs };
    try {
      starts.get(seed)?.push(await startOf(model));
      const report = (state: TrialState) => onProgress?.({ ...common, ...state, done: done(state.epoch) });
      const run = await train(model, seed, sources.forSeed(seed), { epochs, metric, divergence, signal, report });
      ended++;
      if (run.diverged) {
        const { step, epoch, reason } = run.diverged;
        await onProgress?.({ ...common, step, epoch, loss: Number.NaN, diverged: reason, done: done() });
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
  const all = norms.map(({ label }) => resultOf(label, runs.get(label) ?? [], parameters.get(label) ?? 0));
  const results = ranked(all, direction);
  const notes = notesOf(starts, results);
  return comparisonOf({
    metric,
    direction,
    seeds,
    epochs,
    batchSize,
    results,
    ...verdictOf(results, direction),
    notes,
  });
}
