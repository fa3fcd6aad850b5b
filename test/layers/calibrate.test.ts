import * as pack from '../../src/index.js';
import { input, onCpu, tf, weight } from './setup.js';

onCpu();

/** Mean and biased variance of each channel (the last axis) over all values, in float64. */
function populationOf(batches: ReturnType<typeof input>[], keep: (index: number) => boolean = () => true) {
  const channels = batches[0]?.shape.at(-1) as number;
  const values: number[][] = Array.from({ length: channels }, () => []);
  for (const batch of batches) {
    batch.dataSync().forEach((value, i) => {
      if (keep(i)) (values[i % channels] as number[]).push(value);
    });
  }
  const mean = values.map((all) => all.reduce((a, b) => a + b, 0) / all.length);
  const variance = values.map((all, c) => all.reduce((a, b) => a + (b - (mean[c] as number)) ** 2, 0) / all.length);
  return { mean, variance };
}

const LAYERS: [string, () => InstanceType<typeof tf.layers.Layer>][] = [
  ['batch', () => pack.batchNormalization()],
  ['switchable', () => pack.switchableNormalization()],
  ['stock batch', () => tf.layers.batchNormalization()],
  ['stock batch without scale', () => tf.layers.batchNormalization({ scale: false })],
];

test.each(LAYERS)('%s: batches of unequal sizes count as they weigh', async (_name, make) => {
  // Sizes that differ in the batch and in space, means far apart: an unweighted average would be off by units.
  const batches = [input([7, 3, 2, 4], 1, 5), input([2, 5, 3, 4], 2, -3), input([1, 1, 2, 4], 3, 40)];
  const layer = make();
  const model = tf.sequential({
    layers: [tf.layers.inputLayer({ inputShape: [null as never, null as never, 4] }), layer],
  });
  const tensors = tf.memory().numTensors;
  await pack.calibrateStatistics(model, batches);
  expect(tf.memory().numTensors).toBe(tensors);
  const { mean, variance } = populationOf(batches);
  mean.forEach((value, c) => {
    expect((weight(layer, 'moving_mean')[c] as number) / value).toBeCloseTo(1, 5);
    expect((weight(layer, 'moving_variance')[c] as number) / (variance[c] as number)).toBeCloseTo(1, 4);
  });
});

test('a stock layer on another axis, nested, frozen: calibrated on what reaches it, and its momentum and class stay', async () => {
  const bn = tf.layers.batchNormalization({ axis: 1, momentum: 0.7, name: 'bn', trainable: false });
  const inner = tf.sequential({ layers: [tf.layers.inputLayer({ inputShape: [3, 5] }), bn] });
  const model = tf.sequential({ layers: [tf.layers.inputLayer({ inputShape: [3, 5] }), inner] });
  const x = input([4, 3, 5]) as ReturnType<typeof input>;
  await pack.calibrateStatistics(model, [x]);
  const { mean, variance } = populationOf([tf.transpose(x, [0, 2, 1])]);
  expect(weight(bn, 'moving_mean')).toEqual(mean.map((value) => expect.closeTo(value, 5)));
  expect(weight(bn, 'moving_variance')).toEqual(variance.map((value) => expect.closeTo(value, 4)));
  expect(Object.hasOwn(bn, 'call')).toBe(false);
  expect(bn.getConfig().momentum).toBe(0.7);
});

test('a mask counts what it admits', async () => {
  const bn = pack.batchNormalization();
  const model = tf.sequential({ layers: [tf.layers.masking({ maskValue: 0, inputShape: [3, 2] }), bn] });
  const long = [1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 7];
  const short = [100, 50, 0, 0, 0, 0];
  await pack.calibrateStatistics(model, [tf.tensor3d(long, [2, 3, 2]), tf.tensor3d(short, [1, 3, 2])]);
  const admitted = [...long, 100, 50];
  const { mean, variance } = populationOf([tf.tensor(admitted, [7, 2])]);
  expect(weight(bn, 'moving_mean')).toEqual(mean.map((value) => expect.closeTo(value, 4)));
  expect(weight(bn, 'moving_variance').map((value, c) => value / (variance[c] as number))).toEqual([
    expect.closeTo(1, 5),
    expect.closeTo(1, 5),
  ]);
});

test('a spoilt channel of a stock layer keeps what it had', async () => {
  const bn = tf.layers.batchNormalization({ inputShape: [2] });
  const model = tf.sequential({ layers: [bn] });
  await pack.calibrateStatistics(model, [tf.tensor2d([1, Number.NaN, 3, 5], [2, 2])]);
  expect(weight(bn, 'moving_mean')).toEqual([2, 0]);
  expect(weight(bn, 'moving_variance')).toEqual([1, 1]);
});
