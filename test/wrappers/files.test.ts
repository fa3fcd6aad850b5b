import type { DataType } from '@tensorflow/tfjs-core';
import { expectClose, input, onCpu, tf, weight } from '../layers/setup.js';
import { type Layer, names, reloaded, type Tensor } from './setup.js';

onCpu();

type Spec = { name: string; shape: number[]; values: number[]; dtype?: DataType };

/** A file as TensorFlow Addons and the converter write it: one wrapped layer behind an input. */
function addonsFile(config: object, shape: number[], weights: Spec[]) {
  const layers = [
    { class_name: 'InputLayer', config: { batch_input_shape: [null, ...shape], dtype: 'float32', name: 'in' } },
    { class_name: 'Addons>WeightNormalization', config: { name: 'wn', trainable: true, dtype: 'float32', ...config } },
  ];
  const bytes = weights.flatMap(({ values, dtype }) =>
    dtype === 'bool' ? values : [...new Uint8Array(new Float32Array(values).buffer)],
  );
  return tf.io.fromMemory({
    modelTopology: { class_name: 'Sequential', keras_version: '2.9.0', config: { name: 's', layers } },
    weightSpecs: weights.map(({ name, shape: size, dtype }) => ({
      name,
      shape: size,
      dtype: (dtype ?? 'float32') as 'float32',
    })),
    weightData: new Uint8Array(bytes).buffer,
  });
}

const count = (n: number, from = 1) => Array.from({ length: n }, (_, i) => from + (i % 7) / 3);
const initialized: Spec = { name: 'wn/initialized', shape: [], values: [1], dtype: 'bool' };

const lstmFile = (more: object) => {
  const lstm = { name: 'lstm', units: 2, recurrent_activation: 'sigmoid', return_sequences: true };
  const own = (prefix: string) => [
    { name: `${prefix}/lstm_cell/kernel`, shape: [3, 8], values: count(24, -1) },
    { name: `${prefix}/lstm_cell/recurrent_kernel`, shape: [2, 8], values: count(16, -1) },
    { name: `${prefix}/lstm_cell/bias`, shape: [8], values: count(8, -1) },
  ];
  const weights = [
    { name: 'wn/g', shape: [8], values: count(8) },
    ...own('wn'),
    initialized,
    ...own('wn/data_dep_init').map((spec) => ({ ...spec, values: spec.values.map(() => 9) })),
  ];
  return addonsFile({ layer: { class_name: 'LSTM', config: lstm }, ...more }, [4, 3], weights);
};

test.each([{ data_init: true }, {}])("an LSTM with Addons' default, initialization from data: %j", async (more) => {
  const model = await tf.loadLayersModel(lstmFile(more));
  const wrapper = model.layers[1] as Layer;
  expect(wrapper.getConfig().dataInit).toBe(false);
  expect(weight(wrapper, 'g')).toEqual([...new Float32Array(count(8))]);
  const { layer } = wrapper as unknown as { layer: Layer };
  expect([...(layer.weights[1]?.read().dataSync() ?? [])]).toEqual([...new Float32Array(count(16, -1))]);
  const x = input([2, 4, 3]);
  const y = model.predict(x) as Tensor;
  model.apply(x, { training: true });
  expectClose(model.predict(x) as Tensor, y, 0);
  const copy = await reloaded(model);
  expectClose(copy.predict(x) as Tensor, y, 0);
  expect(names(copy.layers[1] as Layer)).toEqual(names(wrapper));
});

test('a transposed convolution, whose g has another meaning there, is refused', async () => {
  const layer = { class_name: 'Conv2DTranspose', config: { name: 'c', filters: 2, kernel_size: [1, 1] } };
  const load = tf.loadLayersModel(addonsFile({ layer, data_init: false }, [3, 3, 2], []));
  await expect(load).rejects.toThrow(/one g for each of its inputs.*Export the model with the plain layer/);
});

test.each([
  ['missing', [initialized], /not set: .*wn\/g/],
  ['surplus', [{ name: 'other/weight', shape: [1], values: [1] }], /no target variable: other\/weight/],
])('%s weights are refused', async (_what, weights, message) => {
  const layer = { class_name: 'Dense', config: { name: 'd', units: 2 } };
  await expect(tf.loadLayersModel(addonsFile({ layer, data_init: false }, [3], weights))).rejects.toThrow(message);
});
