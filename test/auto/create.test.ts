import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import {
  createNormalization,
  groupNormalization,
  NormalizationError,
  recommendNormalization,
} from '../../src/index.js';
import { CLASSES } from '../../src/layers/classes.js';
import { NORMS, type NormId } from '../../src/norms.js';

beforeAll(() => tf.setBackend('cpu'));

type Wide = Readonly<Record<string, unknown>> & { norm: string };
const create = (spec: unknown) => createNormalization(spec as Wide);
const needs = (id: NormId) => (id === 'weight' ? { layer: layers.dense({ units: 2 }) } : {});

/** Spellings that are in use: ours, Keras's, Addons's, PyTorch's, timm's, mmcv's. */
const SPELLINGS: Readonly<Record<NormId, readonly string[]>> = {
  batch: [
    'batch',
    'BN',
    'bn',
    'BatchNorm',
    'batch_norm',
    'BatchNorm2d',
    'batchnorm1d',
    'nn.BatchNorm3d',
    'batch-normalization',
  ],
  layer: ['layer', 'LN', 'LayerNorm', 'layer_norm', 'torch.nn.LayerNorm', 'Layer Normalization', 'layernorm'],
  instance: ['instance', 'IN', 'InstanceNorm2d', 'instance_norm', 'Addons>InstanceNormalization'],
  group: [
    'group',
    'GN',
    'gn',
    'GroupNorm',
    'group_norm',
    'groupNormalization',
    'group normalisation',
    'tf.layers.groupNormalization',
  ],
  rms: ['rms', 'RMS', 'RMSNorm', 'rms_norm', 'rmsnorm', 'RMSNormalization'],
  weight: ['weight', 'WN', 'weight_norm', 'WeightNormalization', 'Addons>WeightNormalization'],
  batchInstance: ['batchInstance', 'batch_instance', 'BIN', 'batch-instance-norm', 'BatchInstanceNorm'],
  switchable: ['switchable', 'SN', 'switchNorm', 'switch', 'SwitchableNorm2d', 'Switchable_Norm'],
  meanOnlyBatch: ['meanOnlyBatch', 'mean_only_batch_norm', 'MeanOnlyBatchNormalization', 'mean-only batch'],
};

describe('a name', () => {
  test.each(Object.entries(SPELLINGS).flatMap(([id, names]) => names.map((name) => [name, id as NormId] as const)))(
    '%s means %s',
    (name, id) => {
      expect(createNormalization({ norm: name, ...needs(id) })).toBeInstanceOf(CLASSES[id]);
    },
  );

  test('every name of the table means its row', () => {
    for (const { id, className, stockClassName, aliases, shortNames } of NORMS) {
      for (const name of [id, className, stockClassName ?? id, ...aliases, ...shortNames]) {
        expect(createNormalization({ norm: name, ...needs(id) })).toBeInstanceOf(CLASSES[id]);
      }
    }
  });

  test.each([
    ['grup', /unknown normalization\. Received name="grup"\. Did you mean `group`\? Use one of batch, layer, .*none\./],
    ['spectral', /unknown normalization\. Received name="spectral"\. Use one of/],
    ['', /unknown normalization/],
    ['norm', /unknown normalization/],
    ['normalization', /unknown normalization/],
    ['constructor', /unknown normalization/],
    ['__proto__', /unknown normalization/],
    ['group:7.5', /groups must be a positive integer/],
    ['group:', /must be options of group/],
    ['group:size=4', /unknown option\. Received option="size"/],
    ['layer:5', /what follows the colon must be options of layer.*Write layer, or layer:option=value/],
    ['weight', /layer/],
    ['group:16,8', /an option must be given once/],
    ['group:null', /groups must be a positive integer/],
  ])('%j is refused', (name, message) => {
    expect(() => createNormalization(name)).toThrow(NormalizationError);
    expect(() => createNormalization(name)).toThrow(message);
  });
});

describe('options', () => {
  test.each([
    ['group:16', { groups: 16 }],
    ['gn:auto', { groups: 'auto' }],
    ['GroupNorm:-1', { groups: -1 }],
    ['group:groups=4,epsilon=1e-5', { groups: 4, epsilon: 1e-5 }],
    ['group: 8 , axis=1', { groups: 8, axis: 1 }],
    ['rms:epsilon=1e-5,offset=1', { epsilon: 1e-5, offset: 1 }],
    ['layer:axis=[1,2],epsilon=1e-5', { axis: [1, 2], epsilon: 1e-5 }],
    ['bn:momentum=0.9,scale=false', { momentum: 0.9, scale: false }],
    [
      { norm: 'group', groups: 4, name: 'gn' },
      { groups: 4, name: 'gn' },
    ],
    [{ type: 'GN', groups: 4 }, { groups: 4 }],
    [
      { norm: 'group:4', epsilon: 1e-5 },
      { groups: 4, epsilon: 1e-5 },
    ],
    [{ norm: 'group', config: { groups: 4 } }, { groups: 4 }],
    [
      { className: 'GroupNormalization', config: { groups: 4, epsilon: 1e-4 } },
      { groups: 4, epsilon: 1e-4 },
    ],
  ])('%j', (spec, expected) => expect(create(spec).getConfig()).toMatchObject(expected));

  test('a saved configuration and a recommendation are specs', () => {
    const saved = groupNormalization({ groups: 4, gammaInitializer: 'zeros' });
    const config = saved.getConfig();
    expect(create({ className: saved.getClassName(), config }).getConfig()).toEqual(config);
    const { norm, config: options } = recommendNormalization({ architecture: 'cnn', batchSize: 2, channels: 48 });
    const whole = recommendNormalization({ architecture: 'cnn', batchSize: 2, channels: 48 });
    expect(create(whole).getConfig()).toMatchObject({ groups: 24, epsilon: 1e-5 });
    expect(createNormalization({ norm, config: options }).getConfig()).toMatchObject({ groups: 24, epsilon: 1e-5 });
  });

  test('the caller’s object stays as it was', () => {
    const spec = Object.freeze({
      norm: 'switchable',
      config: Object.freeze({ statistics: Object.freeze(['layer', 'batch']) }),
    });
    expect(create(spec).getConfig()).toMatchObject({ statistics: ['layer', 'batch'] });
  });
});

describe('a layer or what makes one', () => {
  test('is returned, called, or made', () => {
    const layer = groupNormalization({ groups: 2 });
    expect(createNormalization(layer)).toBe(layer);
    const stock = layers.layerNormalization();
    expect(createNormalization(stock)).toBe(stock);
    expect(createNormalization(() => layer)).toBe(layer);
    expect(create(CLASSES.group)).toBeInstanceOf(CLASSES.group);
    expect(create(groupNormalization)).toBeInstanceOf(CLASSES.group);
  });

  test('none is the identity, and loads anywhere', () => {
    const layer = create({ norm: 'none', name: 'nothing', inputShape: [3] });
    expect([layer.getClassName(), layer.name]).toEqual(['Activation', 'nothing']);
    const model = sequential({ layers: [layer] });
    const y = model.predict(tf.tensor2d([[1, -2, 3]])) as tf.Tensor;
    expect(Array.from(y.dataSync())).toEqual([1, -2, 3]);
  });

  test.each([
    [null, /a norm is named by a string, an object, a layer or a function/],
    [undefined, /a norm is named by/],
    [16, /a norm is named by/],
    [['group'], /a norm is named by/],
    [{}, /a spec object must name its norm once/],
    [{ groups: 4 }, /a spec object must name its norm once, as a string\. Received keys=\["groups"\]/],
    [{ norm: 'group', type: 'bn' }, /once/],
    [{ norm: 4 }, /as a string/],
    [{ norm: 'group', config: 4 }, /config must be an object/],
    [{ norm: 'group', grups: 4 }, /unknown option.*Did you mean groups/],
    [() => 'group', /a factory must return a layer/],
    [class {}, /a factory must return a layer/],
    [{ norm: 'none', rubbish: 4 }, /unknown option\. Received option="rubbish"/],
  ])('%j is refused', (spec, message) => {
    const { numTensors } = tf.memory();
    expect(() => create(spec)).toThrow(NormalizationError);
    expect(() => create(spec)).toThrow(message);
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});
