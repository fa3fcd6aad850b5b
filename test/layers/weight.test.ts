import type * as layersPackage from '@tensorflow/tfjs-layers';
import * as pack from '../../src/index.js';
import { expectThrows } from '../suites/harness.js';
import { expectClose, input, onCpu, tf, weight } from './setup.js';

onCpu();

type Layer = layersPackage.layers.Layer;
type Tensor = ReturnType<typeof input>;

const seeded = { kernelInitializer: tf.initializers.glorotNormal({ seed: 7 }), biasInitializer: 'ones' } as const;
const recurrent = {
  units: 3,
  kernelInitializer: tf.initializers.glorotNormal({ seed: 7 }),
  recurrentInitializer: tf.initializers.glorotNormal({ seed: 8 }),
};

/** Every kind of layer: how to make it, an input, its kernel's weight, the shape of g, the weights of the wrapper. */
const KINDS: Record<string, { make(): Layer; x(): Tensor; g: number[]; names: string[] }> = {
  Dense: {
    make: () => tf.layers.dense({ units: 3, ...seeded }),
    x: () => input([5, 4]),
    g: [3],
    names: ['g', 'kernel', 'bias'],
  },
  Conv1D: {
    make: () => tf.layers.conv1d({ filters: 3, kernelSize: 2, ...seeded }),
    x: () => input([2, 6, 4]),
    g: [3],
    names: ['g', 'kernel', 'bias'],
  },
  Conv2D: {
    make: () => tf.layers.conv2d({ filters: 3, kernelSize: 2, useBias: false, ...seeded }),
    x: () => input([2, 6, 5, 4]),
    g: [3],
    names: ['g', 'kernel'],
  },
  Conv3D: {
    make: () => tf.layers.conv3d({ filters: 3, kernelSize: 2, ...seeded }),
    x: () => input([2, 4, 3, 5, 2]),
    g: [3],
    names: ['g', 'kernel', 'bias'],
  },
  Conv2DTranspose: {
    make: () => tf.layers.conv2dTranspose({ filters: 3, kernelSize: 2, ...seeded }),
    x: () => input([2, 4, 3, 2]),
    g: [3],
    names: ['g', 'kernel', 'bias'],
  },
  DepthwiseConv2D: {
    make: () =>
      tf.layers.depthwiseConv2d({
        kernelSize: 2,
        depthMultiplier: 3,
        depthwiseInitializer: tf.initializers.glorotNormal({ seed: 7 }),
      }),
    x: () => input([2, 4, 5, 2]),
    g: [2, 3],
    names: ['g', 'depthwise_kernel', 'bias'],
  },
  SeparableConv2D: {
    make: () => tf.layers.separableConv2d({ filters: 3, kernelSize: 2, depthMultiplier: 2 }),
    x: () => input([2, 4, 5, 2]),
    g: [2, 2],
    names: ['g_depthwise', 'g_pointwise', 'depthwise_kernel', 'pointwise_kernel', 'bias'],
  },
  Embedding: {
    make: () => tf.layers.embedding({ inputDim: 7, outputDim: 3 }),
    x: () =>
      tf.tensor2d(
        [
          [1, 2, 6],
          [0, 2, 1],
        ],
        [2, 3],
        'int32',
      ) as Tensor,
    g: [7],
    names: ['g', 'embeddings'],
  },
  SimpleRNN: {
    make: () => tf.layers.simpleRNN(recurrent),
    x: () => input([2, 5, 4]),
    g: [3],
    names: ['g', 'kernel', 'recurrent_kernel', 'bias'],
  },
  LSTM: {
    make: () => tf.layers.lstm({ ...recurrent, returnSequences: true }),
    x: () => input([2, 5, 4]),
    g: [12],
    names: ['g', 'kernel', 'recurrent_kernel', 'bias'],
  },
  GRU: {
    make: () => tf.layers.gru(recurrent),
    x: () => input([2, 5, 4]),
    g: [9],
    names: ['g', 'kernel', 'recurrent_kernel', 'bias'],
  },
};

const kinds = Object.entries(KINDS);

async function reloaded(model: layersPackage.LayersModel, includeOptimizer = false) {
  let kept: unknown;
  const handler = tf.io.withSaveHandler(async (artifacts) => {
    kept = artifacts;
    return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' as const } };
  });
  await model.save(handler, { includeOptimizer });
  const { weightData, ...json } = kept as { weightData: ArrayBuffer };
  return tf.loadLayersModel(tf.io.fromMemory({ ...JSON.parse(JSON.stringify(json)), weightData }));
}

test.each(kinds)('%s: wrapping changes nothing; names, order and shapes', (_kind, { make, x, g, names }) => {
  const layer = pack.weightNormalization({ layer: make() });
  const y = layer.apply(x()) as Tensor;
  const bare = layer.layer.call(x(), {}) as Tensor;
  expectClose(y, bare, 2e-6);
  const own = layer.weights.map(({ originalName }) => originalName.split('/').pop());
  expect(own).toEqual([...names, 'initialized']);
  expect(layer.weights[0]?.shape).toEqual(g);
  expect(layer.trainableWeights.length).toBe(names.length);
  expect(weight(layer, 'initialized')).toEqual([1]);
});

test.each(kinds)('%s: trains v and g, survives a file, folds into a plain layer', async (_kind, { make, x, names }) => {
  const batch = x();
  const layer = pack.weightNormalization({ layer: make() });
  const wrappedInput = tf.layers.inputLayer({ inputShape: batch.shape.slice(1), dtype: batch.dtype as 'float32' });
  const model = tf.sequential({ layers: [wrappedInput, layer] });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const target = input((model.predict(batch) as Tensor).shape, 11);
  const before = names.map((name) => weight(layer, name));
  await model.trainOnBatch(batch, target);
  names.forEach((name, i) => {
    if (name === 'bias' && weight(layer, 'bias').every((b) => b === 0)) return;
    expect(weight(layer, name)).not.toEqual(before[i]);
  });
  const y = model.predict(batch) as Tensor;
  const copy = await reloaded(model);
  expectClose(copy.predict(batch) as Tensor, y, 0);
  // (The host's Embedding names its dtype only once it has been through a file.)
  const topology = (m: layersPackage.LayersModel) =>
    JSON.stringify(m.toJSON(null, false)).replaceAll(',"dtype":"float32"', '');
  expect(topology(copy)).toBe(topology(model));
  const plain = pack.removeWeightNormalization(layer);
  expect(plain.getClassName()).toBe(layer.layer.getClassName());
  expectClose(plain.apply(batch) as Tensor, y, 2e-6);
});

test.each(kinds)('%s: no tensor left behind, dispose frees exactly the weights', (_kind, { make, x }) => {
  const batch = x();
  const before = tf.memory().numTensors;
  const layer = pack.weightNormalization({ layer: make() });
  const model = tf.sequential({
    layers: [tf.layers.inputLayer({ inputShape: batch.shape.slice(1), dtype: batch.dtype as 'float32' }), layer],
  });
  expect(tf.memory().numTensors - before).toBe(layer.weights.length);
  tf.tidy(() => void model.predict(batch));
  const plain = pack.removeWeightNormalization(layer);
  expect(tf.memory().numTensors - before).toBe(layer.weights.length + plain.weights.length);
  model.dispose();
  expect(tf.memory().numTensors - before).toBe(plain.weights.length);
});

test('the gradient of v is orthogonal to v', () => {
  const v = input([6, 3]);
  const gradient = tf.grad((k) => tf.sum(tf.square(tf.matMul(input([2, 6], 5) as never, pack.weightNorm(k) as never))));
  const along = tf.sum(tf.mul(gradient(v), v), 0);
  expectClose(along, tf.zeros([3]), 1e-5);
});

test('an LSTM computes its kernel once a sequence', async () => {
  const layer = pack.weightNormalization({ layer: tf.layers.lstm(recurrent) });
  const x = input([2, 9, 4]);
  layer.apply(x);
  const { kernelNames } = await tf.profile(() => layer.apply(x) as Tensor);
  const { kernels } = await tf.profile(() => layer.apply(x) as Tensor);
  expect(kernelNames).toContain('tfnorm.Moments');
  expect(kernels.filter(({ name }) => name === 'tfnorm.Moments').length).toBe(1);
});

test('inside TimeDistributed and Bidirectional', async () => {
  const timeDistributed = tf.layers.timeDistributed({
    layer: pack.weightNormalization({ layer: tf.layers.dense({ units: 3, ...seeded }) }),
  });
  const bidirectional = tf.layers.bidirectional({
    layer: pack.weightNormalization({ layer: tf.layers.lstm(recurrent) }) as never,
    mergeMode: 'concat',
  });
  const model = tf.sequential({
    layers: [tf.layers.inputLayer({ inputShape: [5, 4] }), timeDistributed, bidirectional as unknown as Layer],
  });
  const x = input([2, 5, 4]);
  const y = model.predict(x) as Tensor;
  expect(y.shape).toEqual([2, 6]);
  expectClose((await reloaded(model)).predict(x) as Tensor, y, 0);
});

test('losses of the wrapped layer count', () => {
  const dense = tf.layers.dense({ units: 3, ...seeded, kernelRegularizer: 'l1l2' });
  const x = tf.input({ shape: [4] });
  const y = pack.weightNormalization({ layer: dense }).apply(x) as layersPackage.SymbolicTensor;
  expect(tf.model({ inputs: x, outputs: y }).calculateLosses().length).toBe(1);
});

test('a frozen wrapper does not train; a model freezes it', async () => {
  const layer = pack.weightNormalization({ layer: tf.layers.dense({ units: 1, ...seeded }), inputShape: [4] });
  const model = tf.sequential({ layers: [layer, tf.layers.dense({ units: 1 })] });
  layer.trainable = false;
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const before = weight(layer, 'g');
  await model.trainOnBatch(input([5, 4]), tf.zeros([5, 1]));
  expect(weight(layer, 'g')).toEqual(before);
});

describe('data-dependent initialization', () => {
  const LINEAR: [string, () => Layer, number[]][] = [
    [
      'dense',
      () => tf.layers.dense({ units: 3, kernelInitializer: seeded.kernelInitializer, activation: 'relu' }),
      [40, 4],
    ],
    ['conv2d', () => tf.layers.conv2d({ filters: 3, kernelSize: 2, padding: 'same' }), [6, 4, 5, 2]],
    ['depthwise', () => tf.layers.depthwiseConv2d({ kernelSize: 2, depthMultiplier: 2 }), [6, 4, 5, 2]],
    ['separable', () => tf.layers.separableConv2d({ filters: 3, kernelSize: 2 }), [6, 4, 5, 2]],
    ['transposed', () => tf.layers.conv2dTranspose({ filters: 3, kernelSize: 2 }), [6, 4, 5, 2]],
  ];

  test.each(LINEAR)(
    '%s: mean 0 and deviation 1 before the activation, at the first training call',
    (_name, make, shape) => {
      const layer = pack.weightNormalization({ layer: make(), dataInit: true });
      const x = input(shape);
      layer.apply(x);
      expect(weight(layer, 'initialized')).toEqual([0]);
      layer.apply(x, { training: true });
      expect(weight(layer, 'initialized')).toEqual([1]);
      const linear = pack.removeWeightNormalization(layer) as Layer & { activation: object };
      linear.activation = { apply: (t: Tensor) => t, getClassName: () => 'linear' };
      const t = linear.apply(x) as Tensor;
      const { mean, variance } = tf.moments(t, t.shape.map((_, i) => i).slice(0, -1));
      expectClose(mean, tf.zeros(mean.shape), 1e-5);
      expectClose(variance, tf.ones(variance.shape), 1e-5);
    },
  );

  test('happens once, also across a file', async () => {
    const layer = pack.weightNormalization({ layer: tf.layers.dense({ units: 2 }), dataInit: true, inputShape: [4] });
    const model = tf.sequential({ layers: [layer] });
    model.apply(input([9, 4]), { training: true });
    const g = weight(layer, 'g');
    model.apply(input([9, 4], 8), { training: true });
    expect(weight(layer, 'g')).toEqual(g);
    const copy = await reloaded(model);
    copy.apply(input([9, 4], 8), { training: true });
    expect(weight(copy.layers[0] as Layer, 'g')).toEqual(g);
  });

  test('on request; refused where there is no one linear output', () => {
    const layer = pack.weightNormalization({ layer: tf.layers.dense({ units: 2 }), inputShape: [4] });
    expectThrows(() => layer.initializeFromData(input([9, 4])), /before it is built/);
    tf.sequential({ layers: [layer] });
    const before = tf.memory().numTensors;
    const x = input([9, 4]);
    layer.initializeFromData(x);
    expect(tf.memory().numTensors).toBe(before + 1);
    expectThrows(
      () => pack.weightNormalization({ layer: tf.layers.lstm(recurrent), dataInit: true }),
      /one linear output/,
    );
  });
});

test.each([true, false])('a file of TensorFlow Addons, data_init %s', async (dataInit) => {
  const dense = { class_name: 'Dense', config: { name: 'dense', units: 2, use_bias: true, activation: 'linear' } };
  const layers = [
    { class_name: 'InputLayer', config: { batch_input_shape: [null, 3], name: 'in' } },
    {
      class_name: 'Addons>WeightNormalization',
      config: { name: 'wn', trainable: true, layer: dense, data_init: dataInit },
    },
  ];
  const weights = [
    { name: 'wn/g', shape: [2], values: [2, 3] },
    { name: 'wn/kernel', shape: [3, 2], values: [1, 2, 2, 2, 2, 1] },
    { name: 'wn/bias', shape: [2], values: [0.5, -1] },
    { name: 'wn/initialized', shape: [], values: [1], dtype: 'bool' },
    ...(dataInit
      ? [
          { name: 'wn/data_dep_init/kernel', shape: [3, 2], values: [9, 9, 9, 9, 9, 9] },
          { name: 'wn/data_dep_init/bias', shape: [2], values: [9, 9] },
        ]
      : []),
  ];
  const bytes = weights.flatMap(({ values, dtype }) =>
    dtype === 'bool' ? values : [...new Uint8Array(new Float32Array(values).buffer)],
  );
  const model = await tf.loadLayersModel(
    tf.io.fromMemory({
      modelTopology: {
        class_name: 'Sequential',
        keras_version: '2.9.0',
        backend: 'tensorflow',
        config: { name: 's', layers },
      },
      weightSpecs: weights.map(({ name, shape, dtype = 'float32' }) => ({ name, shape, dtype: dtype as 'float32' })),
      weightData: new Uint8Array(bytes).buffer,
    }),
  );
  const wrapper = model.layers[1] as pack.WeightNormalization;
  expect(wrapper).toBeInstanceOf(pack.WeightNormalization);
  const v = tf.tensor2d([
    [1, 2],
    [2, 2],
    [2, 1],
  ]);
  const kernel = tf.mul(v, tf.div(tf.tensor1d([2, 3]), 3));
  const x = input([4, 3]) as never;
  const expected = () => tf.add(tf.matMul(x, kernel as never), tf.tensor1d([0.5, -1]));
  expectClose(model.predict(x) as Tensor, expected(), 1e-5);
  model.apply(x, { training: true });
  expect(weight(wrapper, 'g')).toEqual([2, 3]);
  expectClose((await reloaded(model)).predict(x) as Tensor, expected(), 1e-5);
});

test('what cannot be wrapped is refused with advice, and leaves nothing', () => {
  const wrap = (layer: unknown, more: object = {}) => pack.weightNormalization({ layer: layer as Layer, ...more });
  const before = tf.memory().numTensors;
  expectThrows(() => wrap(undefined), /layer must be a layer/);
  expectThrows(() => wrap(tf.layers.flatten()), /must have a kernel/);
  expectThrows(() => wrap(wrap(tf.layers.dense({ units: 1 }))), /must have a kernel/);
  expectThrows(() => wrap(tf.layers.lstmCell({ units: 2 })), /bare cell.*SimpleRNN, LSTM, GRU/);
  expectThrows(() => wrap(tf.layers.stackedRNNCells({ cells: [tf.layers.gruCell({ units: 2 })] })), /bare cell/);
  expectThrows(() => wrap(tf.layers.dense({ units: 1 }), { datainit: true }), /Did you mean dataInit/);
  expectThrows(() => pack.removeWeightNormalization(tf.layers.dense({ units: 1 })), /must be weight normalized/);
  expectThrows(() => pack.removeWeightNormalization(wrap(tf.layers.dense({ units: 1 }))), /must be built/);
  expect(tf.memory().numTensors).toBe(before);
});

test.each([
  ['dense', 'kernelConstraint', () => tf.layers.dense({ units: 3, ...seeded, kernelConstraint: 'unitNorm' }), [5, 4]],
  [
    'separable',
    'pointwiseConstraint',
    () => tf.layers.separableConv2d({ filters: 3, kernelSize: 2, pointwiseConstraint: 'unitNorm' }),
    [2, 4, 5, 2],
  ],
  [
    'simpleRNN',
    'recurrentConstraint',
    () => tf.layers.simpleRNN({ ...recurrent, recurrentConstraint: 'unitNorm' }),
    [2, 5, 4],
  ],
] as [string, string, () => Layer, number[]][])(
  'a constraint is one of v: %s folds without it',
  (_kind, option, make, shape) => {
    const layer = pack.weightNormalization({ layer: make() });
    const x = input(shape);
    layer.apply(x);
    const values = layer.getWeights().map((w, i) => (i === 0 ? tf.mul(tf.onesLike(w), 5) : w));
    layer.setWeights(values);
    const plain = pack.removeWeightNormalization(layer);
    expectClose(plain.apply(x) as Tensor, layer.apply(x) as Tensor, 1e-4);
    expect(plain.getConfig()[option]).toBeNull();
  },
);

test('one value an output says nothing about its scale', () => {
  const layer = pack.weightNormalization({ layer: tf.layers.dense({ units: 3, ...seeded }), dataInit: true });
  layer.apply(input([1, 4]), { training: true });
  expect(weight(layer, 'initialized')).toEqual([0]);
  expectThrows(() => layer.initializeFromData(input([1, 4])), /more than one value/);
  layer.apply(input([9, 4]), { training: true });
  expect(weight(layer, 'initialized')).toEqual([1]);
  expect(Math.max(...weight(layer, 'g'))).toBeLessThan(100);
});

test('host options of the wrong type are refused', () => {
  expectThrows(() => pack.groupNormalization({ trainable: 'no' as never }), /trainable must be true or false/);
  expectThrows(() => pack.groupNormalization({ name: 5 as never }), /name must be a string/);
});
