import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import * as pack from '../../src/index.js';
import { expectClose, input, onCpu, tf, weight } from '../layers/setup.js';
import { expectNoLeak } from '../suites/harness.js';
import { chain, reloaded, type Tensor, trainOnce, wrap } from './setup.js';

onCpu();

const dense = (units: number, more: object = {}) =>
  tf.layers.dense({ units, kernelInitializer: tf.initializers.glorotNormal({ seed: units }), ...more });

/** Several wrappers in every place a model has for a layer. */
function everywhere() {
  const left = tf.input({ shape: [5, 4] });
  const right = tf.input({ shape: [5, 4] });
  const shared = wrap(tf.layers.conv1d({ filters: 3, kernelSize: 2 }));
  const nested = chain([4, 3], tf.layers.timeDistributed({ layer: wrap(dense(2)) }), wrap(dense(2)));
  const sum = tf.layers.add().apply([shared.apply(left), shared.apply(right)] as SymbolicTensor[]) as SymbolicTensor;
  const outputs = wrap(tf.layers.simpleRNN({ units: 2, recurrentInitializer: 'glorotNormal' })).apply(
    nested.apply(sum) as SymbolicTensor,
  );
  return tf.model({ inputs: [left, right], outputs: outputs as SymbolicTensor });
}

test('shared, nested and time-distributed wrappers train and come back from a file', async () => {
  const model = everywhere();
  const xs = [input([2, 5, 4], 1), input([2, 5, 4], 2)];
  const before = model.predict(xs) as Tensor;
  await trainOnce(model, xs);
  const after = model.predict(xs) as Tensor;
  expect(tf.max(tf.abs(tf.sub(after, before))).dataSync()[0]).toBeGreaterThan(1e-4);
  const copy = await reloaded(model);
  expectClose(copy.predict(xs) as Tensor, after, 0);
  await trainOnce(model, xs);
  await trainOnce(copy, xs);
  expectClose(copy.predict(xs) as Tensor, model.predict(xs) as Tensor, 0);
});

test('resuming with the optimizer is bit-equal', async () => {
  const model = chain([4], wrap(dense(3)), wrap(dense(1)));
  model.compile({ optimizer: tf.train.adam(0.05), loss: 'meanSquaredError' });
  const [x, y] = [input([8, 4]), input([8, 1], 9)];
  await model.fit(x, y, { epochs: 2, batchSize: 4, shuffle: false });
  const copy = await reloaded(model, true);
  copy.compile({ optimizer: copy.optimizer, loss: 'meanSquaredError' });
  for (const m of [model, copy]) await m.fit(x, y, { epochs: 2, batchSize: 4, shuffle: false });
  expectClose(copy.predict(x) as Tensor, model.predict(x) as Tensor, 0);
});

test('the weights in a row set another wrapper', () => {
  const [a, b] = [wrap(dense(3, { activation: 'relu' })), wrap(dense(3, { activation: 'relu' }), { dataInit: true })];
  const x = input([2, 4]);
  b.apply(x);
  const y = a.apply(x) as Tensor;
  b.setWeights(a.getWeights());
  expectClose(b.apply(x) as Tensor, y, 0);
  expect(weight(b, 'initialized')).toEqual([1]);
  expect(() => b.setWeights(a.getWeights().slice(1))).toThrow(/weight list of length 3/);
});

test('v moves at right angles to itself and g sets the length', async () => {
  const layer = wrap(dense(3));
  const model = chain([4], layer);
  const [v, g] = [weight(layer, 'kernel'), weight(layer, 'g')];
  await trainOnce(model, input([6, 4]));
  const moved = weight(layer, 'kernel').map((value, i) => value - (v[i] as number));
  const along = [0, 1, 2].map((unit) =>
    moved.reduce((sum, d, i) => sum + (i % 3 === unit ? d * (v[i] as number) : 0), 0),
  );
  for (const value of along) expect(Math.abs(value)).toBeLessThan(1e-6);
  expect(weight(layer, 'g')).not.toEqual(g);
  const kernel = pack.removeWeightNormalization(layer).getWeights()[0] as Tensor;
  expectClose(tf.sqrt(tf.sum(tf.square(kernel), 0)), tf.abs(tf.tensor1d(weight(layer, 'g'))), 1e-6);
});

describe('folded', () => {
  test('it can be the first layer of a model, is saved under its own name, and model.dispose frees it', async () => {
    const wrapped = wrap(dense(3, { name: 'inner', activation: 'relu' }), { inputShape: [4], trainable: false });
    const x = input([2, 4]);
    const y = tf.sequential({ layers: [wrapped] }).predict(x) as Tensor;
    let copy: Awaited<ReturnType<typeof reloaded>>;
    await expectNoLeak(tf, async () => {
      const model = tf.sequential({ layers: [pack.removeWeightNormalization(wrapped)] });
      tf.tidy(() => expectClose(model.predict(x) as Tensor, y, 1e-6));
      expect(model.weights.map(({ originalName }) => originalName)).toEqual(['inner/kernel', 'inner/bias']);
      expect(model.layers[0]?.trainable).toBe(false);
      copy = await reloaded(model);
      tf.tidy(() => expectClose(copy.predict(x) as Tensor, y, 1e-6));
      copy.dispose();
      model.dispose();
    });
  });

  test('used by value, dispose frees it, and the wrapper stays', async () => {
    const wrapped = wrap(tf.layers.conv2d({ filters: 3, kernelSize: 2 }));
    const x = input([2, 5, 4, 2]);
    const y = wrapped.apply(x) as Tensor;
    await expectNoLeak(tf, () => {
      const plain = pack.removeWeightNormalization(wrapped);
      tf.tidy(() => expectClose(plain.apply(x) as Tensor, y, 1e-6));
      expect(plain.dispose().numDisposedVariables).toBe(2);
    });
    expectClose(wrapped.apply(x) as Tensor, y, 0);
  });
});

test('dispose frees what the wrapper has, clones and all', () => {
  const before = tf.memory().numTensors;
  const layer = wrap(dense(3), { addonsClones: true });
  const x = input([2, 4]);
  tf.dispose(layer.apply(x) as Tensor);
  expect(layer.weights.length).toBe(6);
  expect(layer.dispose().numDisposedVariables).toBe(6);
  x.dispose();
  expect(tf.memory().numTensors).toBe(before);
});
