import { critic, detector, generator, lenet, lstm, resnet, transformer, unet, vit } from '../../models/shapes/index.js';
import { option } from '../../src/audit/part.js';
import { auditModel, describeModel, type Facts, recommendNormalization } from '../../src/index.js';
import { onCpu, tf } from '../layers/setup.js';
import { convolutional } from './planted.js';

onCpu();

const shapes = { critic, detector, generator, lenet, lstm, resnet, transformer, unet, vit };

type Name = keyof typeof shapes;
type Expected = Partial<Facts> & Pick<Facts, 'architecture'>;

/** What each network is, but for the norm; and norms that stand well in it. */
const NETWORKS: Readonly<Record<Name, readonly [Expected, readonly string[]]>> = {
  lenet: [{ architecture: 'cnn', rank: 4 }, ['batch', 'layer', 'group:2', 'rms', 'switchable']],
  resnet: [{ architecture: 'cnn', rank: 4 }, ['batch', 'layer', 'group:4', 'rms', 'instance']],
  unet: [{ architecture: 'cnn', rank: 4 }, ['batch', 'layer', 'group:4', 'instance']],
  detector: [{ architecture: 'cnn', rank: 4, channels: 16 }, ['batch', 'group:8', 'layer']],
  lstm: [{ architecture: 'rnn', rank: 3, channels: 16 }, ['layer', 'rms', 'group:4']],
  transformer: [{ architecture: 'transformer', rank: 3, channels: 16 }, ['layer', 'rms']],
  vit: [{ architecture: 'visionTransformer', rank: 3, channels: 16 }, ['layer', 'rms']],
  generator: [{ architecture: 'cnn', rank: 4 }, ['batch', 'instance', 'layer']],
  critic: [{ architecture: 'cnn', rank: 4, channels: 16 }, ['layer', 'instance', 'group:4']],
};

const EACH = (Object.keys(NETWORKS) as Name[]).flatMap((name) =>
  NETWORKS[name][1].map((norm) => [name, norm] as const),
);

const json = (model: InstanceType<typeof tf.LayersModel>) => JSON.parse(model.toJSON() as unknown as string);

test.each(EACH)('%s with %s: is described, in memory and as JSON, and has no fault', async (name, norm) => {
  const before = tf.memory().numTensors;
  const model = shapes[name]({ norm });
  const pretrained = norm.split(':')[0] as Facts['pretrained'];
  const facts = describeModel(model);
  expect({ ...facts }).toEqual({ ...NETWORKS[name][0], pretrained });
  expect(describeModel(json(model))).toEqual(facts);
  expect(describeModel({ modelTopology: json(model) }).seen).toEqual(facts.seen);
  expect(recommendNormalization(facts).norm).toBe(pretrained);
  const known = name === 'critic' ? { gradientPenalty: true } : { batchSize: 16 };
  expect((await auditModel(model, known)).findings).toEqual([]);
  expect((await auditModel(json(model), known)).findings).toEqual([]);
  model.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test.each(Object.keys(NETWORKS) as Name[])('%s without a norm: what it should have is recommended', async (name) => {
  const model = shapes[name]({ norm: 'none' });
  const { pretrained, ...facts } = describeModel(model, name === 'critic' ? { gradientPenalty: true } : {});
  const wanted = { rnn: 'layer', transformer: 'rms', visionTransformer: 'layer', cnn: 'group', feedForward: 'rms' };
  expect(pretrained).toBeUndefined();
  expect(recommendNormalization(facts).norm).toBe(name === 'critic' ? 'weight' : wanted[facts.architecture]);
  expect((await auditModel(model)).findings).toEqual([]);
  model.dispose();
});

test.each(EACH)('%s with %s: runs a batch, and is audited with one', async (name, norm) => {
  const model = shapes[name]({ norm });
  const inputs = model.inputs.map(({ shape }) =>
    tf.randomUniform(
      shape.map((n) => n ?? 2),
      0,
      1,
      'float32',
      7,
    ),
  );
  const before = tf.memory().numTensors;
  const { findings } = await auditModel(model, {}, { batch: inputs });
  expect(tf.memory().numTensors).toBe(before);
  // An untrained network has moved no statistics: those of 0 and 1 may be far from a batch's.
  expect(findings.filter(({ rule }) => rule !== 'statistics-stale' && rule !== 'constant-channel')).toEqual([]);
  tf.dispose(inputs);
  model.dispose();
});

describe('facts', () => {
  const { layers } = tf;

  test('a fixed batch size, with where it was seen', () => {
    const model = tf.sequential({
      layers: [layers.dense({ units: 3, batchInputShape: [6, 4], name: 'first' }), layers.dense({ units: 1 })],
    });
    const facts = describeModel(model);
    expect({ ...facts }).toEqual({ architecture: 'feedForward', batchSize: 6, rank: 2, channels: 3 });
    expect(facts.seen.batchSize).toEqual({ value: 6, why: 'the batch size of the inputs is fixed', where: ['first'] });
    expect(facts.seen.channels?.where).toEqual(['first']);
    expect(JSON.stringify(facts)).not.toContain('seen');
  });

  test('sequences of open length, masked steps, half precision, channels first', () => {
    const recurrentInitializer = 'glorotUniform';
    const open = tf.sequential({
      layers: [
        layers.gru({ units: 3, recurrentInitializer, inputShape: [null, 4] as never }),
        layers.dense({ units: 1 }),
      ],
    });
    expect(describeModel(open)).toMatchObject({ architecture: 'rnn', variableLength: true });
    const masked = tf.sequential({
      layers: [
        layers.embedding({ inputDim: 5, outputDim: 4, maskZero: true, inputLength: 6 }),
        layers.lstm({ units: 2, recurrentInitializer }),
        layers.dense({ units: 1 }),
      ],
    });
    expect(describeModel(masked)).toMatchObject({ architecture: 'rnn', variableLength: true });
    const first = convolutional([], { dataFormat: 'channelsFirst' }, [3, 8, 8]);
    expect(describeModel(first)).toMatchObject({ rank: 4, channels: 6 });
    const half = json(first);
    half.config.layers[0].config.dtype = { class_name: 'DTypePolicy', config: { name: 'mixed_float16' } };
    expect(describeModel(half)).toMatchObject({ mixedPrecision: true, channels: 6 });
  });

  test('models in models and wrappers are taken apart, by their paths', async () => {
    const inner = tf.sequential({
      name: 'encoder',
      layers: [
        layers.conv2d({ filters: 4, kernelSize: 3, name: 'conv', inputShape: [8, 8, 3] }),
        layers.batchNormalization({ name: 'norm', momentum: 0.1 }),
      ],
    });
    const model = tf.sequential({
      name: 'whole',
      layers: [inner, layers.reLU(), layers.flatten(), layers.dense({ units: 1 })],
    });
    const wanted = [
      ['momentum-convention', 'encoder/norm'],
      ['no-bias-before', 'encoder/conv'],
    ];
    const rules = async (given: never) => (await auditModel(given)).findings.map(({ rule, path }) => [rule, path]);
    expect(await rules(model as never)).toEqual(wanted);
    expect(await rules(json(model) as never)).toEqual(wanted);
    const steps = tf.sequential({
      layers: [
        layers.timeDistributed({
          layer: layers.batchNormalization({ name: 'norm', momentum: 0.2 }) as never,
          name: 'steps',
          inputShape: [3, 5],
        }),
        layers.dense({ units: 1 }),
      ],
    });
    expect(await rules(steps as never)).toEqual([['momentum-convention', 'steps/norm']]);
    expect(await rules(json(steps) as never)).toEqual([['momentum-convention', 'steps/norm']]);
  });

  test('what stands before a model stands before its layers; a frozen model freezes them', async () => {
    const dense = () => layers.dense({ units: 4, useBias: false, inputShape: [4], name: 'dense' });
    const inner = tf.sequential({
      name: 'inner',
      layers: [dense(), layers.batchNormalization({ name: 'norm' }), layers.reLU()],
    });
    const dropout = layers.dropout({ rate: 0.5, inputShape: [4], name: 'dropout' });
    const model = tf.sequential({ layers: [dropout, inner, layers.dense({ units: 1 })] });
    const rules = async (given: unknown) =>
      (await auditModel(given as never)).findings.map(({ rule, path, values }) => [rule, path, values]);
    const wanted = [['dropout-before-batch', 'inner/norm', { dropout: 'dropout' }]];
    expect([await rules(model), await rules(json(model))]).toEqual([wanted, wanted]);
    inner.trainable = false;
    const frozen = [['frozen-batch-norm', 'inner/norm', { trainable: false }]];
    expect(await rules(model)).toEqual(frozen);
    const file = json(model);
    file.config.layers[1].config.trainable = false;
    expect(await rules(file)).toEqual(frozen);
  });

  test('a softmax alone is no attention', () => {
    const model = tf.sequential({
      layers: [
        layers.dense({ units: 3, inputShape: [4] }),
        layers.softmax(),
        layers.dense({ units: 2 }),
        layers.softmax(),
      ],
    });
    expect(describeModel(model).architecture).toBe('feedForward');
  });

  test('only what a configuration itself holds is an option', () => {
    expect([option({}, 'constructor'), option({ use_bias: false }, 'useBias')]).toEqual([undefined, false]);
  });

  test('hints win, and what contradicts them is left out', () => {
    const model = convolutional([]);
    expect(describeModel(model, { architecture: 'visionTransformer', rank: 3 })).toMatchObject({
      architecture: 'visionTransformer',
      rank: 3,
    });
    expect(describeModel(model, { channels: undefined, batchSize: 4 })).toEqual({
      architecture: 'cnn',
      rank: 4,
      batchSize: 4,
    });
    expect(describeModel(model, { pretrained: 'instance' })).toMatchObject({ rank: 4, pretrained: 'instance' });
    expect(() => describeModel(model, { era: 'modern' })).toThrow(/era is said of transformers only/);
    expect(() => describeModel(model, { batchsize: 3 } as never)).toThrow(/unknown fact/);
    expect(() => describeModel(model, 3 as never)).toThrow(/facts must be one plain object/);
  });

  test.each([
    undefined,
    null,
    3,
    'model',
    [],
    {},
    { modelTopology: null },
    { format: 'graph-model', modelTopology: {} },
    { className: 'Sequential' },
  ])('what is no model is refused: %j', async (given) => {
    expect(() => describeModel(given as never)).toThrow(/model/);
    await expect(auditModel(given as never)).rejects.toThrow(/layers model/);
  });
});
