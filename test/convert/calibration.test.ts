import type { LayersModel, layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import * as pack from '../../src/index.js';
import { input, onCpu, tf } from '../layers/setup.js';
import { chain, type Tensor } from '../wrappers/setup.js';
import { moments, outputsOf, spoil } from './setup.js';

type Layer = layers.Layer;

onCpu();

const L = tf.layers;
const SHAPE = [6, 6, 3];
const conv = (more: object = {}) => L.conv2d({ filters: 4, kernelSize: 3, ...more });
const behindConv = (norm: Layer) => chain(SHAPE, conv(), norm);

/** Mean and deviation of each channel of the first output, in float64, over all batches together. */
const momentsOf = (model: LayersModel, batches: readonly Tensor[], channels = 4) =>
  moments(
    batches.flatMap((x) => Array.from((outputsOf(model, x)[0] as Tensor).dataSync())),
    channels,
  );

function expectMoments(model: LayersModel, old: LayersModel, batches: readonly Tensor[], channels = 4): void {
  const [found, expected] = [momentsOf(model, batches, channels), momentsOf(old, batches, channels)];
  found.forEach(([mean, deviation], c) => {
    const [m, d] = expected[c] as [number, number];
    expect(Math.abs(mean - m)).toBeLessThan(1e-3 * d);
    expect(Math.abs(deviation / d - 1)).toBeLessThan(1e-3);
  });
}

describe('batches count as they weigh', () => {
  test('a small last batch of another distribution', async () => {
    const model = behindConv(L.batchNormalization({ name: 'bn' }));
    spoil(model);
    const calibration = [input([32, ...SHAPE], 1, 0), input([1, ...SHAPE], 2, 8)];
    const { model: other } = await pack.convertNormalization(model, 'group:2', { calibration });
    expectMoments(other, model, calibration);
  });

  test('images of several sizes, and a shared norm that sees two of them', async () => {
    const open = chain([null, null, 3], conv(), L.batchNormalization({ name: 'bn' }));
    spoil(open);
    const calibration = [input([2, 9, 9, 3], 1, 0), input([2, 4, 3, 3], 2, 8)];
    const { model: other } = await pack.convertNormalization(open, 'group:2', { calibration });
    expectMoments(other, open, calibration);
    const [a, b] = [tf.input({ shape: [9, 9, 4] }), tf.input({ shape: [2, 2, 4] })];
    const norm = L.batchNormalization({ name: 'bn' });
    const shared = tf.model({ inputs: [a, b], outputs: [a, b].map((x) => norm.apply(x) as SymbolicTensor) });
    spoil(shared);
    const xs = [input([3, 9, 9, 4], 1, 0), input([3, 2, 2, 4], 2, 8)];
    const { model: made } = await pack.convertNormalization(shared, 'group:2', { calibration: [xs] });
    const both = (each: LayersModel) =>
      moments(
        outputsOf(each, xs).flatMap((y) => Array.from(y.dataSync())),
        4,
      );
    const expected = both(shared);
    both(made).forEach(([mean, deviation], c) => {
      expect(Math.abs(mean - (expected[c]?.[0] as number))).toBeLessThan(1e-3);
      expect(Math.abs(deviation / (expected[c]?.[1] as number) - 1)).toBeLessThan(1e-3);
    });
  });
});

describe('the same norm', () => {
  const x = () => input([16, ...SHAPE], 1);
  test.each<[string, () => Layer, pack.NormalizationPolicy]>([
    ['group, fewer groups', () => pack.groupNormalization({ groups: 4 }), 'group:1'],
    ['batch, another epsilon', () => L.batchNormalization({ epsilon: 0.1 }), 'batch:epsilon=10'],
    ['layer, other axes', () => pack.layerNormalization({ axis: -1 }), { norm: 'layer', axis: [1, 2, 3] }],
    [
      'switchable, other statistics',
      () => pack.switchableNormalization(),
      'switchable:statistics=["instance","batch"]',
    ],
    ['batch, as in training', () => pack.batchNormalization(), 'batch:training=true'],
  ])('%s: it computes something else, and is fitted', async (_what, norm, policy) => {
    const model = behindConv(norm());
    spoil(model);
    const calibration = x();
    const { model: other, replaced } = await pack.convertNormalization(model, policy, { calibration });
    expect(replaced).toMatchObject([{ weights: 'calibrated' }]);
    const isPerPlace = typeof policy === 'object';
    if (isPerPlace) return; // γ at every place: its moments are of each place
    expectMoments(other, model, [calibration]);
  });

  test.each<[string, () => Layer, pack.NormalizationPolicy]>([
    ['stock as ours', () => L.batchNormalization({ epsilon: 0.1 }), 'batch'],
    ['one channel a group, by its number', () => pack.groupNormalization({ groups: 4 }), 'group:-1'],
    ['another momentum', () => pack.batchNormalization({ momentum: 0.5 }), 'batch:momentum=0.9'],
    ['the last axis by its number', () => pack.groupNormalization({ groups: 2, axis: 3 }), 'group:groups=2,axis=-1'],
    ['a factor written otherwise', () => pack.rmsNormalization({ offset: 1 }), 'rms:offset=0'],
    ['a factor where there was none', () => pack.layerNormalization({ scale: false }), 'layer:scale=true'],
    ['no training', () => pack.batchNormalization(), 'batch:training=false'],
  ])('%s: it computes the same, and is kept', async (_what, norm, policy) => {
    const model = behindConv(norm());
    spoil(model);
    const { replaced, deviation } = await pack.convertNormalization(model, policy, { calibration: x() });
    expect(replaced).toMatchObject([{ weights: 'kept' }]);
    expect(deviation?.relative.max).toBeLessThan(1e-5);
  });
});

test('two norms of one path are fitted each to its own, and told apart in the report', async () => {
  const inner = chain([4], L.dense({ units: 4 }), L.batchNormalization({ name: 'bn' }));
  (inner as { name: string }).name = 'enc';
  const outer = L.batchNormalization({ name: 'enc/bn' });
  const model = chain([4], inner, L.dense({ units: 4 }), outer);
  spoil(model);
  const calibration = input([64, 4], 1);
  const policy: pack.NormalizationPolicy = (layer) => (layer === outer ? 'batch' : 'rms');
  const { replaced } = await pack.convertNormalization(model, policy, { calibration });
  expect(replaced.map(({ path, to, weights }) => [path, to, weights])).toEqual([
    ['enc/bn', 'rms', 'calibrated'],
    ['enc/bn', 'batch', 'kept'],
  ]);
  const { model: other } = await pack.convertNormalization(model, () => 'meanOnlyBatch', { calibration });
  const meansIn = (each: LayersModel) => momentsOf(each.layers[1] as LayersModel, [calibration]).map(([mean]) => mean);
  const expected = meansIn(model);
  meansIn(other).forEach((mean, c) => {
    expect(Math.abs(mean - (expected[c] as number))).toBeLessThan(1e-4);
  });
});

describe('what calibration cannot do is said', () => {
  const plain = { scale: false, center: false, name: 'bn' };

  test('neither γ nor β', async () => {
    const model = behindConv(L.batchNormalization(plain));
    spoil(model);
    const calibration = input([8, ...SHAPE], 1);
    const warning = 'bn: it has neither γ nor β, so its outputs keep moments of their own';
    const kept = await pack.convertNormalization(model, 'instance', { calibration });
    expect(kept.replaced).toMatchObject([{ weights: 'kept' }]);
    expect(kept.warnings).toEqual([warning]);
    const group = behindConv(pack.groupNormalization({ ...plain, groups: 2 }));
    const statistics = await pack.convertNormalization(group, 'batch', { calibration });
    expect(statistics.replaced).toMatchObject([{ weights: 'calibrated' }]);
    expect(statistics.warnings).toEqual([warning]);
  });

  test('values that are not finite, at some channels and at all', async () => {
    const model = chain([4], L.dense({ units: 4, name: 'd' }), L.batchNormalization({ name: 'bn' }), L.reLU());
    spoil(model);
    const [kernel, bias] = (model.getLayer('d').weights as unknown as { val: InstanceType<typeof tf.Variable> }[]).map(
      ({ val }) => val,
    );
    bias?.assign(tf.tensor1d([0, 0, Number.NaN, 0]));
    const calibration = input([8, 4], 1);
    const some = await pack.convertNormalization(model, 'meanOnlyBatch', { calibration });
    expect(some.replaced).toMatchObject([{ weights: 'calibrated' }]);
    expect(some.warnings[0]).toBe('bn: 1 of 4 γ and β are not fitted, the values there are not finite');
    const finite = (made: LayersModel) =>
      made.getLayer('bn').weights.every((each) => Array.from(each.read().dataSync()).every(Number.isFinite));
    expect(finite(some.model)).toBe(true);
    kernel?.assign(tf.fill([4, 4], Number.NaN));
    const none = await pack.convertNormalization(model, 'layer', { calibration });
    expect(none.replaced).toMatchObject([{ weights: 'kept' }]);
    expect(none.warnings[0]).toMatch(/^bn: 4 of 4 γ and β are not fitted/);
    expect(finite(none.model)).toBe(true);
  });
});
