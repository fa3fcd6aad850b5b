import type { LayersModel, layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import * as pack from '../../src/index.js';
import { NORMS } from '../../src/norms.js';
import { input, onCpu, tf, weight } from '../layers/setup.js';
import { expectNoLeak } from '../suites/harness.js';
import { chain, reloaded, type Tensor, wrap } from '../wrappers/setup.js';
import { expectSame, expectUntouched, moments, outputsOf, spoil } from './setup.js';

type Layer = layers.Layer;

onCpu();

const L = tf.layers;
const conv = (filters = 8, more: object = {}) => L.conv2d({ filters, kernelSize: 3, padding: 'same', ...more });
const relu = () => L.activation({ activation: 'relu' });
const SHAPE = [5, 4, 3];

/** Two convolutions with norms, and an output. */
const cnn = (first: Layer, second: Layer) =>
  chain(SHAPE, conv(), first, relu(), conv(4), second, relu(), L.flatten(), L.dense({ units: 2, name: 'output' }));

const stockCnn = () => cnn(L.batchNormalization({ name: 'bn1' }), L.batchNormalization({ name: 'bn2', epsilon: 0.01 }));

const ACTIVATIONS = NORMS.filter(({ of }) => of === 'activations').map(({ id }) => id);
const PAIRS = ACTIVATIONS.flatMap((from) => ACTIVATIONS.map((to) => [from, to] as const));

describe.each(PAIRS)('%s to %s', (from, to) => {
  const made = (name: string) =>
    pack.createNormalization({ norm: from, name, ...(from === 'group' ? { groups: 2 } : {}) });
  const given = { from, to } as const;

  test.each([false, true])(
    'names stay, the old model too, nothing is left behind; calibrated: %s',
    async (isCalibrated) => {
      const model = cnn(made('bn1'), made('bn2'));
      spoil(model);
      const x = input([3, ...SHAPE], 8);
      const kept = expectUntouched(model);
      const y = outputsOf(model, x)[0] as Tensor;
      await expectNoLeak(tf, async () => {
        const options = isCalibrated ? { calibration: x } : {};
        const { model: other, replaced, deviation } = await pack.convertNormalization(model, to, options);
        expect(replaced).toMatchObject([
          { path: 'bn1', ...given },
          { path: 'bn2', ...given },
        ]);
        for (const { reason, weights } of replaced) {
          expect(reason).toBeUndefined();
          expect(isCalibrated && from !== to ? weights === 'calibrated' : weights !== 'calibrated').toBe(true);
        }
        expect(other.layers.map(({ name }) => name)).toEqual(model.layers.map(({ name }) => name));
        expect(Number.isFinite(deviation?.max)).toBe(true);
        if (from === to) expect(deviation).toMatchObject({ max: 0 });
        const copy = await reloaded(other);
        tf.tidy(() => expectSame(outputsOf(copy, x)[0] as Tensor, outputsOf(other, x)[0] as Tensor, 1e-5));
        copy.dispose();
        other.dispose();
      });
      kept();
      expectSame(outputsOf(model, x)[0] as Tensor, y, 0);
    },
  );
});

const outputOf = (model: LayersModel, name: string) =>
  tf.model({ inputs: model.inputs, outputs: model.getLayer(name).output as SymbolicTensor });

describe('calibration', () => {
  test.each(['group:2', 'instance', 'layer', 'switchable', 'meanOnlyBatch'])(
    'each %s norm has the mean of the old one, and the deviation where it has a factor',
    async (policy) => {
      const model = stockCnn();
      spoil(model);
      const batches = [input([4, ...SHAPE], 1), input([4, ...SHAPE], 2)];
      const { model: other } = await pack.convertNormalization(model, policy, { calibration: batches });
      const x = tf.concat(batches);
      for (const [name, channels] of [
        ['bn1', 8],
        ['bn2', 4],
      ] as const) {
        const [a, b] = [model, other].map((each) =>
          moments((outputsOf(outputOf(each, name), x)[0] as Tensor).dataSync(), channels),
        ) as [[number, number][], [number, number][]];
        for (let c = 0; c < channels; c++) {
          expect(Math.abs((b[c]?.[0] as number) - (a[c]?.[0] as number))).toBeLessThan(1e-4);
          if (policy === 'meanOnlyBatch') continue;
          expect(Math.abs((b[c]?.[1] as number) / (a[c]?.[1] as number) - 1)).toBeLessThan(1e-3);
        }
      }
    },
  );

  test('it comes nearer to the old model than weights that are taken over', async () => {
    const model = stockCnn();
    spoil(model);
    const [calibration, fresh] = [input([32, ...SHAPE], 1), input([32, ...SHAPE], 2)];
    const kept = await pack.convertNormalization(model, 'group:2', { input: fresh });
    const fitted = await pack.convertNormalization(model, 'group:2', { input: fresh, calibration });
    expect(fitted.deviation?.relative.mean).toBeLessThan(0.5 * (kept.deviation?.relative.mean as number));
  });

  test('the factor keeps its sign, and statistics that the norm remembers are those of its new inputs', async () => {
    const model = cnn(
      pack.groupNormalization({ name: 'bn1', groups: 2 }),
      pack.groupNormalization({ name: 'bn2', groups: 2 }),
    );
    spoil(model);
    const calibration = input([16, ...SHAPE], 1);
    const { model: other } = await pack.convertNormalization(model, 'batch', { calibration });
    const [before, after] = [model, other].map((each) => weight(each.getLayer('bn1'), 'gamma')) as [number[], number[]];
    expect(after.map(Math.sign)).toEqual(before.map(Math.sign));
    const x = moments((outputsOf(outputOf(other, 'bn1'), calibration)[0] as Tensor).dataSync(), 8);
    expect(x.every(([mean]) => Number.isFinite(mean))).toBe(true);
    const inner = tf.model({ inputs: other.inputs, outputs: other.getLayer('bn2').input as SymbolicTensor });
    const expected = moments((outputsOf(inner, calibration)[0] as Tensor).dataSync(), 4);
    weight(other.getLayer('bn2'), 'moving_mean').forEach((value, c) => {
      expect(Math.abs(value - (expected[c]?.[0] as number))).toBeLessThan(1e-4);
    });
    weight(other.getLayer('bn2'), 'moving_variance').forEach((value, c) => {
      expect(Math.abs(value / (expected[c]?.[1] as number) ** 2 - 1)).toBeLessThan(1e-3);
    });
  });

  test('several inputs are one batch, objects with xs are batches, streams too', async () => {
    const [a, b] = [tf.input({ shape: [4] }), tf.input({ shape: [4] })];
    const sum = L.add().apply([a, b]) as SymbolicTensor;
    const model = tf.model({
      inputs: [a, b],
      outputs: pack.batchNormalization({ name: 'bn' }).apply(sum) as SymbolicTensor,
    });
    const xs = [input([3, 4], 1), input([3, 4], 2)];
    const stream = (async function* () {
      yield { xs };
    })();
    const results = [];
    for (const calibration of [xs, [{ xs }], [xs], stream]) {
      const { model: other } = await pack.convertNormalization(model, 'layer', { calibration });
      results.push(weight(other.getLayer('bn'), 'gamma'));
    }
    expect(new Set(results.map(String)).size).toBe(1);
  });
});

describe('what is the same function', () => {
  const close = async (model: LayersModel, policy: pack.NormalizationPolicy, x: Tensor, tolerance = 1e-5) => {
    spoil(model);
    const y = outputsOf(model, x)[0] as Tensor;
    const result = await pack.convertNormalization(model, policy, { input: x });
    expectSame(outputsOf(result.model, x)[0] as Tensor, y, tolerance);
    expect(result.deviation?.relative.max).toBeLessThanOrEqual(tolerance * 10); // of the root mean square, not the largest
    expect(result.deviation?.input).toBe('given');
    return result;
  };
  const x = () => input([3, ...SHAPE], 4);

  test('stock batch norm as ours, epsilon with it', async () => {
    const { model } = await close(stockCnn(), 'batch', x());
    expect(model.getLayer('bn2').getConfig().epsilon).toBe(0.01);
    expect(model.getLayer('bn2')).toBeInstanceOf(pack.BatchNormalization);
  });

  test('ours as stock, by a factory', async () => {
    const model = cnn(pack.batchNormalization({ name: 'bn1' }), pack.batchNormalization({ name: 'bn2' }));
    const { model: other } = await close(model, () => L.batchNormalization({ epsilon: 1e-3 }), x());
    expect(other.getLayer('bn1').constructor).toBe(L.batchNormalization({}).constructor);
  });

  test('stock layer norm as ours, and instance norm as group norm', async () => {
    await close(chain([5, 6], L.layerNormalization({ name: 'ln' })), 'layer', input([3, 5, 6]));
    await close(cnn(pack.instanceNormalization(), pack.instanceNormalization()), { norm: 'group', groups: -1 }, x());
  });

  test('batch norm as batch-instance norm with ρ = 1', async () => {
    const { replaced } = await close(stockCnn(), 'batchInstance', x());
    expect(replaced.map(({ weights }) => weights)).toEqual(['kept', 'kept']);
  });

  test('batch norm into the kernel before it, which is weight normalized then', async () => {
    const { model, replaced } = await close(stockCnn(), 'weight', x());
    expect(replaced).toMatchObject([
      { path: 'bn1', from: 'batch', to: 'weight', weights: 'folded', into: expect.stringMatching(/^conv2d/) },
      { path: 'bn2', weights: 'folded' },
    ]);
    expect(model.layers[1]).toBeInstanceOf(pack.WeightNormalization);
    expect(model.layers.map(({ name }) => name)).not.toContain('bn1');
  });

  const steps = (layer: Layer) => L.timeDistributed({ layer, name: 'time' } as never);
  const itself = (layer: Layer) => layer;
  test.each<[string, number[], (layer: Layer) => Layer, () => Layer]>([
    ['dense in TimeDistributed', [4, 5], steps, () => L.dense({ units: 3, name: 'linear' })],
    ['conv1d in TimeDistributed', [2, 6, 3], steps, () => L.conv1d({ filters: 3, kernelSize: 2, name: 'linear' })],
    ['separable', [5, 5, 2], itself, () => L.separableConv2d({ filters: 3, kernelSize: 2, name: 'linear' })],
  ])('batch norm into a %s layer, then weight normalized: it loads again', async (_kind, shape, hold, linear) => {
    const one = input([3, ...shape], 4);
    const { model } = await close(chain(shape, hold(linear()), L.batchNormalization({ name: 'bn' })), 'weight', one);
    const copy = await reloaded(model);
    expectSame(outputsOf(copy, one)[0] as Tensor, outputsOf(model, one)[0] as Tensor, 0);
    const direct = chain(shape, hold(wrap(linear(), { name: 'linear' })));
    const named = (each: LayersModel) => each.weights.map(({ originalName }) => originalName);
    expect(named(model)).toEqual(named(direct));
  });

  test.each<[string, pack.NormalizationPolicy, boolean]>([
    ['an object', { norm: 'weight', dataInit: true }, true],
    ['a name', 'weight:dataInit=true', true],
    ['a layer', wrap(L.dense({ units: 1 }), { dataInit: true }), true],
    ['a layer without options', wrap(L.dense({ units: 1 })), false],
  ])('options of weight norm, given by %s, go to the wrapper', async (_how, policy, dataInit) => {
    const model = chain([4], L.dense({ units: 3 }), L.batchNormalization({ name: 'bn' }), wrap(L.dense({ units: 2 })));
    const { model: made, replaced } = await close(model, policy, input([3, 4]));
    expect(replaced.map(({ weights }) => weights)).toEqual(['folded', 'kept']);
    expect(made.layers.slice(1).map((layer) => layer.getConfig().dataInit)).toEqual([dataInit, dataInit]);
  });

  test('weight norm into its kernel', async () => {
    const model = chain([5], wrap(L.dense({ units: 3 }), { name: 'wn' }), L.dense({ units: 2 }));
    const { model: plain, replaced } = await close(model, 'none', input([3, 5]));
    expect(replaced).toEqual([{ path: 'wn', from: 'weight', to: 'none', weights: 'folded' }]);
    expect(plain.getLayer('wn').getClassName()).toBe('Dense');
  });

  test.each(['instance', 'layer', 'batch'])(
    'switchable norm that has settled on %s, made static',
    async (statistic) => {
      const statistics = ['instance', 'layer', 'batch'] as const;
      const sn = (name: string) => pack.switchableNormalization({ name, statistics: [...statistics] });
      const model = cnn(sn('sn1'), sn('sn2'));
      spoil(model);
      for (const name of ['sn1', 'sn2']) {
        for (const { originalName, val } of model.getLayer(name).weights as unknown as {
          originalName: string;
          val: { assign(t: Tensor): void };
        }[]) {
          if (originalName.endsWith('_weight'))
            val.assign(tf.tensor1d(statistics.map((each) => (each === statistic ? 40 : 0))));
        }
      }
      const y = outputsOf(model, x())[0] as Tensor;
      const readings = pack.readSwitchWeights(model);
      expect(readings).toMatchObject([
        { path: 'sn1', norm: statistic },
        { path: 'sn2', norm: statistic },
      ]);
      expect(readings[0]?.share).toBeCloseTo(1, 6);
      const { model: still, replaced } = await pack.convertNormalization(model, readings);
      expect(replaced.map(({ to }) => to)).toEqual(Array(2).fill(statistic === 'layer' ? 'group' : statistic));
      expectSame(outputsOf(still, x())[0] as Tensor, y, 1e-5);
    },
  );
});

test('the shares of a switchable layer are softmaxes, by statistic, and point to the largest', () => {
  const sn = pack.switchableNormalization({ name: 'sn', statistics: ['layer', 'batch'], inputShape: [4] });
  const model = tf.sequential({ layers: [tf.sequential({ name: 'inner', layers: [sn] })] });
  const [, , means, variances] = sn.getWeights() as InstanceType<typeof tf.Variable>[];
  means?.assign(tf.tensor1d([0, Math.log(3)]));
  variances?.assign(tf.tensor1d([Math.log(4), 0]));
  const [{ path, mean, variance, norm, share } = {} as pack.SwitchReading] = pack.readSwitchWeights(model);
  expect([path, norm]).toEqual(['inner/sn', 'layer']);
  expect(mean.batch).toBeCloseTo(0.75, 6);
  expect(variance.layer).toBeCloseTo(0.8, 6);
  expect(share).toBeCloseTo((0.25 + 0.8) / 2, 6);
  expect(() => pack.readSwitchWeights({} as never)).toThrow(/must be a layers model/);
});

describe('the policy', () => {
  const tos = async (
    policy: pack.NormalizationPolicy | Promise<pack.NormalizationPolicy>,
    options: pack.ConvertOptions = {},
  ) => {
    const result = await pack.convertNormalization(stockCnn(), policy, { ...options, dryRun: false });
    return { ...result, tos: result.replaced.map(({ path, to }) => `${path} ${to}`) };
  };

  test('names, objects, layers, classes, promises', async () => {
    const both = ['bn1 group', 'bn2 group'];
    const specs = [
      'gn',
      'group:2',
      { norm: 'group' },
      { className: 'GroupNormalization', config: { groups: 4 } },
    ] as const;
    for (const spec of specs) expect((await tos(spec)).tos).toEqual(both);
    expect((await tos(pack.groupNormalization({ groups: 4 }))).tos).toEqual(both);
    expect((await tos(pack.InstanceNormalization as never)).tos).toEqual(['bn1 instance', 'bn2 instance']);
    expect((await tos(Promise.resolve('group'))).tos).toEqual(both);
    const { model } = await tos(() => pack.groupNormalization({ groups: 4 }));
    expect(model.getLayer('bn2').getConfig()).toMatchObject({ groups: 4, epsilon: 0.01, name: 'bn2' });
    expect((await tos('group')).model.getLayer('bn1').getConfig().groups).toBe(4); // two channels a group
    expect((await tos({ norm: 'group', epsilon: 1e-7 })).model.getLayer('bn2').getConfig().epsilon).toBe(1e-7);
  });

  test('a function decides layer by layer, undefined leaves alone; globs choose by path', async () => {
    const seen: unknown[] = [];
    const byPath = (layer: Layer, path: string, shape: unknown) => {
      seen.push([layer.name, path, shape]);
      return path === 'bn2' ? 'instance' : undefined;
    };
    expect((await tos(byPath)).tos).toEqual(['bn2 instance']);
    expect(seen).toEqual([
      ['bn1', 'bn1', [null, 5, 4, 8]],
      ['bn2', 'bn2', [null, 5, 4, 4]],
    ]);
    expect((await tos('group', { only: '*2' })).tos).toEqual(['bn2 group']);
    expect((await tos('group', { only: ['bn?', 'x/**'] })).tos).toHaveLength(2);
    expect((await tos('group', { only: (path) => path === 'bn1' })).tos).toEqual(['bn1 group']);
    const { warnings } = await tos('group', { only: 'encoder/**' });
    expect(warnings).toEqual(['no layer was replaced']);
  });

  test('facts go to the guide with the rank and channels of each place; epsilon stays', async () => {
    const { tos: chosen, model } = await tos({ architecture: 'cnn', batchSize: 2 });
    expect(chosen).toEqual(['bn1 group', 'bn2 group']);
    expect(model.getLayer('bn1').getConfig()).toMatchObject({ groups: 4, epsilon: 1e-3 });
  });

  test('what cannot be read is refused before anything is made', async () => {
    const model = stockCnn();
    const before = tf.memory().numTensors;
    const bad = (policy: unknown, options?: object) =>
      expect(pack.convertNormalization(model, policy as never, options as never)).rejects;
    await bad('grup').toThrow(/unknown normalization.*Did you mean `group`/);
    await bad('auto').toThrow(/the guide needs facts/);
    await bad(3).toThrow(/the policy must name a norm/);
    await bad(L.dense({ units: 4 })).toThrow(/a policy must give a normalization layer.*Dense/);
    await bad(() => L.dense({ units: 4 })).toThrow(/a policy must give a normalization layer.*Dense/);
    await bad(() => L.conv2dTranspose({ filters: 4, kernelSize: 1 })).toThrow(/must give a normalization layer/);
    await bad(() => tf.sequential() as never).toThrow(/must give a normalization layer/);
    await bad({ norm: 'weight', nonsense: 3 }).toThrow(/unknown option.*nonsense/);
    await bad('weight:dataInit=3').toThrow(/dataInit/);
    await bad('group:groups=0').toThrow(/groups must be a positive integer/);
    await bad('group', { dry: true }).toThrow(/unknown option.*dry/);
    await bad('group', { only: 5 }).toThrow(/only must be a glob/);
    await bad({ architecture: 'cnnn' }).toThrow(/architecture/);
    await bad('group', { calibration: [] }).toThrow(/at least one batch/);
    await bad('group', { calibration: 'x' }).toThrow(/a batch must be the inputs of the model/);
    await bad('group', { calibration: tf.scalar(1) }).toThrow(
      /a batch must be the inputs.*Pass tensors of shapes \[\[null,5,4,3\]\]/,
    );
    await bad('group', { input: [3] }).toThrow(/a batch must be the inputs of the model/);
    await expect(pack.convertNormalization({} as never, 'group')).rejects.toThrow(/must be a layers model/);
    expect(tf.memory().numTensors).toBe(before + 1); // the scalar of this test
  });
});

describe('what cannot be replaced is left, with the reason', () => {
  const reasonOf = async (model: LayersModel, policy: pack.NormalizationPolicy) => {
    const before = tf.memory().numTensors;
    const plan = await pack.convertNormalization(model, policy, { dryRun: true, print: () => {} });
    expect(tf.memory().numTensors).toBe(before);
    const { model: other, replaced, deviation } = await pack.convertNormalization(model, policy);
    expect(replaced).toEqual(plan.replaced);
    expect(deviation?.max).toBe(0);
    other.dispose();
    expect(tf.memory().numTensors).toBe(before);
    return replaced[0]?.reason;
  };
  const flat = () => chain([6], L.dense({ units: 6 }), L.batchNormalization({ name: 'bn' }));
  const point = () => chain([1, 1, 6], L.batchNormalization({ name: 'bn' }));

  test.each<[string, () => LayersModel, pack.NormalizationPolicy, RegExp]>([
    ['groups that do not divide the channels', flat, 'group:4', /groups must divide channels.*groups=4, channels=6/],
    ['groups of one value', flat, 'group:6', /a single value/],
    ['instance norm of rank 2', flat, 'instance', /a single value|rank 3/],
    ['instance norm at 1 × 1', point, 'instance', /a single value in shape \[,1,1,6\]/],
    ['weight norm after an activation', () => chain([4], relu(), L.batchNormalization({})), 'weight', /no kernel/],
    ['weight norm for layer norm', () => chain([4], pack.layerNormalization()), 'weight', /only fixed statistics/],
    ['group norm for weight norm', () => chain([4], wrap(L.dense({ units: 4 }))), 'group', /convert it to none/],
  ])('%s', async (_what, model, policy, reason) => expect(await reasonOf(model(), policy)).toMatch(reason));

  test('what γ and β cannot say is a warning', async () => {
    const model = stockCnn();
    spoil(model);
    const { warnings, replaced } = await pack.convertNormalization(model, 'rms', { only: 'bn1' });
    expect(replaced[0]?.weights).toBe('kept');
    expect(warnings).toEqual([
      expect.stringMatching(/^bn1: beta has no place in the new norm, and is up to .* from 0$/),
    ]);
    const back = cnn(pack.groupNormalization({ name: 'gn', groups: 2 }), L.batchNormalization());
    const batch = await pack.convertNormalization(back, 'batch', { only: 'gn' });
    expect(batch.replaced[0]?.weights).toBe('reset');
    expect(batch.warnings).toEqual(['gn: moving_mean, moving_variance start anew; give calibration, or train']);
  });
});

test('a dry run prints the plan as a table and makes nothing', async () => {
  const model = stockCnn();
  const before = tf.memory().numTensors;
  const printed: string[] = [];
  const policy = (_: Layer, path: string) => (path === 'bn1' ? 'group:2' : 'group:3');
  const plan = await pack.convertNormalization(model, policy, { dryRun: true, print: (text) => printed.push(text) });
  expect(plan.model).toBeNull();
  expect(tf.memory().numTensors).toBe(before);
  expect(printed).toEqual([String(plan)]);
  expect(printed[0]?.split('\n').map((line) => line.split(/ {2,}/).slice(0, 3))).toEqual([
    ['layer', 'from', 'to'],
    ['bn1', 'batch', 'group'],
    ['bn2', 'batch', 'left'],
  ]);
});

test('the new model is not compiled, and says so where the old one was; frozen weights stay frozen', async () => {
  const model = tf.sequential({
    layers: [L.dense({ units: 3, inputShape: [4] }), L.batchNormalization({ name: 'bn' })],
  });
  (model.layers[0] as Layer).trainable = false;
  model.setUserDefinedMetadata({ labels: ['a'] });
  model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
  const { model: other, warnings } = await pack.convertNormalization(model, 'layer');
  expect(warnings).toEqual([expect.stringMatching(/^the old model is compiled, the new one is not/)]);
  expect(other).toBeInstanceOf(tf.Sequential);
  expect(other.name).toBe(model.name);
  expect(other.getUserDefinedMetadata()).toEqual({ labels: ['a'] });
  expect(other.trainableWeights.map(({ originalName }) => originalName)).toEqual(['bn/gamma', 'bn/beta']);
  expect(() => other.optimizer.getConfig()).toThrow();
});

test('what is frozen stays frozen: a nested model, a layer, a single weight', async () => {
  const inner = chain(SHAPE, conv(4, { name: 'a' }), L.batchNormalization({ name: 'b' }));
  const model = chain(
    SHAPE,
    inner,
    conv(4, { name: 'c' }),
    L.batchNormalization({ name: 'd', trainable: false }),
    conv(4, { name: 'e' }),
  );
  inner.trainable = false;
  (model.getLayer('e').weights[0] as { trainable: boolean }).trainable = false;
  const trained = (each: LayersModel) => each.trainableWeights.map(({ originalName }) => originalName);
  expect(trained(model)).toEqual(['c/kernel', 'c/bias', 'e/bias']);
  const { model: other } = await pack.convertNormalization(model, 'batch');
  expect(trained(other)).toEqual(trained(model));
  const norm = chain([4], L.dense({ units: 4 }), pack.batchNormalization({ name: 'bn' }));
  for (const weight of norm.getLayer('bn').weights) (weight as { trainable: boolean }).trainable = false;
  const { model: still } = await pack.convertNormalization(norm, 'layer');
  expect(trained(still)).toEqual(trained(norm));
  expect(other.getLayer('d').trainable).toBe(false);
});

test('channels first: the axis goes with the norm', async () => {
  const first = { dataFormat: 'channelsFirst' } as const;
  const model = chain([3, 5, 4], conv(8, first), pack.batchNormalization({ axis: 1, name: 'bn' }));
  spoil(model);
  const calibration = input([4, 3, 5, 4]);
  const { model: other } = await pack.convertNormalization(model, 'group:2', { calibration });
  expect(other.getLayer('bn').getConfig()).toMatchObject({ axis: 1, groups: 2 });
  const means = (each: LayersModel) => tf.mean(outputsOf(each, calibration)[0] as Tensor, [0, 2, 3]);
  expectSame(means(other), means(model), 1e-4);
});

test('spatial dimensions that vary are tried at one length; a model that refuses random input is converted all the same', async () => {
  const open = chain([null, null, 3], conv(8), L.batchNormalization({ name: 'bn' }));
  expect((await pack.convertNormalization(open, 'group')).deviation?.input).toBe('synthetic');
  expect((await pack.foldNormalization(open)).replaced[0]?.weights).toBe('folded');
  const picky = chain([4], L.embedding({ inputDim: 3, outputDim: 6 }), L.batchNormalization({ name: 'bn' }));
  const words = (await pack.convertNormalization(picky, 'layer')).deviation;
  expect(Number.isFinite(words?.max)).toBe(true);
});

test('a stateful model keeps its states, and is measured all the same', async () => {
  const lstm = L.lstm({
    units: 3,
    stateful: true,
    returnSequences: true,
    recurrentInitializer: 'glorotNormal',
    batchInputShape: [2, 4, 5],
  });
  const model = tf.sequential({ layers: [lstm, L.dense({ units: 3 }), L.batchNormalization({ name: 'bn' })] });
  spoil(model);
  const x = input([2, 4, 5]);
  tf.dispose(model.predict(x));
  const states = () => (lstm as unknown as { states_: Tensor[] }).states_.map((state) => String(state.dataSync()));
  const before = states();
  const tensors = tf.memory().numTensors;
  const { model: small, deviation } = await pack.foldNormalization(model);
  expect(deviation?.relative.max).toBeLessThan(1e-5);
  const { model: other } = await pack.convertNormalization(model, 'layer', { calibration: x });
  expect(states()).toEqual(before);
  for (const each of [model, small, other]) each.resetStates();
  expectSame(outputsOf(small, x)[0] as Tensor, outputsOf(model, x)[0] as Tensor);
  expect(other.weights.length).toBe(model.weights.length - 2);
  expect(tf.memory().numTensors).toBeGreaterThan(tensors);
});

describe("layers of the user's", () => {
  class Twice extends L.Layer {
    static className = 'Twice';
    constructor(private readonly args: { factor: number; name?: string }) {
      super(args as object);
    }
    override build(shape: number[]) {
      this.addWeight('bend', [shape.at(-1) as number], 'float32', tf.initializers.ones());
      this.built = true;
    }
    override call(x: Tensor | Tensor[]) {
      const bend = this.weights[0]?.read() as Tensor;
      return tf.tidy(() => tf.mul(tf.mul(Array.isArray(x) ? (x[0] as Tensor) : x, this.args.factor), bend));
    }
    override getConfig() {
      return { ...super.getConfig(), factor: this.args.factor };
    }
  }
  class Lambda extends L.Layer {
    static className = 'Lambda';
    constructor(private readonly args: { f: (x: Tensor) => Tensor }) {
      super({});
    }
    override call(x: Tensor | Tensor[]) {
      return this.args.f(Array.isArray(x) ? (x[0] as Tensor) : x);
    }
    override getConfig() {
      return { ...super.getConfig(), f: this.args.f as never };
    }
  }
  class Silent extends Lambda {
    static override className = 'Silent';
    override getConfig() {
      return { ...super.getConfig(), f: undefined as never };
    }
  }
  class Forgetful extends Twice {
    static override className = 'Forgetful';
    override getConfig() {
      return { ...super.getConfig(), factor: 1 };
    }
  }
  const bn = () => L.batchNormalization({ name: 'bn' });

  test('one in the place of a norm: weights nobody knows start anew, and it says so', async () => {
    tf.serialization.registerClass(Twice);
    const { replaced, warnings } = await pack.convertNormalization(chain([3], bn()), () => new Twice({ factor: 2 }));
    expect(replaced).toMatchObject([{ path: 'bn', to: 'Twice', weights: 'reset' }]);
    expect(warnings).toEqual(['bn: bend start anew; give calibration, or train']);
  });

  test('those that are registered are made from their configuration, with their weights', async () => {
    tf.serialization.registerClass(Twice);
    const model = chain([3], new Twice({ factor: 3 }), bn());
    spoil(model);
    const x = input([2, 3]);
    const { model: other, deviation } = await pack.convertNormalization(model, 'batch');
    expect(deviation?.max).toBeLessThan(1e-6);
    expectSame(outputsOf(other, x)[0] as Tensor, outputsOf(model, x)[0] as Tensor, 1e-6);
    expect(other.layers[1]).not.toBe(model.layers[1]);
  });

  test.each<[string, () => Layer, boolean, RegExp]>([
    ['a class that is not registered', () => new Lambda({ f: (x) => x }), false, /registered class.*Lambda/],
    [
      'a function in the configuration',
      () => new Lambda({ f: (x) => x }),
      true,
      /cannot be made from its configuration.*f=/,
    ],
    ['no function in the configuration', () => new Silent({ f: (x) => x }), true, /must run as the layer does.*Silent/],
    [
      'a configuration that says too little',
      () => new Forgetful({ factor: 2 }),
      true,
      /must compute what the layer does.*Forgetful/,
    ],
  ])('%s is refused, with nothing left behind', async (_what, layer, isRegistered, message) => {
    const model = chain([3], L.dense({ units: 3 }), layer(), bn());
    if (isRegistered) tf.serialization.registerClass(model.layers[2]?.constructor as never);
    const before = tf.memory().numTensors;
    await expect(pack.convertNormalization(model, 'layer')).rejects.toThrow(message);
    await expect(pack.foldNormalization(model)).rejects.toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
    for (const name of ['Twice', 'Lambda', 'Forgetful', 'Silent'])
      delete tf.serialization.SerializationMap.getMap().classNameMap[name];
  });
});
