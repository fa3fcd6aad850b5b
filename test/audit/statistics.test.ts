import * as pack from '../../src/index.js';
import { onCpu, tf } from '../layers/setup.js';
import { convolutional } from './planted.js';
import { rulesOf } from './rulesOf.js';

onCpu();

const { layers } = tf;
type Layer = InstanceType<typeof layers.Layer>;
const normal = () => tf.initializers.randomNormal({ mean: 1, stddev: 0.02, seed: 3 });

/** Two norms around a convolution with a bias, of which the second is tested. */
const deep = (conv: object, norm: Layer) =>
  tf.sequential({
    layers: [
      layers.conv2d({ filters: 4, kernelSize: 3, useBias: false, inputShape: [8, 8, 3] }),
      norm,
      layers.reLU(),
      layers.conv2d({ filters: 4, kernelSize: 3, name: 'last', ...conv }),
    ],
  });

describe('statistics that were never updated', () => {
  test.each([
    ['γ from a normal distribution', {}, { gammaInitializer: normal() }],
    ['β from one', {}, { betaInitializer: normal() }],
    ['the bias of a focal loss', { biasInitializer: tf.initializers.constant({ value: -4.59 }) }, {}],
    ['γ of 0, as of a residual branch', {}, { gammaInitializer: 'zeros' }],
  ])('%s is no sign of learning', async (_, conv, norm) => {
    for (const make of [pack.batchNormalization, layers.batchNormalization]) {
      expect(await rulesOf(deep(conv, make({ name: 'norm', ...norm } as never)))).toEqual([]);
    }
  });

  test.each([
    ['a bias', 'last', 1, { biasInitializer: tf.initializers.constant({ value: -4.59 }) }, {}],
    ['γ', 'norm', 0, {}, {}],
    ['β', 'norm', 1, {}, { gammaInitializer: normal() }],
    ['γ that began at 0.5', 'norm', 0, {}, { gammaInitializer: tf.initializers.constant({ value: 0.5 }) }],
  ])('%s away from where it began is', async (_, name, weight, conv, norm) => {
    const model = deep(conv, pack.batchNormalization({ name: 'norm', ...norm } as never));
    const layer = model.getLayer(name);
    layer.setWeights(layer.getWeights().map((w, i) => (i === weight ? tf.add(w, 0.25) : w)));
    expect(await rulesOf(model)).toEqual(['statistics-never-updated@norm']);
  });

  test('a weight named like a property of every object is none', async () => {
    class Odd extends layers.Layer {
      static className = 'OddOne';
      override build() {
        this.addWeight('constructor', [2], 'float32', normal());
        this.built = true;
      }
      override call(x: never) {
        return tf.clone([x].flat()[0] as never);
      }
    }
    const model = convolutional([pack.batchNormalization({ name: 'norm' }), new Odd({})]);
    expect(await rulesOf(model)).toEqual([]);
  });

  test.each([true, false])('mean-only batch norm has a mean only: fault %s', async (fault) => {
    const model = convolutional([pack.meanOnlyBatchNormalization({ name: 'norm' })]);
    const norm = model.getLayer('norm');
    norm.setWeights(norm.getWeights().map((w, i) => (i === 0 || !fault ? tf.add(w, 0.5) : w)));
    expect(await rulesOf(model)).toEqual(fault ? ['statistics-never-updated@norm'] : []);
  });
});

describe('switchable norm without batch statistics is no batch norm', () => {
  const CASES: readonly (readonly [string, (norm: Layer) => ReturnType<typeof convolutional>, object, object])[] = [
    ['batch-under-4', (norm) => convolutional([norm]), { batchSize: 2 }, {}],
    ['gradient-penalty', (norm) => convolutional([norm]), { gradientPenalty: true }, {}],
    ['distribution-shift', (norm) => convolutional([norm]), { distributionShift: true }, {}],
    ['per-device', (norm) => convolutional([norm]), { devices: 4 }, {}],
    ['momentum-convention', (norm) => convolutional([norm]), {}, { momentum: 0.1 }],
    [
      'dropout-before-batch',
      (norm) =>
        tf.sequential({
          layers: [
            layers.dropout({ rate: 0.5, inputShape: [8, 8, 3] }),
            norm,
            layers.conv2d({ filters: 1, kernelSize: 1 }),
          ],
        }),
      {},
      {},
    ],
    [
      'no-batch-in-time',
      (norm) =>
        tf.sequential({
          layers: [
            layers.simpleRNN({ units: 4, returnSequences: true, recurrentInitializer: 'zeros', inputShape: [5, 3] }),
            norm,
            layers.dense({ units: 2 }),
          ],
        }),
      {},
      {},
    ],
  ];

  test.each(CASES)('%s', async (rule, make, facts, options) => {
    const made = (statistics: pack.SwitchableNormalizationArgs['statistics']) =>
      make(pack.switchableNormalization({ name: 'norm', statistics, ...options }));
    expect(await rulesOf(made(['instance', 'layer']), facts)).toEqual([]);
    expect(await rulesOf(made(['instance', 'layer', 'batch']), facts)).toEqual([`${rule}@norm`]);
  });

  test('synchronized, by its older name', async () => {
    const file = JSON.parse(
      tf
        .sequential({ layers: [pack.batchNormalization({ name: 'norm', inputShape: [8, 8, 4] }), layers.reLU()] })
        .toJSON() as unknown as string,
    );
    file.config.layers[0].class_name = 'SyncBatchNormalization';
    expect(await rulesOf(file)).toContain('synchronized@norm');
  });

  test('synchronized, and without instance statistics', async () => {
    const synchronized = (statistics: pack.SwitchableNormalizationArgs['statistics']) => {
      const model = convolutional([pack.switchableNormalization({ name: 'norm', statistics })]);
      const file = JSON.parse(model.toJSON() as unknown as string);
      model.dispose();
      file.config.layers[1].config.synchronized = true;
      return file;
    };
    expect(await rulesOf(synchronized(['instance', 'layer']))).toEqual([]);
    expect(await rulesOf(synchronized(['batch', 'layer']))).toEqual(['synchronized@norm']);
  });

  test('in the step of a recurrent layer', async () => {
    const stepping = (statistics: string[]) => {
      const layer = { class_name: 'SwitchableNormalization', config: { name: 'norm', statistics } };
      const cell = { class_name: 'NormedCell', config: { name: 'cell', units: 4, layer } };
      const rnn = { class_name: 'RNN', config: { name: 'rnn', cell, batch_input_shape: [null, 5, 3] } };
      return { class_name: 'Sequential', config: { layers: [rnn] } };
    };
    expect(await rulesOf(stepping(['instance', 'layer']))).toEqual([]);
    expect(await rulesOf(stepping(['layer', 'batch']))).toEqual(['norm-in-rnn-step@rnn/cell/norm']);
  });

  test('of a channel’s statistics only, the bias before it is taken away', async () => {
    const biased = (statistics: pack.SwitchableNormalizationArgs['statistics']) =>
      convolutional([pack.switchableNormalization({ name: 'norm', statistics })], { useBias: true });
    expect(await rulesOf(biased(['instance', 'batch']))).toEqual(['no-bias-before@conv']);
    expect(await rulesOf(biased(['instance', 'layer']))).toEqual(['beta-for-bias@conv']);
  });
});

describe('batch norm across time', () => {
  const sequence = (between: readonly Layer[], norm: Layer) =>
    tf.sequential({
      layers: [
        layers.lstm({
          units: 4,
          recurrentInitializer: 'zeros',
          returnSequences: true,
          inputShape: [5, 3],
          name: 'rnn',
        }),
        ...between,
        norm,
        layers.dense({ units: 2 }),
      ],
    });

  test.each([
    ['dropout', () => layers.dropout({ rate: 0 })],
    ['a linear activation', () => layers.activation({ activation: 'linear' })],
  ])('is found behind %s', async (_, between) => {
    expect(await rulesOf(sequence([between()], pack.batchNormalization({ name: 'norm' })))).toEqual([
      'no-batch-in-time@norm',
    ]);
    expect(await rulesOf(sequence([between()], pack.layerNormalization({ name: 'norm' })))).toEqual([]);
  });
});
