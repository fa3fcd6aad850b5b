import { auditModel, describeModel, type Facts } from '../../src/index.js';
import { onCpu, tf } from '../layers/setup.js';
import { described, faults, input, js, layer, sequential } from './handmade.js';

onCpu();

const { layers } = tf;
const facts = (model: object, hints?: Partial<Facts>) => ({ ...describeModel(model as never, hints) });
const kind = (...list: object[]) => describeModel(sequential(...list) as never).architecture;

describe('architecture', () => {
  const text = [input('x', 20), layer('Embedding', 'e', { input_dim: 50, output_dim: 8 })];
  const end = layer('Dense', 'end', { units: 2 });
  const conv = (name: string) => layer('Conv2D', name, { filters: 8, kernel_size: 3 });

  test.each(['LSTM', 'GRU', 'CuDNNLSTM', 'CuDNNGRU'])('attention over the steps of one %s: recurrent', (name) => {
    const steps = layer(name, 'steps', { units: 4, return_sequences: true });
    expect(kind(...text, steps, layer('BahdanauAttention', 'a'), end)).toBe('rnn');
  });

  test.each(['ChannelAttention', 'SpatialAttention', 'AttentionGate'])('%s is a gate', (name) => {
    expect(kind(input('x', 16, 16, 3), conv('a'), layer(name, 'g'), conv('b'), end)).toBe('cnn');
  });

  test.each(['TransformerBlock', 'Custom>TransformerEncoderLayer', 'Transformer_Layer'])('%s is attention', (name) => {
    expect(kind(...text, layer(name, 'a'), layer(name, 'b'), end)).toBe('transformer');
  });

  test('attention on a video', () => {
    const tubes = layer('Conv3D', 't', { filters: 8, kernel_size: [2, 8, 8], strides: [2, 8, 8] });
    const attention = layer('MultiHeadAttention', 'a');
    expect(kind(input('x', 8, 32, 32, 3), tubes, attention, end)).toBe('visionTransformer');
  });

  test('what is seen gives way to a hint that is true of another part', () => {
    const model = sequential(
      input('x', 5, 16, 16, 3),
      layer('ConvLSTM2D', 'l', { filters: 8, kernel_size: 3 }),
      conv('c'),
    );
    expect(facts(model).architecture).toBe('rnn');
    expect(facts(model, { task: 'segmentation' })).toMatchObject({ architecture: 'cnn', task: 'segmentation' });
    const patches = layer('Conv2D', 'p', { filters: 8, kernel_size: 8, strides: 8 });
    const vit = sequential(input('x', 32, 32, 3), patches, layer('MultiHeadAttention', 'a'), end);
    expect(facts(vit).architecture).toBe('visionTransformer');
    expect(facts(vit, { task: 'languageModel' }).architecture).toBe('transformer');
  });
});

describe('Bidirectional', () => {
  const both = (options: object = {}) =>
    layers.bidirectional({
      layer: layers.lstm({ units: 4, recurrentInitializer: 'glorotUniform', returnSequences: true }) as never,
      mergeMode: 'concat',
      ...options,
    });
  const conv = (options: object = {}) => layers.conv1d({ filters: 8, kernelSize: 3, ...options });

  test('is one recurrent layer', async () => {
    const model = tf.sequential({
      layers: [conv({ inputShape: [30, 2] }), conv(), conv(), both(), layers.dense({ units: 1 })],
    });
    const wanted = { architecture: 'cnn', rank: 3, channels: 8 };
    expect(described(model)).toEqual([wanted, wanted]);
    const [live, file] = [await auditModel(model), await auditModel(js(model) as never)];
    expect(file.facts).toEqual(live.facts);
    expect(file.facts.seen).toEqual(live.facts.seen);
    expect(file.layers).toEqual(live.layers);
    expect(live.layers.slice(3, 6).map(({ path, output }) => [path.replace(/.*\/|_LSTM\d+/g, ''), output])).toEqual([
      [live.layers[3]?.path, [null, 24, 8]],
      ['forward_lstm', [null, 24, 4]],
      ['backward_lstm', [null, 24, 4]],
    ]);
  });

  test('has rank and channels, and the axis after it is known', async () => {
    const model = tf.sequential({ layers: [both({ inputShape: [9, 3] }), both(), layers.dense({ units: 1 })] });
    const wanted = { architecture: 'rnn', rank: 3, channels: 8 };
    expect(described(model)).toEqual([wanted, wanted]);
    const normed = tf.sequential({
      layers: [
        both({ inputShape: [9, 3] }),
        layers.layerNormalization({ axis: 1, name: 'ln' }),
        layers.dense({ units: 1 }),
      ],
    });
    expect([await faults(normed), await faults(js(normed))]).toEqual([['wrong-axis@ln'], ['wrong-axis@ln']]);
  });

  test('Bidirectional in each other 35 times', () => {
    let nested: object = layer('LSTM', 'l', { units: 2 });
    for (let i = 0; i < 35; i++) nested = layer('Bidirectional', 'b', { layer: nested });
    expect(kind(input('x', 3, 2), nested)).toBeDefined();
  });
});

test.each([
  ['SyncBatchNormalization', 'batch'],
  ['BatchNormalizationV1', 'batch'],
  ['BatchNormalizationV2', 'batch'],
  ['LayerNormalizationV2', 'layer'],
])('%s is a norm', (name, norm) => {
  const model = sequential(input('x', 4), layer('Dense', 'd', { units: 3 }), layer(name, 'n'), layer('Dense', 'e'));
  expect(facts(model)).toEqual({ architecture: 'feedForward', rank: 2, channels: 3, pretrained: norm });
});

describe('open lengths', () => {
  const lstm = layer('LSTM', 'l', { units: 4 });
  const embedding = layer('Embedding', 'e', { input_dim: 9, output_dim: 4 });

  test('of sequences', () => {
    expect(facts(sequential(input('x', null, 3), lstm))).toMatchObject({ variableLength: true });
    expect(facts(sequential(input('x', null), embedding, lstm))).toMatchObject({ variableLength: true });
    const first = layer('Embedding', 'e', { input_dim: 9, output_dim: 4, batch_input_shape: [null, null] });
    expect(facts(sequential(first, lstm))).toMatchObject({ variableLength: true });
  });

  test('of images are none', () => {
    const image = [
      input('x', null, null, 3),
      layer('GlobalAveragePooling2D', 'p'),
      layer('RepeatVector', 'r', { n: 7 }),
    ];
    expect(facts(sequential(...image, lstm))).toEqual({ architecture: 'rnn' });
  });
});
