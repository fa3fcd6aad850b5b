import '@tensorflow/tfjs-backend-cpu';
import type { layers } from '@tensorflow/tfjs-layers';
import { useBackend } from '../../models/digits/backend.js';
import { NORMS, normalizationCost, recommendNormalization } from '../../src/guide/index.js';
import { BACKENDS } from '../../src/guide/programs.js';
import { switchableNormalization } from '../../src/index.js';
import { CLASSES } from '../../src/layers/classes.js';
import { normRow } from '../../src/norms.js';
import { countPrograms } from './programs.js';

type Layer = layers.Layer;
const SHAPE = [2, 3, 5, 8] as const;
const ACTIVATIONS = NORMS.filter((row) => row.of === 'activations');

function build(id: keyof typeof CLASSES): Layer {
  const options = normRow(id).mainOption ? { [normRow(id).mainOption as string]: 4 } : {};
  const layer = new (CLASSES[id] as unknown as new (o: object) => Layer)(options);
  layer.build([...SHAPE]);
  return layer;
}

const EACH = NORMS.flatMap((row) => (['training', 'inference'] as const).map((phase) => [row.id, phase] as const));

describe.each(['cpu', 'wasm'] as const)('programs on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  test.each(EACH)('%s in %s are as many as said', async (id, phase) => {
    const counted = await countPrograms(normRow(id), phase);
    expect(normalizationCost(id, SHAPE).dispatches[backend][phase]).toBe(counted);
  });
});

describe('figures', () => {
  test.each(ACTIVATIONS.map(({ id }) => id))('%s has the weights that are said', (id) => {
    const layer = build(id);
    const count = (weights: Layer['weights']) => weights.reduce((all, { shape }) => all + (shape[0] as number), 0);
    const { parameters, movingStatistics } = normalizationCost(id, SHAPE);
    // A mixture has as many weights for means as for variances, and one a statistic.
    expect([parameters, movingStatistics]).toEqual([count(layer.trainableWeights), count(layer.nonTrainableWeights)]);
  });

  test.each([
    ['batch', 2 * 8, 4, 2, true, true, true],
    ['layer', 2 * 30, 4, 4, false, false, false],
    ['instance', 2 * 16, 4, 4, false, false, false],
    ['group', 2 * 8, 4, 4, false, false, false],
    ['rms', 30, 2, 2, false, false, false],
    ['batchInstance', 2 * (16 + 8), 4, 4, true, true, false],
    ['switchable', 2 * (16 + 2 + 8), 4, 4, true, true, false],
    ['meanOnlyBatch', 8, 2, 1, true, true, true],
    ['weight', 8, 2, 2, false, false, true],
  ] as const)('of %s', (id, statistics, training, inference, dependsOnBatch, differsInInference, folds) => {
    const cost = normalizationCost(id, SHAPE, { groups: 4 });
    expect(cost).toMatchObject({ statistics, dependsOnBatch, differsInInference, folds });
    expect(cost.multiplyAddsPerValue).toEqual({ training, inference });
    const values = id === 'weight' ? null : 240;
    const totals = values === null ? [null, null] : [values * training, values * inference];
    expect([cost.multiplyAdds.training, cost.multiplyAdds.inference]).toEqual(totals);
    expect(Object.keys(cost.dispatches)).toEqual([...BACKENDS]);
  });

  test('follow the options of the layer', () => {
    const two = normalizationCost('switchable', [4, 8], { statistics: ['layer', 'batch'] });
    const layer = switchableNormalization({ statistics: ['layer', 'batch'] });
    layer.build([4, 8]);
    expect(two.parameters).toBe(layer.trainableWeights.reduce((all, { shape }) => all + (shape[0] as number), 0));
    expect(two.statistics).toBe(2 * 4 + 2 * 8);
    const still = normalizationCost('batch', SHAPE, { trainable: false });
    expect(still).toMatchObject({ dependsOnBatch: false, differsInInference: false, statistics: 0 });
    expect(still.multiplyAddsPerValue).toEqual({ training: 2, inference: 2 });
    const { cost } = recommendNormalization({ architecture: 'cnn', pretrained: 'batch', batchSize: 2 });
    expect(cost).toMatchObject({ dependsOnBatch: false, differsInInference: false });
  });

  test('stay open where the shape does', () => {
    const open = normalizationCost('group', [null, null, null, 64]);
    expect([open.multiplyAdds.training, open.statistics, open.parameters]).toEqual([null, null, 128]);
    expect(normalizationCost('batch', [null, 7, 7, 64]).statistics).toBe(null);
    expect(normalizationCost('rms', [4, null]).parameters).toBe(null);
  });

  test('refuse a shape that is none', () => {
    for (const shape of [
      [],
      [2],
      [2, 0],
      [2, 1.5],
      Object.assign([], { 0: 2, 2: 3, length: 3 }),
      'abc',
      [1, 2, 3, 4, 5, 6, 7],
    ]) {
      expect(() => normalizationCost('layer', shape as never)).toThrow(/a shape must have 2 to 6 whole numbers/);
    }
    expect(() => normalizationCost('instance', [2, 3])).toThrow(/3 to 6/);
    expect(() => normalizationCost('group', [2, 3], { groups: 2 })).toThrow(/groups must divide channels/);
    expect(() => normalizationCost('goup' as never, [2, 3])).toThrow(/unknown normalization.*Did you mean `group`/);
  });

  test('come with a recommendation, and none with none', () => {
    const { cost } = recommendNormalization({ architecture: 'feedForward', batchSize: 4, channels: 128 });
    expect(cost).toMatchObject({ multiplyAdds: { training: 2048 }, statistics: 8, parameters: 256 });
    expect(cost?.notes.map(({ id }) => id)).toEqual(['rms-claim', 'rms-measured']);
    expect(recommendNormalization({ architecture: 'cnn', position: 'beforeOutput' }).cost).toBe(null);
  });
});
