import * as pack from '../../src/index.js';
import { seedsOf } from '../../src/monitor/compareOptions.js';
import { directionOf } from '../../src/monitor/metric.js';
import { paired } from '../../src/monitor/statistics.js';
import { verdictOf } from '../../src/monitor/verdict.js';
import { input, onCpu, tf } from '../layers/setup.js';

onCpu();

const { layers, initializers } = tf;

describe('which way a metric is better', () => {
  test.each([
    ...[
      'accuracy',
      'acc',
      'binaryAccuracy',
      'sparse_categorical_accuracy',
      'out_acc',
      'loss_acc',
      'meanIoU',
      'mean_iou',
    ],
    ...['precision', 'recallAtK_recall', 'f1', 'f1Score', 'r2', 'dice', 'auc', 'PSNR', 'ssim'],
  ])('%s: higher', (metric) => {
    expect(directionOf(metric, undefined)).toBe('max');
  });
  // The host's cosine proximity is minus the cosine; the loss of an output is named after the output.
  test.each([
    ...['loss', 'cosine', 'cosineProximity', 'cosineDistance', 'score_loss', 'iou_loss', 'diceLoss', 'accuracy_loss'],
    ...['mse', 'meanSquaredError', 'out_mae', 'categoricalCrossentropy', 'scoreError', 'hinge', 'perplexity'],
  ])('%s: lower', (metric) => {
    expect(directionOf(metric, undefined)).toBe('min');
  });
  test.each(['cosineSimilarity', 'speed', 'constructor', ''])('%s: to be said', (metric) => {
    expect(() => directionOf(metric, undefined)).toThrow('direction must say which is better');
    expect(directionOf(metric, 'max')).toBe('max');
  });
});

const build = (norm: pack.NormFactory, { seed }: { seed: number }) => {
  const kernelInitializer = initializers.heNormal({ seed });
  const hidden = layers.dense({ units: 6, inputShape: [4], kernelInitializer });
  return tf.sequential({ layers: [...norm.after(hidden), layers.dense({ units: 3, kernelInitializer })] });
};

const sets = () => ({ xs: input([64, 4], 3, 0), ys: input([64, 3], 4, 0) });

test('a loss that falls below 0 is no divergence', async () => {
  const compile = { optimizer: () => tf.train.adam(0.02), loss: 'cosineProximity' };
  const data = { ...sets(), ys: sets().ys };
  const result = await pack.compareNormalizations({
    build,
    compile,
    data,
    norms: ['none'],
    seeds: 3,
    epochs: 8,
    batchSize: 4,
  });
  expect(result.results[0]).toMatchObject({ diverged: 0 });
  expect(result.direction).toBe('min');
  const [run] = result.results[0]?.runs ?? [];
  expect(run?.value).toBeLessThan(run?.curve[0] as number);
});

describe('batches that do not come', () => {
  const compile = { optimizer: 'sgd', loss: 'meanSquaredError' };
  const batch = () => ({ xs: input([4, 4], 3, 0), ys: input([4, 3], 4, 0) });
  const compare = (train: (pass: { seed: number; epoch: number }) => Iterable<ReturnType<typeof batch>>) =>
    pack.compareNormalizations({
      build,
      compile,
      data: { train, validation: () => [batch()] },
      norms: ['none', 'layer'],
      seeds: 3,
      epochs: 1,
    });

  test('an epoch of nothing is an error, and frees the models', async () => {
    const before = tf.memory().numTensors;
    await expect(compare(() => [])).rejects.toThrow('every epoch must have batches. Received seed=1, epoch=0.');
    function* once() {
      yield batch();
    }
    const used = once();
    await expect(compare(() => used)).rejects.toThrow('every epoch must have batches');
    expect(tf.memory().numTensors - before).toBeLessThan(20); // the batches of lists stay the caller's
  });

  test('more steps for one norm than for another are noted', async () => {
    let calls = 0;
    const { notes } = await compare(() => Array.from({ length: 1 + (calls++ % 2) }, batch));
    expect(notes.join()).toMatch(/did not take equally many steps/);
  });
});

describe('equal differences', () => {
  test('have no spread that could be estimated', () => {
    const equal = [0.9 - 0.8, 0.8 - 0.7, 0.7 - 0.6];
    expect(paired(equal, 0.95)).toMatchObject({ interval: undefined, p: undefined, signFlipP: 0.25 });
  });

  test('name no winner', () => {
    const result = (norm: string, values: number[]) => {
      const runs = values.map((value, seed) => ({ seed, value, curve: [], losses: [], secondsPerEpoch: 1, steps: 1 }));
      return { norm, runs, mean: 0.5, deviation: 0.1, diverged: 0, parameters: 1, secondsPerEpoch: 1 };
    };
    const { recommendation } = verdictOf([result('a', [0.9, 0.8, 0.7]), result('b', [0.8, 0.7, 0.6])], 'max');
    expect(recommendation).toMatchObject({ norm: undefined, clear: false, candidates: ['a', 'b'] });
    expect(verdictOf([result('a', [0.9, 0.8, 0.7])], 'max').recommendation.text).toMatch(/^Alone/);
  });
});

test.each([2.5, Number.POSITIVE_INFINITY, -1, 0, Number.NaN, 1e9, 'three', [1, 1], []])('seeds: %p', (seeds) => {
  expect(() => seedsOf(seeds as number)).toThrow('seeds must be a count or different whole numbers');
});

describe('what is no model, or no batch of it', () => {
  const model = build({ after: (layer: unknown) => [layer] } as never, { seed: 1 });
  const nothing = [null, undefined, 5, {}, { layers: [] }];

  test.each(nothing)('%p', async (value) => {
    const none = value as unknown as typeof model;
    for (const call of [
      () => pack.noDecayWeights(none),
      () => pack.decayWeights(none),
      () => pack.monitorNormalization(none, { probe: input([2, 4]) }),
      () => pack.calibrateStatistics(none, []),
    ]) {
      await expect((async () => call())()).rejects.toThrow(pack.NormalizationError);
    }
    expect(pack.isNormalization(value as never)).toBe(false);
  });

  test.each([
    ['another shape', () => input([2, 5])],
    ['another rank', () => input([2, 4, 1])],
    ['two for one', () => [input([2, 4]), input([2, 4])]],
    ['none', () => []],
    ['numbers', () => [[1, 2, 3, 4]]],
  ])('%s', async (_, make) => {
    const batch = make() as ReturnType<typeof input>;
    await expect(pack.calibrateStatistics(model, [batch])).rejects.toThrow('a batch must be the inputs of the model');
    expect(() => pack.monitorNormalization(model, { probe: { xs: batch }, layers: '**' })).toThrow(
      'Pass tensors of shapes [[null,4]].',
    );
  });
});
