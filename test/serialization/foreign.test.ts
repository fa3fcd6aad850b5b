import '@tensorflow/tfjs-backend-cpu';
import * as core from '@tensorflow/tfjs-core';
import * as layersPackage from '@tensorflow/tfjs-layers';
import * as pack from '../../src/index.js';
import { expectClose, expectThrows, normal } from '../suites/harness.js';

const tf = { ...core, ...layersPackage } as typeof core & typeof layersPackage;
type Specs = { name: string; shape: number[]; values: number[] }[];

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** A file as Keras and the converter write it: snake_case, one layer behind an input of `shape`. */
function file(className: string, config: object, shape: number[], weights: Specs): core.io.IOHandler {
  const layers = [
    { class_name: 'InputLayer', config: { batch_input_shape: [null, ...shape], dtype: 'float32', name: 'in' } },
    { class_name: className, config: { name: 'norm', trainable: true, dtype: 'float32', ...config } },
  ];
  const modelTopology = {
    class_name: 'Sequential',
    keras_version: '2.15.0',
    backend: 'tensorflow',
    config: { name: 'sequential', layers },
  };
  return tf.io.fromMemory({
    modelTopology,
    weightSpecs: weights.map(({ name, shape }) => ({ name, shape, dtype: 'float32' as const })),
    weightData: new Float32Array(weights.flatMap(({ values }) => values)).buffer,
  });
}

const gamma = { name: 'norm/gamma', shape: [4], values: [1, 2, 3, 4] };
const beta = { name: 'norm/beta', shape: [4], values: [0.5, 0, -1, 2] };
const identifiers = {
  beta_initializer: { class_name: 'Zeros', config: {} },
  gamma_initializer: { class_name: 'Ones', config: {} },
  beta_regularizer: { class_name: 'L2', config: { l2: 0.01 } },
  gamma_regularizer: { class_name: 'L1', config: { l1: 0.01 } },
  beta_constraint: null,
  gamma_constraint: null,
};

async function expectLoads(
  className: string,
  config: object,
  as: new (...args: never[]) => object,
  expected: (x: core.Tensor) => core.Tensor,
) {
  const model = await tf.loadLayersModel(file(className, config, [3, 4], [gamma, beta]));
  expect(model.layers[1]).toBeInstanceOf(as);
  const x = tf.tensor(normal(24), [2, 3, 4]);
  const difference = tf.max(tf.abs(tf.sub(model.predict(x) as core.Tensor, expected(x))));
  expect(difference.dataSync()[0]).toBe(0);
}

const affine = () => ({ gamma: tf.tensor1d(gamma.values), beta: tf.tensor1d(beta.values) });

test.each(['GroupNormalization', 'Addons>GroupNormalization'])('%s of Keras and TensorFlow Addons', async (name) => {
  const config = { groups: 2, axis: -1, epsilon: 1e-3, center: true, scale: true, ...identifiers };
  await expectLoads(name, config, pack.GroupNormalization, (x) => pack.groupNorm(x, { groups: 2, ...affine() }));
});

test.each(['InstanceNormalization', 'Addons>InstanceNormalization'])(
  '%s, whose file names groups too',
  async (name) => {
    const config = { groups: 4, axis: [2], epsilon: 1e-3, center: true, scale: true, ...identifiers };
    await expectLoads(name, config, pack.InstanceNormalization, (x) => pack.instanceNorm(x, affine()));
  },
);

test('RMSNormalization of Keras 3, whose axis is a list and whose dtype is a policy', async () => {
  const config = {
    axis: [-1],
    epsilon: 1e-6,
    dtype: { module: 'keras', class_name: 'DTypePolicy', config: { name: 'float32' }, registered_name: null },
  };
  const weights = [{ name: 'norm/scale', shape: [4], values: gamma.values }];
  const model = await tf.loadLayersModel(file('RMSNormalization', config, [3, 4], weights));
  const x = tf.tensor(normal(24), [2, 3, 4]);
  const expected = pack.rmsNorm(x, { gamma: tf.tensor1d(gamma.values) });
  expect((model.predict(x) as core.Tensor).arraySync()).toEqual(expected.arraySync());
  // And back: nothing that Keras's layer would not know.
  expect(Object.keys(model.layers[1]?.getConfig() as object).sort()).toEqual(['axis', 'epsilon', 'name', 'trainable']);
});

const memory = [
  { name: 'norm/moving_mean', shape: [4], values: [0, 1, 2, 3] },
  { name: 'norm/moving_variance', shape: [4], values: [1, 2, 3, 4] },
];

test('standard names load as the stock class, as ours on request, and after the undo as stock again', async () => {
  const config = { axis: [2], momentum: 0.99, epsilon: 1e-3, center: true, scale: true, renorm: false, ...identifiers };
  const stock = { ...config, axis: -1, beta_regularizer: null, gamma_regularizer: null };
  const load = (c: object) => tf.loadLayersModel(file('BatchNormalization', c, [3, 4], [gamma, beta, ...memory]));
  expect((await load(stock)).layers[1]).not.toBeInstanceOf(pack.BatchNormalization);
  const undo = pack.replaceStockNormalization();
  try {
    expect((await load(config)).layers[1]).toBeInstanceOf(pack.BatchNormalization);
  } finally {
    undo();
  }
  expect((await load(stock)).layers[1]).not.toBeInstanceOf(pack.BatchNormalization);
});

/** Names of the kernels that a prediction dispatches, and what it gives. */
async function predicted(className: string, weights: Specs) {
  const model = await tf.loadLayersModel(file(className, { axis: -1, epsilon: 1e-3, ...plainKeys }, [3, 4], weights));
  const x = tf.tensor(normal(24), [2, 3, 4]);
  let values: Float32Array = new Float32Array();
  const { kernels } = await core.profile(() => {
    values = tf.tidy(() => (model.predict(x) as core.Tensor).dataSync()) as Float32Array;
    return x;
  });
  return { values, names: kernels.map(({ name }) => name) };
}
const plainKeys = { center: true, scale: true };

test.each([
  ['LayerNormalization', [gamma, beta], /^tfnorm\.Normalize/],
  ['BatchNormalization', [gamma, beta, ...memory], /^tfnorm\.ApplyStatistics/],
] as const)('a stock %s, loaded as ours, takes the fused path and gives the same', async (name, weights, kernel) => {
  const stock = await predicted(name, [...weights]);
  const undo = pack.replaceStockNormalization();
  try {
    const ours = await predicted(name, [...weights]);
    expect(stock.names.some((n) => n.startsWith('tfnorm'))).toBe(false);
    expect(ours.names.filter((n) => kernel.test(n)).length).toBe(1);
    expectClose(ours.values, stock.values, { atol: 2e-6, rtol: 2e-6 });
  } finally {
    undo();
  }
});

test('keys that change the numbers are refused, others are warned of once', async () => {
  const warn = jest.spyOn(console, 'warn').mockImplementation(() => {});
  const from = (config: object) =>
    pack.BatchNormalization.fromConfig(pack.BatchNormalization as never, config as never);
  expectThrows(() => from({ renorm: true }), /renorm changes what the layer computes/);
  const layerFrom = (config: object) =>
    pack.LayerNormalization.fromConfig(pack.LayerNormalization as never, config as never);
  expectThrows(() => layerFrom({ rmsScaling: true }), /rmsScaling/);
  expectThrows(() => layerFrom({ axis: null }), /axis: null/);
  expect(warn).not.toHaveBeenCalled();
  from({ renorm: false, fused: true, synchronized: false, adjustment: null, virtualBatchSize: null });
  expect(warn).not.toHaveBeenCalled();
  from({ synchronized: true });
  from({ synchronized: true });
  expect(warn).toHaveBeenCalledTimes(1);
  warn.mockRestore();
});

test('the saved name is the standard one where the stock layer computes the same', () => {
  const nameOf = (layer: layersPackage.layers.Layer, shape: number[]) => {
    layer.build([null, ...shape]);
    return layer.getClassName();
  };
  expect(nameOf(pack.batchNormalization(), [3, 4])).toBe('BatchNormalization');
  expect(nameOf(pack.batchNormalization({ axis: 2 }), [3, 4])).toBe('BatchNormalization');
  expect(nameOf(pack.batchNormalization({ axis: 1 }), [3, 4])).toBe('ExtendedBatchNormalization');
  expect(nameOf(pack.batchNormalization(), [3, 4, 5, 6])).toBe('ExtendedBatchNormalization');
  expect(nameOf(pack.batchNormalization({ training: true }), [3, 4])).toBe('ExtendedBatchNormalization');
  expect(nameOf(pack.batchNormalization({ trainable: false }), [3, 4])).toBe('ExtendedBatchNormalization');
  // What the stock layer could load, but not train.
  expect(nameOf(pack.batchNormalization({ scale: false }), [3, 4])).toBe('ExtendedBatchNormalization');
  expect(nameOf(pack.layerNormalization({ center: false }), [3, 4])).toBe('ExtendedLayerNormalization');
  expect(nameOf(pack.layerNormalization(), [3, 4])).toBe('LayerNormalization');
  expect(nameOf(pack.layerNormalization({ axis: [-1] }), [3, 4])).toBe('LayerNormalization');
  expect(nameOf(pack.layerNormalization({ axis: [1, 2] }), [3, 4])).toBe('ExtendedLayerNormalization');
  expect(nameOf(pack.layerNormalization(), [3, 4, 5, 6])).toBe('ExtendedLayerNormalization');
});

test('a stock tfjs reads the file of a standard name', async () => {
  const model = tf.sequential({
    layers: [tf.layers.dense({ units: 4, inputShape: [3] }), pack.batchNormalization(), pack.layerNormalization()],
  });
  const copy = await tf.models.modelFromJSON(JSON.parse(JSON.stringify(model.toJSON(null, false))));
  copy.setWeights(model.getWeights());
  const x = tf.tensor(normal(15), [5, 3]);
  const difference = tf.max(tf.abs(tf.sub(model.predict(x) as core.Tensor, copy.predict(x) as core.Tensor)));
  expect(copy.layers[1]).not.toBeInstanceOf(pack.BatchNormalization);
  expect(difference.dataSync()[0]).toBeLessThan(1e-6);
});

test('replacements are undone once each, in any order', () => {
  const map = tf.serialization.SerializationMap.getMap().classNameMap;
  const stock = map.BatchNormalization?.[0];
  const [first, second] = [pack.replaceStockNormalization(), pack.replaceStockNormalization()];
  first();
  first();
  expect(map.BatchNormalization?.[0]).toBe(pack.BatchNormalization);
  second();
  expect(map.BatchNormalization?.[0]).toBe(stock);
});

describe('registration', () => {
  const map = tf.serialization.SerializationMap.getMap().classNameMap;

  test('every row and alias has its class; again changes nothing', () => {
    const names = pack.NORMS.flatMap(({ className, aliases }) => [className, ...aliases]);
    const before = names.map((name) => map[name]);
    expect(before.every(Boolean)).toBe(true);
    pack.register();
    expect(names.map((name) => map[name])).toEqual(before);
  });

  test('a stranger is not displaced, kept on request, replaced on request', () => {
    class Stranger {
      static fromConfig = () => new Stranger();
      readonly className = 'GroupNormalization';
    }
    // A second copy of tfjs has a map of its own.
    const theirs = { GroupNormalization: [Stranger, Stranger.fromConfig] } as unknown as typeof map;
    const second = {
      serialization: { SerializationMap: { getMap: () => ({ classNameMap: theirs }) } },
    } as unknown as typeof tf;
    expectThrows(() => pack.register(second), /another class is registered .* name="GroupNormalization"/);
    expect(Object.keys(theirs)).toEqual(['GroupNormalization']);
    pack.register(second, { onConflict: 'keep' });
    expect(theirs.GroupNormalization?.[0]).toBe(Stranger);
    expect(theirs.RMSNormalization?.[0]).toBe(pack.RMSNormalization);
    expectThrows(() => pack.register(second, { onConflict: 'mine' as 'keep' }), /unknown onConflict/);
    expectThrows(() => pack.register({} as never), /TensorFlow.js object/);
    pack.register(second, { onConflict: 'replace' });
    expect(theirs.GroupNormalization?.[0]).toBe(pack.GroupNormalization);
  });
});

test('a file with missing, surplus or misshapen weights is refused', async () => {
  const config = { groups: 2, ...identifiers };
  const load = (weights: Specs) => tf.loadLayersModel(file('GroupNormalization', config, [3, 4], weights));
  await expect(load([gamma])).rejects.toThrow(/beta/);
  await expect(load([gamma, beta, { name: 'norm/extra', shape: [1], values: [1] }])).rejects.toThrow(/extra/);
  await expect(load([gamma, { ...beta, shape: [2], values: [1, 2] }])).rejects.toThrow(/shape/i);
});
