import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { model as functional, input, layers, type Sequential, sequential } from '@tensorflow/tfjs-layers';
import {
  type AutoOverrides,
  autoNormalization,
  BatchNormalization,
  type Facts,
  NormalizationError,
  recommendNormalization,
} from '../../src/index.js';

beforeAll(() => tf.setBackend('cpu'));

const CNN: Facts = { architecture: 'cnn', batchSize: 2 };
const names = (model: { layers: { getClassName(): string }[] }) => model.layers.map((layer) => layer.getClassName());

function convolution(facts: Facts, overrides?: AutoOverrides): Sequential {
  const model = sequential();
  model.add(layers.conv2d({ filters: 48, kernelSize: 3, useBias: false, inputShape: [8, 8, 3] }));
  model.add(autoNormalization(facts, overrides));
  return model;
}

describe('in a model', () => {
  test('model.add: the plain layer, groups found for the channels', () => {
    const model = convolution(CNN);
    expect(names(model)).toEqual(['Conv2D', 'GroupNormalization']);
    expect(model.layers[1]?.getConfig()).toMatchObject({ groups: 24, epsilon: 1e-5, axis: -1 });
    const y = model.predict(tf.randomNormal([2, 8, 8, 3])) as tf.Tensor;
    expect(y.shape).toEqual([2, 6, 6, 48]);
  });

  test('a functional model', () => {
    const x = input({ shape: [10, 16] });
    const y = autoNormalization({ architecture: 'transformer' }).apply(x);
    expect(names(functional({ inputs: x, outputs: y as never }))).toEqual(['InputLayer', 'RMSNormalization']);
  });

  test('a saved file holds the chosen layer and nothing of the facts', async () => {
    const model = convolution(CNN);
    let topology = '';
    await model.save(
      tf.io.withSaveHandler(async (artifacts) => {
        topology = JSON.stringify(artifacts.modelTopology);
        return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
      }),
    );
    expect(topology).toContain('"class_name":"GroupNormalization"');
    expect(topology).toContain('"groups":24');
    expect(topology).not.toMatch(/auto|architecture|batch_?size|facts/i);
  });

  test('the norm is that of the facts, whatever the shape', () => {
    const facts: Facts = { architecture: 'cnn', batchSize: 32 };
    expect(names(convolution(facts))).toEqual(['Conv2D', 'BatchNormalization']);
    expect(names(convolution({ architecture: 'cnn', task: 'styleTransfer' }))).toEqual([
      'Conv2D',
      'InstanceNormalization',
    ]);
    expect(names(convolution({ architecture: 'cnn', position: 'beforeOutput' }))).toEqual(['Conv2D', 'Activation']);
    const model = convolution({ architecture: 'cnn', pretrained: 'batch', batchSize: 2 });
    expect(model.layers[1]).toBeInstanceOf(BatchNormalization);
    expect(model.layers[1]?.trainable).toBe(false);
  });

  test('channels that were said do not bind groups to them', () => {
    expect(convolution({ ...CNN, channels: 64 }).layers[1]?.getConfig()).toMatchObject({ groups: 24 });
  });
});

describe('overrides', () => {
  test('are options, a name, another norm', () => {
    expect(convolution(CNN, { groups: 8, name: 'gn' }).layers[1]?.getConfig()).toMatchObject({ groups: 8, name: 'gn' });
    const model = convolution(CNN, { norm: 'switchable', momentum: 0.95 });
    expect(names(model)).toEqual(['Conv2D', 'SwitchableNormalization']);
    expect(model.layers[1]?.getConfig()).toMatchObject({ momentum: 0.95, epsilon: 1e-5 });
    expect(autoNormalization(CNN, { axis: 1, inputShape: [12, 4, 4] }).getConfig()).toMatchObject({ axis: 1 });
    const first = sequential({ layers: [autoNormalization(CNN, { axis: 1, inputShape: [12, 4, 4] })] });
    expect(first.layers[0]?.getConfig()).toMatchObject({ groups: 6 });
  });

  test('a norm can bring its options', () => {
    expect(convolution(CNN, { norm: 'group:16' }).layers[1]?.getConfig()).toMatchObject({ groups: 16, epsilon: 1e-5 });
    expect(convolution(CNN, { norm: 'gn:epsilon=0.1' }).layers[1]?.getConfig()).toMatchObject({
      groups: 24,
      epsilon: 0.1,
    });
  });

  test('weight norm needs its layer', () => {
    const facts: Facts = { architecture: 'cnn', task: 'audioGeneration' };
    const advice = /weight normalization wraps a layer.*\{ layer: tf\.layers\.dense.*or \{ norm: 'layer' \}/;
    expect(() => autoNormalization(facts)).toThrow(advice);
    const layer = layers.dense({ units: 2 });
    expect(autoNormalization(facts, { layer }).getClassName()).toBe('WeightNormalization');
    expect(autoNormalization(facts, { norm: 'layer' }).getClassName()).toBe('LayerNormalization');
  });

  test.each([
    [{ architecture: 'cn' }, {}, /Did you mean `cnn`/],
    [CNN, { grups: 4 }, /Did you mean groups/],
    [CNN, { norm: 'spectral' }, /unknown normalization/],
    [CNN, { groups: 5 }, /groups must divide channels/],
    [CNN, { layer: null }, /unknown option/],
    [CNN, { norm: 5 }, /overrides must be an object, its norm a name\. Received norm=5/],
    [CNN, 'group', /overrides must be an object/],
    [CNN, null, /overrides must be an object/],
  ])('%j %j is refused', (facts, overrides, message) => {
    expect(() => convolution(facts as Facts, overrides as never)).toThrow(NormalizationError);
    expect(() => convolution(facts as Facts, overrides as never)).toThrow(message);
  });
});

describe('a shape that the norm says nothing about', () => {
  const build = (facts: Facts, shape: (number | null)[], overrides: AutoOverrides = {}) => {
    const layer = autoNormalization(facts, overrides);
    layer.build(shape);
    return layer;
  };
  const STYLE: Facts = { architecture: 'cnn', task: 'styleTransfer' };

  test.each<[string, Facts, (number | null)[], AutoOverrides, RegExp]>([
    [
      'instance at 1 × 1',
      STYLE,
      [null, 1, 1, 8],
      {},
      /a statistic must be of more than one value\. Received norm="instance", shape=\[null, 1, 1, 8\]\. Use autoNormalization\(facts, \{ norm: 'group' \}\)/,
    ],
    ['instance without space', STYLE, [null, 8], {}, /norm: 'group'/],
    ['instance, channels first', STYLE, [null, 8, 1, 1], { axis: 1 }, /norm: 'group'/],
    ['batch-instance at 1 × 1', { architecture: 'cnn', style: 'learn' }, [null, 1, 1, 8], {}, /norm: 'group'/],
    ['a group of one', CNN, [null, 8], { groups: 8 }, /norm="group"|a group must hold more than one value/],
    ['groups of one at 1 × 1', CNN, [null, 1, 1, 8], { groups: 8 }, /norm: 'layer'/],
    ['groups of one, −1', CNN, [null, 1, 1, 8], { groups: -1 }, /norm: 'layer'/],
    ['one value only', CNN, [null, 1, 1, 1], {}, /there is one value only/],
    ['layer over one channel', { architecture: 'rnn' }, [null, 10, 1], {}, /norm="layer".*Use/],
    ['rms over one channel', { architecture: 'transformer' }, [null, 10, 1], {}, /norm="rms".*Use/],
    [
      'a batch of one, without space',
      { architecture: 'feedForward', batchSize: 64 },
      [1, 8],
      {},
      /norm="batch".*norm: 'layer'/,
    ],
  ])('%s throws at build, with another', (_, facts, shape, overrides, message) => {
    const { numTensors } = tf.memory();
    expect(() => build(facts, shape, overrides)).toThrow(NormalizationError);
    expect(() => build(facts, shape, overrides)).toThrow(message);
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  test('every alternative can be taken on a usual shape', () => {
    const shapes = { cnn: [null, 8, 8, 64], feedForward: [null, 64], rnn: [null, 10, 64], transformer: [null, 10, 64] };
    for (const [architecture, shape] of Object.entries(shapes)) {
      for (const batchSize of [undefined, 1, 2, 8, 12, 64]) {
        const facts = { architecture, ...(batchSize ? { batchSize } : {}) } as Facts;
        for (const { norm } of recommendNormalization(facts).alternatives) {
          if (norm !== 'weight') expect(build(facts, shape, { norm }).built).toBe(true);
        }
      }
    }
  });

  test('a frozen norm takes no statistics of a batch', () => {
    const facts: Facts = { architecture: 'feedForward', pretrained: 'batch', batchSize: 1 };
    expect(build(facts, [1, 8]).trainable).toBe(false);
    expect(build({ architecture: 'feedForward', batchSize: 64 }, [1, 8], { training: false }).built).toBe(true);
  });

  test('what can be normalized is', () => {
    expect(build(STYLE, [null, 1, 2, 8]).built).toBe(true);
    expect(build(STYLE, [null, null, null, 8]).built).toBe(true);
    expect(build(STYLE, [null, 1, 1, 8], { norm: 'group' }).built).toBe(true);
    expect(build(CNN, [null, 8]).getConfig()).toMatchObject({ groups: 4 });
    expect(build({ architecture: 'feedForward', batchSize: 64 }, [null, 8]).built).toBe(true);
    expect(build({ architecture: 'transformer' }, [null, 4, 1, 6], { axis: [1, 3] }).built).toBe(true);
  });
});
