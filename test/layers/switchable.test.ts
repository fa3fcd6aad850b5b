import * as pack from '../../src/index.js';
import { expectThrows } from '../suites/harness.js';
import { expectClose, input, onCpu, tf, weight } from './setup.js';

onCpu();

test('tells what it uses', () => {
  const layer = pack.switchableNormalization({ inputShape: [5, 4], statistics: ['batch', 'layer'] });
  expectThrows(() => layer.currentWeights(), /before it is built/);
  tf.sequential({ layers: [layer] });
  layer.setWeights([
    tf.ones([4]),
    tf.zeros([4]),
    tf.tensor1d([Math.log(3), 0]),
    tf.tensor1d([0, 0]),
    tf.zeros([4]),
    tf.ones([4]),
  ]);
  const { mean, variance } = layer.currentWeights();
  expect(mean).toEqual({ batch: expect.closeTo(0.75, 6), layer: expect.closeTo(0.25, 6) });
  expect(variance).toEqual({ batch: 0.5, layer: 0.5 });
});

test('without batch statistics there is no memory, and training is inference', () => {
  const layer = pack.switchableNormalization({ statistics: ['instance', 'layer'] });
  const x = input([3, 5, 4]);
  expectClose(layer.apply(x, { training: true }) as never, layer.apply(x) as never, 0);
  expect(layer.weights.map(({ originalName }) => originalName.split('/').pop())).toEqual([
    'gamma',
    'beta',
    'mean_weight',
    'variance_weight',
  ]);
});

test('one pixel is finite', () => {
  const y = pack.switchableNormalization().apply(input([3, 1, 1, 4]), { training: true }) as ReturnType<typeof input>;
  expect(Array.from(y.dataSync()).every(Number.isFinite)).toBe(true);
});

test('rank 2 has no instances', () => {
  expectThrows(() => pack.switchableNormalization().build([null, 4]), /spatial dimensions.*\['layer', 'batch'\]/);
  expect(() => pack.switchableNormalization({ statistics: ['layer', 'batch'] }).build([null, 4])).not.toThrow();
});

test.each([[[]], [['instance']], [['instance', 'instance']], [['instance', 'group']]])(
  'statistics %j are refused',
  (statistics) => {
    expectThrows(() => pack.switchableNormalization({ statistics: statistics as never }), /statistics must be/);
  },
);

test('calibration divides, and equals the statistics of the whole', async () => {
  const batches = [3, 4, 5].map((seed) => input([6, 5, 4], seed, 1000 * seed));
  const layers = [
    pack.switchableNormalization({ inputShape: [5, 4] }),
    pack.batchInstanceNormalization(),
    pack.batchNormalization(),
    pack.meanOnlyBatchNormalization(),
  ];
  for (const layer of layers) {
    const model = tf.sequential({ layers: [tf.layers.inputLayer({ inputShape: [5, 4] }), layer] });
    const before = tf.memory().numTensors;
    await pack.calibrateStatistics(model, batches);
    expect(tf.memory().numTensors).toBe(before);
    const { mean, variance } = tf.moments(tf.concat(batches), [0, 1]);
    expect(weight(layer, 'moving_mean')).toEqual(Array.from(mean.dataSync(), (v) => expect.closeTo(v, 2)));
    if (layer instanceof pack.MeanOnlyBatchNormalization) continue;
    const found = weight(layer, 'moving_variance');
    const ratios = Array.from(variance.dataSync(), (v, i) => (found[i] as number) / v);
    for (const ratio of ratios) expect(ratio).toBeCloseTo(1, 4);
  }
});

test('a batch that is empty or not finite does not count, and a spoilt memory recovers', async () => {
  const layer = pack.batchNormalization({ inputShape: [2] });
  const model = tf.sequential({ layers: [layer] });
  layer.setWeights([
    tf.ones([2]),
    tf.zeros([2]),
    tf.tensor1d([Number.NaN, 0]),
    tf.tensor1d([Number.POSITIVE_INFINITY, 1]),
  ]);
  await pack.calibrateStatistics(model, [
    tf.zeros([0, 2]),
    tf.tensor2d([
      [1, 2],
      [3, 6],
    ]),
    tf.fill([3, 2], Number.NaN),
  ]);
  expect(weight(layer, 'moving_mean')).toEqual([2, 4]);
  expect(weight(layer, 'moving_variance')).toEqual([1, 4]);
});

test('calibration wants a batch, and takes an asynchronous source', async () => {
  const layer = pack.batchNormalization({ inputShape: [4] });
  const model = tf.sequential({ layers: [layer] });
  await expect(pack.calibrateStatistics(model, [])).rejects.toThrow(/at least one batch/);
  async function* source() {
    yield { xs: input([8, 4]) };
  }
  await pack.calibrateStatistics(model, source());
  expect(weight(layer, 'moving_mean')[0]).not.toBe(0);
});
