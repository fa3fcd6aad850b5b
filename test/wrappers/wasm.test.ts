import '@tensorflow/tfjs-backend-wasm';
import * as pack from '../../src/index.js';
import { expectClose, input, tf, weight } from '../layers/setup.js';
import { expectNoLeak } from '../suites/harness.js';
import { chain, type Layer, reloaded, type Tensor, trainOnce, wrap } from './setup.js';

beforeAll(async () => {
  await tf.setBackend('wasm');
  tf.env().set('IS_TEST', true);
});

const seed = (n: number) => tf.initializers.glorotNormal({ seed: n });
const kernelInitializer = seed(7);
const recurrent = { units: 3, kernelInitializer, recurrentInitializer: seed(8) };

const KINDS: [string, () => Layer, number[]][] = [
  ['Dense', () => tf.layers.dense({ units: 3, kernelInitializer }), [5, 4]],
  ['a wide Dense', () => tf.layers.dense({ units: 3, kernelInitializer: seed(9) }), [2, 5000]],
  ['Conv1D', () => tf.layers.conv1d({ filters: 3, kernelSize: 2, kernelInitializer }), [2, 6, 4]],
  ['Conv2D', () => tf.layers.conv2d({ filters: 3, kernelSize: 2, kernelInitializer }), [2, 6, 5, 4]],
  ['Conv2DTranspose', () => tf.layers.conv2dTranspose({ filters: 3, kernelSize: 2, kernelInitializer }), [2, 4, 3, 2]],
  ['DepthwiseConv2D', () => tf.layers.depthwiseConv2d({ kernelSize: 2, depthMultiplier: 3 }), [2, 4, 5, 2]],
  ['SeparableConv2D', () => tf.layers.separableConv2d({ filters: 3, kernelSize: 2 }), [2, 4, 5, 2]],
  ['SimpleRNN', () => tf.layers.simpleRNN(recurrent), [2, 5, 4]],
  ['LSTM', () => tf.layers.lstm(recurrent), [2, 5, 4]],
  ['GRU', () => tf.layers.gru(recurrent), [2, 5, 4]],
];

test.each(KINDS)('%s on wasm: starts as the bare layer, comes back from a file, folds', async (_kind, make, shape) => {
  const layer = wrap(make());
  const model = chain(shape.slice(1), layer);
  const x = input(shape);
  expectClose(model.predict(x) as Tensor, layer.layer.call(x, {}) as Tensor, 4e-6 * Math.sqrt(shape.at(-1) as number));
  await expectNoLeak(tf, () => tf.tidy(() => void model.predict(x)));
  const y = model.predict(x) as Tensor;
  expectClose((await reloaded(model)).predict(x) as Tensor, y, 0);
  expectClose(pack.removeWeightNormalization(layer).apply(x) as Tensor, y, 4e-6 * Math.sqrt(shape.at(-1) as number));
});

// (With IS_TEST on, tfjs takes what any dense layer's product keeps for its gradient on wasm for a leak.)
test.each(['Dense', 'SimpleRNN', 'LSTM', 'GRU'])('%s trains on wasm', async (kind) => {
  const [, make, shape] = KINDS.find(([name]) => name === kind) as (typeof KINDS)[number];
  const layer = wrap(make());
  const model = chain(shape.slice(1), layer);
  const before = weight(layer, 'g');
  tf.env().set('IS_TEST', false);
  await trainOnce(model, input(shape));
  tf.env().set('IS_TEST', true);
  expect(weight(layer, 'g')).not.toEqual(before);
});

test('initialization from data on wasm', () => {
  const layer = wrap(tf.layers.dense({ units: 3, kernelInitializer }), { dataInit: true });
  const x = input([64, 4]);
  const { mean, variance } = tf.moments(layer.apply(x, { training: true }) as Tensor, 0);
  expectClose(mean, tf.zeros([3]), 1e-5);
  expectClose(variance, tf.ones([3]), 1e-5);
});
