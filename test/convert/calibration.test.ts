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
const before = (norm: Layer) => chain(SHAPE, conv(), norm);

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
    const model = before(L.batchNormalization({ name: 'bn' }));
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
