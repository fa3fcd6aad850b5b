import * as pack from '../../src/index.js';
import { expectClose, input, onCpu, tf, weight } from '../layers/setup.js';
import { expectNoLeak, expectThrows } from '../suites/harness.js';
import { chain, type Layer, reloaded, type Tensor, wrap } from './setup.js';

onCpu();

const IDENTITY = { apply: (t: Tensor) => t, getClassName: () => 'linear' };
const seeded = { kernelInitializer: tf.initializers.glorotNormal({ seed: 7 }), biasInitializer: 'ones' as const };

/** Mean and deviation of the pre-activations per output, over all axes but `channelAxis`. */
function preActivations(layer: pack.WeightNormalization, x: Tensor, channelAxis = -1) {
  const plain = pack.removeWeightNormalization(layer) as Layer & { activation: object };
  plain.activation = IDENTITY;
  const t = plain.apply(x) as Tensor;
  const channel = channelAxis < 0 ? t.rank + channelAxis : channelAxis;
  const axes = t.shape.map((_, i) => i).filter((i) => i !== channel);
  const { mean, variance } = tf.moments(t, axes);
  return { mean, std: tf.sqrt(variance) };
}

const KINDS: [string, () => Layer, number[], number][] = [
  ['dense of sequences', () => tf.layers.dense({ units: 3, activation: 'relu', ...seeded }), [8, 5, 4], -1],
  ['conv1d', () => tf.layers.conv1d({ filters: 3, kernelSize: 2, activation: 'tanh', ...seeded }), [6, 7, 4], -1],
  ['conv3d', () => tf.layers.conv3d({ filters: 3, kernelSize: 2, ...seeded }), [3, 4, 3, 5, 2], -1],
  ['conv3dTranspose', () => tf.layers.conv3dTranspose({ filters: 3, kernelSize: 2, ...seeded }), [3, 4, 3, 5, 2], -1],
  [
    'conv2d, channels first',
    () => tf.layers.conv2d({ filters: 3, kernelSize: 2, dataFormat: 'channelsFirst', ...seeded }),
    [6, 2, 4, 5],
    1,
  ],
];

test.each(KINDS)('%s: mean 0 and deviation 1 before the activation', (_kind, make, shape, channelAxis) => {
  const layer = wrap(make());
  const x = input(shape);
  layer.apply(x);
  layer.initializeFromData(x);
  const { mean, std } = preActivations(layer, x, channelAxis);
  expectClose(mean, tf.zeros([3]), 1e-5);
  expectClose(std, tf.ones([3]), 1e-5);
});

test('without a bias the deviation alone is set, and mean-only batch normalization takes the mean', () => {
  const layer = wrap(tf.layers.dense({ units: 3, useBias: false, ...seeded }), { dataInit: true });
  const model = chain([4], layer, pack.meanOnlyBatchNormalization());
  const x = input([30, 4]);
  const y = model.apply(x, { training: true }) as Tensor;
  const { mean, variance } = tf.moments(y, 0);
  expectClose(mean, tf.zeros([3]), 1e-5);
  expectClose(variance, tf.ones([3]), 1e-5);
});

test('before use in the same call, layer after layer, in fit too', async () => {
  const first = wrap(tf.layers.dense({ units: 5, activation: 'tanh', ...seeded }), { dataInit: true });
  const second = wrap(tf.layers.dense({ units: 2, ...seeded }), { dataInit: true });
  const model = chain([4], first, second);
  const x = input([40, 4]);
  model.compile({ optimizer: tf.train.sgd(0), loss: 'meanSquaredError' });
  const before = tf.memory().numTensors;
  await model.trainOnBatch(x, tf.zeros([40, 2]));
  expect(tf.memory().numTensors).toBe(before + 1); // the zeros
  const { mean, variance } = tf.moments(model.predict(x) as Tensor, 0);
  expectClose(mean, tf.zeros([2]), 1e-5);
  expectClose(variance, tf.ones([2]), 1e-5);
});

test('not in inference, not by a frozen layer, not from an empty batch', () => {
  const layer = wrap(tf.layers.dense({ units: 3, ...seeded }), { dataInit: true });
  layer.apply(input([9, 4]));
  layer.apply(tf.zeros([0, 4]), { training: true });
  layer.trainable = false;
  layer.apply(input([9, 4]), { training: true });
  expect(weight(layer, 'initialized')).toEqual([0]);
  expectThrows(() => layer.initializeFromData(input([9, 4])), /a frozen layer keeps its weights/);
});

test('a unit that is dead stays finite, one that is spoilt as it was', () => {
  const layer = wrap(tf.layers.depthwiseConv2d({ kernelSize: 1, useBias: true }));
  const [dead, spoilt, sound] = [tf.zeros([4, 3, 3, 1]), tf.fill([4, 3, 3, 1], Number.NaN), input([4, 3, 3, 1])];
  const x = tf.concat([dead, spoilt, sound], 3) as Tensor;
  layer.apply(x);
  const g = weight(layer, 'g');
  layer.initializeFromData(x);
  const after = weight(layer, 'g');
  expect(after.every(Number.isFinite)).toBe(true);
  expect(after[1]).toBe(g[1]);
  expect(after[2]).not.toBe(g[2]);
  expect(weight(layer, 'bias').every(Number.isFinite)).toBe(true);
});

test('a file saved before it happened lets it happen, one saved after does not', async () => {
  const make = () => chain([4], wrap(tf.layers.dense({ units: 3, ...seeded }), { dataInit: true }));
  const x = input([9, 4]);
  const g = (model: { layers: Layer[] }) => weight(model.layers[1] as Layer, 'g');
  const early = await reloaded(make());
  const fresh = g(early);
  early.apply(x, { training: true });
  expect(g(early)).not.toEqual(fresh);
  const late = await reloaded(early);
  late.apply(input([9, 4], 12), { training: true });
  expect(g(late)).toEqual(g(early));
});

test('an input of the wrong shape changes nothing', async () => {
  const layer = wrap(tf.layers.dense({ units: 3, ...seeded }));
  layer.apply(input([9, 4]));
  const x = input([9, 5]);
  const before = [weight(layer, 'g'), weight(layer, 'bias'), weight(layer, 'initialized')];
  await expectNoLeak(tf, () => expect(() => layer.initializeFromData(x)).toThrow());
  expect([weight(layer, 'g'), weight(layer, 'bias'), weight(layer, 'initialized')]).toEqual(before);
  expect((layer.apply(input([9, 4])) as Tensor).shape).toEqual([9, 3]);
});
