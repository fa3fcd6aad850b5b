import type { LayersModel, layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import * as pack from '../../src/index.js';
import { input, onCpu, tf, weight } from '../layers/setup.js';
import { chain, reloaded, type Tensor, wrap } from '../wrappers/setup.js';
import { expectSame, expectUntouched, outputsOf, spoil } from './setup.js';

type Layer = layers.Layer;

onCpu();

const L = tf.layers;
const stock = (more: object = {}) => L.batchNormalization({ name: 'norm', ...more });
const ours = (more: object = {}) => pack.batchNormalization({ name: 'norm', ...more });
const first = { axis: 1 };
const NCHW = { dataFormat: 'channelsFirst' } as const;

/** Every linear layer with the shape of its input and, where it is not the last, the axis of its outputs. */
const KINDS: [string, number[], () => Layer, object?][] = [
  ['dense', [5], () => L.dense({ units: 4 })],
  ['dense without bias', [5], () => L.dense({ units: 4, useBias: false })],
  ['dense of a sequence', [3, 5], () => L.dense({ units: 4 })],
  ['conv1d', [7, 3], () => L.conv1d({ filters: 4, kernelSize: 3 })],
  ['conv1d, same', [7, 3], () => L.conv1d({ filters: 4, kernelSize: 2, strides: 2, padding: 'same' })],
  ['conv2d', [6, 5, 3], () => L.conv2d({ filters: 4, kernelSize: 3, strides: 2, padding: 'same' })],
  ['conv2d without bias', [6, 5, 3], () => L.conv2d({ filters: 4, kernelSize: 3, useBias: false })],
  ['conv2d, channels first', [3, 6, 5], () => L.conv2d({ filters: 4, kernelSize: 3, ...NCHW }), first],
  ['conv3d', [5, 4, 6, 2], () => L.conv3d({ filters: 3, kernelSize: 2 })],
  ['conv2dTranspose', [5, 4, 3], () => L.conv2dTranspose({ filters: 2, kernelSize: 3, strides: 2 })],
  [
    'conv2dTranspose, channels first',
    [3, 5, 4],
    () => L.conv2dTranspose({ filters: 2, kernelSize: 3, ...NCHW }),
    first,
  ],
  ['conv3dTranspose', [3, 4, 2, 3], () => L.conv3dTranspose({ filters: 2, kernelSize: 2 })],
  ['depthwiseConv2d', [6, 5, 3], () => L.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, useBias: false })],
  [
    'depthwiseConv2d, channels first',
    [3, 6, 5],
    () => L.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, ...NCHW }),
    first,
  ],
  ['separableConv2d', [6, 5, 3], () => L.separableConv2d({ filters: 4, kernelSize: 3, depthMultiplier: 2 })],
  ['separableConv2d without bias', [6, 5, 3], () => L.separableConv2d({ filters: 4, kernelSize: 3, useBias: false })],
  ['timeDistributed dense', [3, 5], () => L.timeDistributed({ layer: L.dense({ units: 4 }) as never })],
  [
    'timeDistributed conv2d',
    [2, 6, 5, 3],
    () => L.timeDistributed({ layer: L.conv2d({ filters: 4, kernelSize: 3 }) as never }),
  ],
  ['weight normalized dense', [5], () => wrap(L.dense({ units: 4 }))],
  ['weight normalized conv2d', [6, 5, 3], () => wrap(L.conv2d({ filters: 4, kernelSize: 3, useBias: false }))],
];

/** The host does not save the depth multiplier of its separable convolution. */
const isForgetful = ({ layers }: LayersModel) =>
  layers.some(
    (layer) =>
      layer.getClassName() === 'SeparableConv2D' && (layer as { depthMultiplier?: number }).depthMultiplier !== 1,
  );

describe.each(KINDS)('%s', (...[_name, shape, linear, axis = {}]: (typeof KINDS)[number]) => {
  const norms: readonly (readonly [string, (more: object) => Layer])[] = [
    ['our batch norm', ours],
    ['the mean-only batch norm', (more) => pack.meanOnlyBatchNormalization({ name: 'norm', ...more })],
    // On cpu the host's layer is wrong over other axes, and takes four dimensions.
    ...(axis === first || shape.length > 3 ? [] : [['the stock batch norm', stock] as const]),
  ];
  test.each(norms)('takes in %s', async (_norm, norm) => {
    const model = chain(shape, linear(), norm(axis), L.activation({ activation: 'tanh' }));
    spoil(model);
    const x = input([4, ...shape]);
    const [y] = outputsOf(model, x) as [Tensor];
    const kept = expectUntouched(model);
    const { model: small, replaced, deviation } = await pack.foldNormalization(model);
    kept();
    const folded = replaced.find(({ path }) => path === 'norm');
    expect(folded).toMatchObject({ to: 'none', weights: 'folded' });
    expect(small.layers.map(({ name }) => name)).not.toContain('norm');
    expect(deviation?.relative.max).toBeLessThan(1e-5);
    expectSame(outputsOf(small, x)[0] as Tensor, y, 1e-5);
    if (isForgetful(small)) return;
    const copy = await reloaded(small);
    expectSame(outputsOf(copy, x)[0] as Tensor, y, 1e-5);
  });
});

/** float64: the kernel of a dense layer and a batch norm, by the formula. */
test('a folded dense layer has the kernel and bias of the formula, in float64', async () => {
  const model = chain([5], L.dense({ units: 4, name: 'dense' }), stock({ epsilon: 1e-3 }));
  spoil(model);
  const [kernel, bias] = ['kernel', 'bias'].map((name) => weight(model.layers[1] as Layer, name)) as [
    number[],
    number[],
  ];
  const [gamma, beta, mean, variance] = ['gamma', 'beta', 'moving_mean', 'moving_variance'].map((name) =>
    weight(model.layers[2] as Layer, name),
  ) as [number[], number[], number[], number[]];
  const { model: small } = await pack.foldNormalization(model);
  const factor = (j: number) => (gamma[j] as number) / Math.sqrt((variance[j] as number) + 1e-3);
  const relative = (found: number, expected: number) => Math.abs(found - expected) / Math.max(1e-3, Math.abs(expected));
  weight(small.layers[1] as Layer, 'kernel').forEach((value, i) => {
    expect(relative(value, (kernel[i] as number) * factor(i % 4))).toBeLessThan(3e-7);
  });
  weight(small.layers[1] as Layer, 'bias').forEach((value, j) => {
    const expected = ((bias[j] as number) - (mean[j] as number)) * factor(j) + (beta[j] as number);
    expect(relative(value, expected)).toBeLessThan(2e-6);
  });
});

describe('what is folded besides', () => {
  test('two norms in a row, a norm in TimeDistributed, a shared layer with a shared norm, a nested model', async () => {
    const left = tf.input({ shape: [3, 5] });
    const right = tf.input({ shape: [3, 5] });
    const dense = L.dense({ units: 4, name: 'shared' });
    const norm = ours({ name: 'after' });
    const inner = chain([3, 4], L.dense({ units: 2, name: 'in' }), ours({ name: 'inNorm' }), stock({ name: 'again' }));
    const step = (layer: Layer, name: string) => L.timeDistributed({ layer, name } as never);
    const branch = (x: SymbolicTensor) => norm.apply(dense.apply(x)) as SymbolicTensor;
    const sum = L.add().apply([branch(left), branch(right)]) as SymbolicTensor;
    const after = [inner, step(L.dense({ units: 3 }), 'steps'), step(stock({ name: 'stepNorm' }), 'stepNorms')];
    const outputs = after.reduce((x, layer) => layer.apply(x) as SymbolicTensor, sum);
    const model = tf.model({ inputs: [left, right], outputs });
    spoil(model);
    const x = [input([2, 3, 5], 1), input([2, 3, 5], 2)];
    const [y] = outputsOf(model, x) as [Tensor];
    const kept = expectUntouched(model);
    const { model: small, replaced, warnings } = await pack.foldNormalization(model);
    kept();
    expect(replaced.map(({ path, into }) => [path, into])).toEqual([
      ['after', 'shared'],
      [`${inner.name}/inNorm`, `${inner.name}/in`],
      [`${inner.name}/again`, `${inner.name}/in`],
      ['stepNorms/stepNorm', `steps/${(after[1] as unknown as { layer: Layer }).layer.name}`],
    ]);
    expect(warnings).toEqual(['the outputs are now called steps']);
    expectSame(outputsOf(small, x)[0] as Tensor, y, 1e-5);
    expectSame(outputsOf(await reloaded(small), x)[0] as Tensor, y, 1e-5);
  });

  test('weight norm goes into kernels of every kind, recurrent and embedded ones too', async () => {
    const layers = [
      wrap(L.embedding({ inputDim: 7, outputDim: 4, name: 'e' }), { name: 'words', inputShape: [5] }),
      wrap(L.lstm({ units: 3, returnSequences: true, recurrentInitializer: 'glorotNormal' }), { name: 'lstm' }),
      L.timeDistributed({ layer: wrap(L.dense({ units: 3 }), { name: 'within' }) as never, name: 'steps' }),
      wrap(L.conv1d({ filters: 2, kernelSize: 2, activation: 'relu', kernelConstraint: 'unitNorm' }), { name: 'conv' }),
    ];
    const model = tf.sequential({ layers });
    spoil(model);
    const x = tf.tensor2d([0, 1, 2, 3, 4, 6, 5, 4, 3, 2], [2, 5]);
    const [y] = outputsOf(model, x) as [Tensor];
    const kept = expectUntouched(model);
    const { model: plain, replaced } = await pack.foldNormalization(model);
    kept();
    expect(replaced.map(({ path, to, weights }) => [path, to, weights])).toEqual([
      ['words', 'none', 'folded'],
      ['lstm', 'none', 'folded'],
      ['steps/within', 'none', 'folded'],
      ['conv', 'none', 'folded'],
    ]);
    expect(plain.layers.map((layer) => [layer.name, layer.getClassName()])).toEqual([
      ['words', 'Embedding'],
      ['lstm', 'LSTM'],
      ['steps', 'TimeDistributed'],
      ['conv', 'Conv1D'],
    ]);
    expect(plain.countParams()).toBeLessThan(model.countParams());
    expectSame(outputsOf(plain, x)[0] as Tensor, y, 1e-5);
    expectSame(outputsOf(await reloaded(plain), x)[0] as Tensor, y, 1e-5);
  });

  test('a layer of which only the kernel is frozen, plain and weight normalized', async () => {
    const model = chain(
      [4],
      L.dense({ units: 4 }),
      ours({ name: 'a' }),
      wrap(L.dense({ units: 4 })),
      ours({ name: 'b' }),
    );
    spoil(model);
    const inner = (model.layers[3] as unknown as { layer: Layer }).layer;
    for (const layer of [model.layers[1] as Layer, inner])
      (layer.weights[0] as { trainable: boolean }).trainable = false;
    const x = input([3, 4]);
    const { model: small } = await pack.foldNormalization(model);
    expectSame(outputsOf(small, x)[0] as Tensor, outputsOf(model, x)[0] as Tensor);
  });

  test('a mean-only batch norm that stands elsewhere becomes the stock layer, frozen', async () => {
    const norm = pack.meanOnlyBatchNormalization({ name: 'norm' });
    const model = chain([5], L.dense({ units: 4, activation: 'relu' }), norm, L.dense({ units: 2 }));
    spoil(model);
    const x = input([3, 5]);
    const [y] = outputsOf(model, x) as [Tensor];
    const { model: small, replaced } = await pack.foldNormalization(model);
    expect(replaced).toEqual([{ path: 'norm', from: 'meanOnlyBatch', to: 'batch', weights: 'folded' }]);
    const made = small.getLayer('norm');
    expect([made.getClassName(), made.trainable]).toEqual(['BatchNormalization', false]);
    expect(made.constructor).toBe(L.batchNormalization({}).constructor);
    expectSame(outputsOf(small, x)[0] as Tensor, y, 1e-6);
  });
});

describe('what is left, and why', () => {
  const relu = () => L.activation({ activation: 'relu' });
  const conv = (more: object = {}) => L.conv2d({ filters: 4, kernelSize: 1, name: 'conv', ...more });
  test.each<[string, number[], Layer[], RegExp]>([
    [
      'an activation before it',
      [5],
      [L.dense({ units: 4, activation: 'relu' }), stock()],
      /activation relu.*nothing is gained/,
    ],
    [
      'an activation layer before it',
      [5],
      [L.dense({ units: 4 }), relu(), stock()],
      /has no kernel.*nothing is gained/,
    ],
    ['nothing before it', [5], [stock()], /has no kernel/],
    ['another axis', [3, 4, 5], [conv({ kernelSize: [2, 2] }), ours(first)], /normalizes another axis/],
    ['statistics of the batch', [5], [L.dense({ units: 4 }), ours({ training: true })], /training: true/],
    [
      'statistics of the input',
      [5],
      [L.dense({ units: 4 }), pack.layerNormalization({ name: 'norm' })],
      /of its input/,
    ],
  ])('%s', async (_what, shape, layers, reason) => {
    const model = chain(shape, ...layers);
    spoil(model);
    const { model: same, replaced, warnings, deviation } = await pack.foldNormalization(model);
    expect(replaced).toHaveLength(1);
    expect(replaced[0]?.reason).toMatch(reason);
    expect(warnings).toEqual(['no normalization was folded']);
    expect(deviation).toMatchObject({ max: 0, mean: 0, input: 'synthetic' });
    expect(same.layers.map(({ name }) => name)).toEqual(model.layers.map(({ name }) => name));
  });

  test('an output that is used elsewhere, a layer that is shared with another place', async () => {
    const x = tf.input({ shape: [5] });
    const dense = L.dense({ units: 4, name: 'dense' });
    const hidden = dense.apply(x) as SymbolicTensor;
    const used = tf.model({ inputs: x, outputs: [stock().apply(hidden) as SymbolicTensor, hidden] });
    const { replaced } = await pack.foldNormalization(used);
    expect(replaced[0]?.reason).toMatch(/the output of Dense "dense" is used elsewhere/);
    const [a, b] = [tf.input({ shape: [5] }), tf.input({ shape: [5] })];
    const shared = L.dense({ units: 4, name: 'both' });
    const one = stock().apply(shared.apply(a)) as SymbolicTensor;
    const two = L.add().apply([one, shared.apply(b) as SymbolicTensor]) as SymbolicTensor;
    const result = await pack.foldNormalization(tf.model({ inputs: [a, b], outputs: two }));
    expect(result.replaced[0]?.reason).toMatch(/"both" is shared with a place that has no such norm/);
  });
});

describe('refused, with nothing left behind', () => {
  test('outputs that differ by more than the tolerance', async () => {
    const model = chain([5], L.dense({ units: 4 }), stock());
    spoil(model);
    const before = tf.memory().numTensors;
    await expect(pack.foldNormalization(model, { tolerance: 0 })).rejects.toThrow(
      /must give what the old one gives.*deviation=.*tolerance=0/,
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  test('the stock batch norm over the first axis, which is wrong on this backend', async () => {
    const model = chain([3, 4, 4], L.conv2d({ filters: 4, kernelSize: 1, ...NCHW }), stock(first));
    spoil(model);
    const before = tf.memory().numTensors;
    await expect(pack.foldNormalization(model)).rejects.toThrow(/stock batch norm is wrong over other axes/);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('spoilt weights: a model that gives NaN cannot be compared', async () => {
    const model = chain([5], L.dense({ units: 4 }), stock());
    model.layers[1]?.setWeights([tf.fill([5, 4], Number.NaN), tf.zeros([4])]);
    await expect(pack.foldNormalization(model)).rejects.toThrow(/NaN or infinite everywhere/);
  });
});
