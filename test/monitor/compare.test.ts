import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { CLASSES, digitsOf, imagesOf, PIXELS, targetsOf } from '../../models/digits/data.js';
import * as pack from '../../src/index.js';
import { input, onCpu, tf } from '../layers/setup.js';

onCpu();

const { layers, initializers } = tf;
type Norm = pack.NormFactory;

/** y = x₀ − 2x₁ + noise of a fixed seed. */
function regression(rows = 48) {
  const xs = input([rows, 4], 5, 0);
  const ys = tf.tidy(() => tf.sub(tf.slice(xs, [0, 0], [rows, 1]), tf.mul(2, tf.slice(xs, [0, 1], [rows, 1]))));
  return { xs, ys };
}

const network = (norm: Norm, { seed }: { seed: number }) => {
  const kernelInitializer = initializers.heNormal({ seed: seed + 1 });
  const hidden = layers.dense({ units: 6, inputShape: [4], kernelInitializer });
  const output = layers.dense({ units: 1, kernelInitializer: initializers.glorotNormal({ seed: seed + 100 }) });
  return tf.sequential({ layers: [...norm.after(hidden), layers.reLU(), output] });
};

const compile = { optimizer: () => tf.train.adam(0.01), loss: 'meanSquaredError', metrics: ['mae'] };
const common = { build: network, compile, seeds: 3, epochs: 2, batchSize: 8 };

test('all norms see the same batches and start from the same kernels; nothing is left', async () => {
  const data = regression();
  const seen: Record<string, string[]> = {};
  const starts: Record<string, string[]> = {};
  const before = tf.memory().numTensors;
  const result = await pack.compareNormalizations({
    ...common,
    data,
    norms: ['layer', 'none', { norm: 'group', groups: 3 }, 'weight'],
    build: (norm, context) => {
      const model = network(norm, context);
      const key = norm.label;
      const kernel = model.trainableWeights.find(({ originalName }) => /kernel$/.test(originalName));
      starts[key] = [...(starts[key] ?? []), String(kernel?.read().dataSync())];
      const trainOnBatch = model.trainOnBatch.bind(model);
      model.trainOnBatch = (x, y) => {
        seen[key] = [...(seen[key] ?? []), String((x as ReturnType<typeof input>).dataSync())];
        return trainOnBatch(x, y);
      };
      return model;
    },
  });
  expect(tf.memory().numTensors).toBe(before);
  const labels = ['layer', 'none', 'group:groups=3', 'weight'];
  expect(result.results.map(({ norm }) => norm).sort()).toEqual([...labels].sort());
  for (const label of labels) {
    expect(seen[label]).toEqual(seen.layer);
    expect(starts[label]).toEqual(starts.layer);
  }
  // 48 rows, a fifth held back: 38 to train with, five batches of 8, two epochs, three seeds.
  expect(seen.layer).toHaveLength(5 * 2 * 3);
  expect(new Set(starts.layer).size).toBe(3);
  const firstEpoch = (seen.layer as string[]).slice(0, 5);
  expect((seen.layer as string[]).slice(5, 10)).not.toEqual(firstEpoch); // shuffled anew
  expect(result.notes).toEqual([]);
});

test('means, deviations and paired differences are those of the runs', async () => {
  const result = await pack.compareNormalizations({
    ...common,
    data: regression(),
    norms: ['layer', 'none'],
    metric: 'mae',
  });
  expect([result.metric, result.direction]).toEqual(['mae', 'min']);
  const [best, other] = result.results;
  const values = (each = best) => each?.runs.map(({ value }) => value as number) ?? [];
  const [a, b] = [values(best), values(other)];
  const mean = (list: number[]) => list.reduce((x, y) => x + y) / list.length;
  expect(best?.mean).toBeCloseTo(mean(a), 12);
  expect(mean(a)).toBeLessThan(mean(b));
  const d = a.map((value, i) => (b[i] as number) - value);
  const sd = Math.sqrt(d.reduce((sum, value) => sum + (value - mean(d)) ** 2, 0) / 2);
  const [difference] = result.differences;
  expect(difference).toMatchObject({ norm: best?.norm, against: other?.norm });
  expect(difference?.mean).toBeCloseTo(mean(d), 12);
  expect(difference?.interval?.[0]).toBeCloseTo(mean(d) - (4.302653 * sd) / Math.sqrt(3), 5);
  expect(best?.runs[0]?.curve).toHaveLength(3);
  expect(String(result)).toContain('95 %');
  expect(JSON.parse(JSON.stringify(result)).results).toHaveLength(2);
  expect(JSON.stringify(result)).not.toContain('"text":"2 epochs');
});

test('two names of one norm are noise', async () => {
  const norms = { one: 'layer', other: 'layer' };
  const result = await pack.compareNormalizations({ ...common, data: regression(), norms, epochs: 1 });
  expect(result.differences[0]).toMatchObject({ mean: 0, p: 1, clear: false });
  expect(result.recommendation).toMatchObject({ norm: undefined, clear: false, candidates: ['one', 'other'] });
  expect(result.recommendation.text).toMatch(/noise/);
});

test('seeds that only shake: kernels without seed are noted, and are noise', async () => {
  const build = (norm: Norm) =>
    tf.sequential({ layers: [...norm.after(layers.dense({ units: 6, inputShape: [4] })), layers.dense({ units: 1 })] });
  const norms = { one: 'none', other: 'none' };
  const result = await pack.compareNormalizations({ ...common, build, data: regression(), norms, epochs: 1, seeds: 4 });
  expect(result.notes.join()).toMatch(/did not start from equal kernels/);
  expect(result.text).toMatch(/pass seed to every initializer/);
});

test('a seed that is not used is noted', async () => {
  const build = (norm: Norm) => network(norm, { seed: 1 });
  const result = await pack.compareNormalizations({
    ...common,
    build,
    data: regression(),
    norms: ['layer'],
    epochs: 1,
  });
  expect(result.notes.join()).toMatch(/same kernels/);
});

test('one seed names no winner, nor do two', async () => {
  for (const seeds of [1, 2]) {
    const result = await pack.compareNormalizations({ ...common, data: regression(), norms: ['layer', 'none'], seeds });
    expect(result.recommendation).toMatchObject({ norm: undefined, clear: false });
    expect(result.recommendation.text).toMatch(/chance/);
  }
});

test('what diverges is stopped, told and not recommended', async () => {
  const data = regression();
  const told: pack.ComparisonProgress[] = [];
  const before = tf.memory().numTensors;
  const result = await pack.compareNormalizations({
    ...common,
    data,
    epochs: 3,
    norms: { tame: 'layer', wild: 'layer', lost: 'layer' },
    build: (norm, context) => {
      const model = network(norm, context);
      const rate = { tame: 1e-3, wild: 1e6, lost: Number.NaN }[norm.label] as number;
      model.compile({ optimizer: tf.train.sgd(rate), loss: 'meanSquaredError' });
      return model;
    },
    onProgress: (progress) => void told.push(progress),
  });
  expect(tf.memory().numTensors).toBe(before);
  expect(result.results.map(({ norm, diverged }) => [norm, diverged])[0]).toEqual(['tame', 0]);
  for (const name of ['wild', 'lost']) {
    const wild = result.results.find(({ norm }) => norm === name);
    expect(wild?.diverged).toBe(3);
    for (const run of wild?.runs ?? []) {
      expect(run.value).toBeUndefined();
      expect(run.steps).toBeLessThan(15); // of 3 · 5
      expect(run.diverged?.reason).toMatch(/the loss is/);
    }
  }
  expect(told.filter(({ diverged }) => diverged)).toHaveLength(6);
  expect(told.at(-1)?.done).toBe(1);
  expect(result.recommendation).toMatchObject({ norm: 'tame', candidates: ['tame'] });
  expect(result.text).toMatch(/wild.*diverged/);
});

test('a loss that climbs far without overflowing is stopped; Infinity lets it go on', async () => {
  const build = (norm: Norm, { seed }: { seed: number }) => {
    const kernelInitializer = initializers.heNormal({ seed });
    return tf.sequential({ layers: norm.after(layers.dense({ units: 1, inputShape: [4], kernelInitializer })) });
  };
  const steep = { ...compile, optimizer: () => tf.train.sgd(0.4) };
  const options = { ...common, build, compile: steep, data: regression(), norms: ['none'], seeds: 1, epochs: 4 };
  const stopped = await pack.compareNormalizations(options);
  expect(stopped.results[0]?.runs[0]?.diverged?.reason).toMatch(/at the start it was/);
  const free = await pack.compareNormalizations({ ...options, divergence: Number.POSITIVE_INFINITY });
  expect(free.results[0]?.runs[0]?.diverged).toBeUndefined();
});

test('data sets and generators: batches are let go of, order is by seed and epoch', async () => {
  const { xs, ys } = regression(16);
  const passes: string[] = [];
  const before = tf.memory().numTensors;
  const dataset = (seed: number) => {
    const batch = (i: number) => ({
      xs: tf.slice(xs, [((i + seed) % 4) * 4, 0], [4, 4]),
      ys: tf.slice(ys, [((i + seed) % 4) * 4, 0], [4, 1]),
    });
    let i = 0;
    const next = async () => (i < 4 ? { value: batch(i++), done: false } : { value: undefined, done: true });
    return { iterator: async () => ({ next }) } as pack.DatasetLike;
  };
  const validation = [{ xs, ys }];
  const result = await pack.compareNormalizations({
    ...common,
    data: {
      train: ({ seed, epoch }) => {
        passes.push(`${seed}:${epoch}`);
        return dataset(seed + epoch);
      },
      validation: () => validation,
    },
    norms: ['layer', 'none'],
  });
  expect(passes).toEqual([1, 2, 3].flatMap((seed) => [0, 1, 0, 1].map((epoch) => `${seed}:${epoch}`)));
  expect(result.results[0]?.runs[0]?.steps).toBe(8);
  expect(tf.memory().numTensors).toBe(before); // a list's batches stay: xs and ys are still there
  expect(xs.isDisposed).toBe(false);
});

test('plain arrays and models with two inputs', async () => {
  const { xs, ys } = regression(20);
  const build = (norm: Norm, { seed }: { seed: number }) => {
    const kernelInitializer = initializers.heNormal({ seed });
    const inputs = [tf.input({ shape: [4], name: `a${seed}` }), tf.input({ shape: [4] })];
    const sum = layers.add().apply(inputs) as never;
    const y: unknown = norm
      .after(layers.dense({ units: 3, kernelInitializer }))
      .reduce<unknown>((x, layer) => layer.apply(x as never), sum);
    return tf.model({ inputs, outputs: layers.dense({ units: 1, kernelInitializer }).apply(y as never) as never });
  };
  const two = await pack.compareNormalizations({
    ...common,
    build,
    data: { xs: [xs, xs], ys },
    norms: ['rms'],
    seeds: 1,
  });
  expect(two.results[0]?.runs[0]?.value).toBeGreaterThan(0);
  const data = { train: { xs: xs.arraySync(), ys: ys.arraySync() } } as pack.ComparisonData;
  const before = tf.memory().numTensors;
  const plain = await pack.compareNormalizations({ ...common, data, norms: ['rms'], seeds: 1 });
  expect(tf.memory().numTensors).toBe(before);
  expect(plain.results[0]?.runs[0]?.value).toBeGreaterThan(0);
});

describe('what does not fit is refused before training, and leaves nothing', () => {
  const never = () => {
    throw new Error('trained');
  };
  const adam = tf.train.adam();
  const cases: [string, Record<string, unknown>, RegExp][] = [
    ['no norms', { norms: [] }, /norms must be/],
    ['a norm twice', { norms: ['group', 'group'] }, /different norms/],
    ['an unknown norm', { norms: ['grup'] }, /unknown normalization/],
    ['a layer', { norms: { it: layers.batchNormalization() } }, /new layers/],
    ['weight norm as a layer', { norms: ['weight'], build: (norm: Norm) => norm() }, /norm\.after/],
    ['an unknown metric', { metric: 'f1' }, /does not measure.*mae/],
    ['a metric of no known direction', { metric: 'grade' }, /direction/],
    ['a wrong direction', { direction: 'up' }, /direction/],
    ['no seeds', { seeds: 0 }, /seeds/],
    ['a seed twice', { seeds: [1, 1] }, /seeds/],
    ['half an epoch', { epochs: 0.5 }, /epochs/],
    ['no batch size', { batchSize: 0 }, /batchSize/],
    ['divergence 1', { divergence: 1 }, /divergence/],
    ['no model', { build: () => 3 }, /return a model/],
    ['an uncompiled model', { compile: undefined }, /not compiled/],
    ['a shared optimizer', { compile: { ...compile, optimizer: () => adam } }, /an optimizer of its own/],
    ['a data set without validation', { data: () => [] }, /cannot be split/],
    ['no data', { data: 7 }, /must be examples/],
    ['a split of everything', { data: { train: regression(), validationSplit: 1 } }, /validationSplit/],
    ['unequal lengths', { data: { xs: tf.ones([4, 4]), ys: tf.ones([3, 1]) } }, /one row an example/],
  ];
  test.each(cases)('%s', async (_name, options, message) => {
    const data = options.data ?? regression();
    const before = tf.memory().numTensors;
    const all = { ...common, norms: ['layer', 'none'], onProgress: never, ...options, data };
    await expect(pack.compareNormalizations(all as never)).rejects.toThrow(message);
    expect(tf.memory().numTensors).toBeLessThanOrEqual(before); // the shared optimizer is freed too
  });
});

test('a signal stops it, and frees everything', async () => {
  const controller = new AbortController();
  const data = regression();
  const before = tf.memory().numTensors;
  const run = pack.compareNormalizations({
    ...common,
    data,
    norms: ['layer', 'none'],
    signal: controller.signal,
    onProgress: ({ step }) => void (step === 3 && controller.abort(new Error('enough'))),
  });
  await expect(run).rejects.toThrow('enough');
  expect(tf.memory().numTensors).toBe(before);
});

test('digits in batches of two: layer is clearly better than batch', async () => {
  const file = join(__dirname, '../../models/digits/digits.csv.gz');
  const digits = digitsOf(await text(createReadStream(file).pipe(createGunzip())));
  const images = [...Array(400).keys()];
  const xs = tf.tensor2d(imagesOf(digits, images), [400, PIXELS]);
  const ys = tf.tensor2d(targetsOf(digits, images), [400, CLASSES]);
  const result = await pack.compareNormalizations({
    norms: ['batch:momentum=0.9', 'layer'],
    data: { train: [xs, ys], validationSplit: 0.5 },
    batchSize: 2,
    seeds: 4,
    epochs: 2,
    metric: 'accuracy',
    build: (norm, { seed }) => {
      const dense = (units: number, i: number) =>
        layers.dense({
          units,
          kernelInitializer: initializers.heNormal({ seed: 10 * seed + i }),
          ...(i ? {} : { inputShape: [PIXELS] }),
        });
      const hidden = [32].flatMap((units, i) => [...norm.after(dense(units, i)), layers.reLU()]);
      const model = tf.sequential({
        layers: [
          ...hidden,
          layers.dense({
            units: CLASSES,
            activation: 'softmax',
            kernelInitializer: initializers.glorotNormal({ seed: 10 * seed + 9 }),
          }),
        ],
      });
      model.compile({
        optimizer: tf.train.momentum(0.00625, 0.9),
        loss: 'categoricalCrossentropy',
        metrics: ['accuracy'],
      });
      return model;
    },
  });
  expect(result.recommendation).toMatchObject({ norm: 'layer', clear: true });
  expect(result.differences[0]?.interval?.[0]).toBeGreaterThan(0);
  expect(result.notes).toEqual([]); // a seed of 0 would be none to tfjs's initializers
  expect(result.direction).toBe('max');
}, 60_000);
