import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import * as pack from '../../src/index.js';
import { expectClose, input, onCpu, tf, weight } from '../layers/setup.js';
import { expectNoLeak } from '../suites/harness.js';
import { chain, type Layer, reloaded, type Tensor, trainOnce, wrap } from './setup.js';

onCpu();

const lstm = (more: object = {}) =>
  tf.layers.lstm({
    units: 3,
    kernelInitializer: tf.initializers.glorotNormal({ seed: 7 }),
    recurrentInitializer: tf.initializers.glorotNormal({ seed: 8 }),
    ...more,
  });

test('an encoder hands its states to a decoder, by symbol, by value and through a file', async () => {
  const encoderInput = tf.input({ shape: [5, 4] });
  const decoderInput = tf.input({ shape: [6, 2] });
  const encoder = wrap(lstm({ returnState: true }));
  const decoder = wrap(lstm({ returnSequences: true }));
  const [, h, c] = encoder.apply(encoderInput) as SymbolicTensor[];
  const y = decoder.apply([decoderInput, h as SymbolicTensor, c as SymbolicTensor]) as SymbolicTensor;
  const model = tf.model({ inputs: [encoderInput, decoderInput], outputs: y });
  const a = input([2, 5, 4], 1);
  const b = input([2, 6, 2], 2);
  const predicted = model.predict([a, b]) as Tensor;
  const [, hv, cv] = encoder.apply(a) as Tensor[];
  expectClose(decoder.apply(b, { initialState: [hv, cv] }) as Tensor, predicted, 1e-6);
  expectClose(decoder.layer.apply(b, { initialState: [hv, cv] }) as Tensor, predicted, 2e-6);
  await trainOnce(model, [a, b]);
  const trained = model.predict([a, b]) as Tensor;
  expect(tf.max(tf.abs(tf.sub(trained, predicted))).dataSync()[0]).toBeGreaterThan(1e-4);
  expectClose((await reloaded(model)).predict([a, b]) as Tensor, trained, 0);
});

test('the states given as initialState of a symbolic call become inputs of the node', () => {
  const x = tf.input({ shape: [6, 2] });
  const states = [tf.input({ shape: [3] }), tf.input({ shape: [3] })];
  const layer = wrap(lstm());
  const y = layer.apply(x, { initialState: states }) as SymbolicTensor;
  const model = tf.model({ inputs: [x, ...states], outputs: y });
  const given = [input([2, 6, 2]), input([2, 3], 4), input([2, 3], 5)];
  expectClose(
    model.predict(given) as Tensor,
    layer.apply(given[0] as Tensor, { initialState: given.slice(1) }) as Tensor,
  );
});

test.each([
  ['sequences', { returnSequences: true }, [2, 5, 6]],
  ['the last output', {}, [2, 6]],
  ['a layer that runs backwards', { returnSequences: true, goBackwards: true }, [2, 5, 6]],
])('Bidirectional with %s computes as around the bare layer', async (_what, more, shape) => {
  const seeds = { ...more, recurrentInitializer: tf.initializers.glorotNormal({ seed: 8 }) };
  const both = (layer: Layer) => tf.layers.bidirectional({ layer: layer as never, mergeMode: 'concat' }) as Layer;
  const bare = tf.sequential({ layers: [tf.layers.inputLayer({ inputShape: [5, 4] }), both(lstm(seeds))] });
  const wrapped = tf.sequential({ layers: [tf.layers.inputLayer({ inputShape: [5, 4] }), both(wrap(lstm(seeds)))] });
  const x = input([2, 5, 4]);
  const y = wrapped.predict(x) as Tensor;
  expect(y.shape).toEqual(shape);
  expectClose(y, bare.predict(x) as Tensor, 2e-6);
  await trainOnce(wrapped, x);
  expectClose((await reloaded(wrapped)).predict(x) as Tensor, wrapped.predict(x) as Tensor, 0);
});

test('Bidirectional with states', () => {
  const layer = tf.layers.bidirectional({ layer: wrap(lstm({ returnState: true })) as never, mergeMode: 'concat' });
  const outputs = layer.apply(tf.input({ shape: [5, 4] })) as SymbolicTensor[];
  expect(outputs.map(({ shape }) => shape[1])).toEqual([6, 3, 3, 3, 3]);
  expect((layer.apply(input([2, 5, 4])) as Tensor[]).map(({ shape }) => shape[1])).toEqual([6, 3, 3, 3, 3]);
});

test('a stateful layer remembers, forgets on request, and leaves nothing', async () => {
  await expectNoLeak(tf, () => {
    const layer = wrap(lstm({ stateful: true }), { batchInputShape: [2, 5, 4] });
    const model = tf.sequential({ layers: [layer] });
    expect(layer.stateful).toBe(true);
    tf.tidy(() => {
      const x = input([2, 5, 4]);
      const first = model.predict(x, { batchSize: 2 }) as Tensor;
      const second = model.predict(x, { batchSize: 2 }) as Tensor;
      expect(tf.max(tf.abs(tf.sub(first, second))).dataSync()[0]).toBeGreaterThan(1e-4);
      model.resetStates();
      expectClose(model.predict(x, { batchSize: 2 }) as Tensor, first, 0);
    });
    model.dispose();
  });
  expect(() => wrap(lstm()).resetStates()).toThrow(/not stateful/);
});

test('masks reach the layer', () => {
  const x = tf.tensor3d([
    [
      [1, 2],
      [3, 4],
      [0, 0],
    ],
  ]);
  const masked = tf.sequential({
    layers: [tf.layers.masking({ maskValue: 0, inputShape: [3, 2] }), wrap(lstm())],
  });
  const short = (masked.layers[1] as Layer).apply(tf.slice(x, [0, 0, 0], [1, 2, 2])) as Tensor;
  expectClose(masked.predict(x) as Tensor, short, 1e-6);
});

test('regularizers of the cell count, which the host forgets around the bare layer', () => {
  const regularized = () => lstm({ recurrentRegularizer: 'l1l2', kernelRegularizer: 'l1l2' });
  expect(chain([5, 4], regularized()).calculateLosses().length).toBe(0);
  expect(chain([5, 4], wrap(regularized())).calculateLosses().length).toBe(2);
  const turned = tf.layers.timeDistributed({ layer: wrap(tf.layers.dense({ units: 2, kernelRegularizer: 'l1l2' })) });
  expect(chain([5, 4], turned).calculateLosses().length).toBe(1);
});

test('convolutional and hand-made recurrent layers', () => {
  const convolutional = wrap(
    tf.layers.convLstm2d({ filters: 2, kernelSize: 2, recurrentInitializer: 'glorotNormal' }) as Layer,
  );
  const x = input([1, 3, 4, 4, 2]);
  const y = convolutional.apply(x) as Tensor;
  expectClose(y, convolutional.layer.call(x, {}) as Tensor, 2e-6);
  expect(convolutional.weights[0]?.shape).toEqual([8]);
  const byHand = wrap(
    tf.layers.rnn({ cell: tf.layers.gruCell({ units: 3, recurrentInitializer: 'glorotNormal' }) }) as Layer,
  );
  expect((byHand.apply(input([2, 5, 4])) as Tensor).shape).toEqual([2, 3]);
  expect(weight(byHand, 'g').length).toBe(9);
});

test('folded, it has the same states and outputs', () => {
  const layer = wrap(lstm({ returnState: true, returnSequences: true }));
  const x = input([2, 5, 4]);
  const wrapped = layer.apply(x) as Tensor[];
  const plain = pack.removeWeightNormalization(layer);
  const outputs = plain.apply(x) as Tensor[];
  outputs.forEach((output, i) => {
    expectClose(output, wrapped[i] as Tensor, 1e-6);
  });
});
