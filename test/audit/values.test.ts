import * as pack from '../../src/index.js';
import { onCpu, tf } from '../layers/setup.js';
import { rulesOf } from './rulesOf.js';

onCpu();

const { layers } = tf;
const noise = (shape: number[], mean = 0, std = 1) => tf.randomNormal(shape, mean, std, 'float32', 5);

describe('statistics far from a batch’s', () => {
  const options = (mean: number) => ({
    name: 'norm',
    movingMeanInitializer: tf.initializers.constant({ value: mean }),
    inputShape: [6],
  });
  const made = (mean: number) =>
    tf.sequential({ layers: [pack.meanOnlyBatchNormalization(options(mean)), layers.dense({ units: 1 })] });

  test.each([
    [100, true],
    [4, true],
    [2, false],
    [0, false],
  ])('mean-only batch norm, means %d deviations apart: fault %s', async (mean, fault) => {
    const batch = noise([64, 6], 0, 3);
    expect(await rulesOf(made(3 * mean), {}, { batch })).toEqual(fault ? ['statistics-stale@norm'] : []);
    const moved = noise([64, 6], 3 * mean, 3);
    expect(await rulesOf(made(3 * mean), {}, { batch: moved })).toEqual([]);
    tf.dispose([batch, moved]);
  });

  test('a constant channel has no deviation to compare with', async () => {
    const batch = tf.ones([16, 6]);
    expect(await rulesOf(made(0.999), {}, { batch })).toEqual(['constant-channel@norm']);
    batch.dispose();
  });
});

describe('epsilon over a batch without moving statistics', () => {
  const chain = (norm: InstanceType<typeof layers.Layer>) =>
    tf.sequential({ layers: [norm, layers.reLU(), layers.flatten(), layers.dense({ units: 1 })] });
  const inputShape = [6, 6, 4];

  test.each([
    ['group', () => pack.groupNormalization({ groups: 2, inputShape, name: 'norm' })],
    ['layer', () => pack.layerNormalization({ inputShape, name: 'norm' })],
    ['instance', () => pack.instanceNormalization({ inputShape, name: 'norm' })],
    ['rms', () => pack.rmsNormalization({ epsilon: 1e-3, inputShape, name: 'norm' })],
  ])('%s', async (_, norm) => {
    for (const scale of [1e-4, 0.008, 0.012, 1]) {
      const batch = noise([4, ...inputShape], 0, scale);
      const faults = scale * scale < 1e-4 ? ['epsilon-over-batch@norm'] : [];
      expect(await rulesOf(chain(norm()), {}, { batch })).toEqual(faults);
      batch.dispose();
    }
  });

  test('channels that are far from one another are a spread for norms over them', async () => {
    const offsets = tf.tensor1d([-1, 1, -1, 1]);
    const batch = tf.add(noise([4, ...inputShape], 0, 1e-3), offsets);
    const rules = (norm: InstanceType<typeof layers.Layer>) => rulesOf(chain(norm), {}, { batch });
    expect(await rules(pack.layerNormalization({ inputShape, name: 'norm' }))).toEqual([]);
    expect(await rules(pack.instanceNormalization({ inputShape, name: 'norm' }))).toEqual(['epsilon-over-batch@norm']);
    expect(await rules(pack.rmsNormalization({ epsilon: 1e-3, inputShape, name: 'norm' }))).toEqual([]);
    tf.dispose([batch, offsets]);
  });
});

describe('g of weight normalization', () => {
  const made = (options: object = {}) =>
    tf.sequential({
      layers: [
        pack.weightNormalization({
          layer: layers.dense({ units: 4, inputShape: [3], ...options }) as never,
          name: 'norm',
          inputShape: [3],
        }),
        layers.reLU(),
        layers.dense({ units: 1 }),
      ],
    });

  test.each([
    [[1, 0, 2, 3], ['dead-gamma@norm']],
    [[1, -1, 2, 3], []],
    [[0, 0, 0, 0], ['dead-gamma@norm']],
  ])('%j', async (g, wanted) => {
    const model = made();
    const values = tf.tensor1d(g);
    const norm = model.getLayer('norm');
    norm.weights.find(({ originalName }) => /(^|\/)g$/.test(originalName))?.write(values);
    values.dispose();
    expect(await rulesOf(model)).toEqual(wanted);
  });

  test('that begins at 0, as the kernel does, is how a branch begins', async () => {
    expect(await rulesOf(made({ kernelInitializer: 'zeros' }))).toEqual([]);
  });
});
