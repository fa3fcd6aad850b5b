import { auditModel, describeModel, recommendNormalization } from '../../src/index.js';
import { onCpu, tf } from '../layers/setup.js';
import { faults, functional, input, layer, sequential } from './handmade.js';

onCpu();

const facts = (model: object) => ({ ...describeModel(model as never) });

describe('shapes that are not known', () => {
  const conv = layer('Conv2D', 'c', { filters: 16, kernel_size: 8 }, ['x']);
  const own = layer('MyConv', 'u', {}, ['x']);
  const merged = (merge: string, norm: object) =>
    functional([input('x', 8, 8, 3), conv, own, layer(merge, 'm', {}, ['c', 'u']), norm], ['x'], ['d']);

  test.each(['Concatenate', 'Multiply', 'Dot'])('%s of what is not known is not known', async (merge) => {
    const model = merged(merge, layer('GroupNormalization', 'gn', { groups: 32 }, ['m']));
    expect(facts(model)).toEqual({ architecture: 'cnn', pretrained: 'group' });
    expect((await faults(model)).filter((fault) => /groups-divide|no-space/.test(fault))).toEqual([]);
    const instance = merged(merge, layer('InstanceNormalization', 'in', {}, ['m']));
    expect((await faults(instance)).filter((fault) => /no-space/.test(fault))).toEqual([]);
  });

  test('the same tensor twice counts twice', async () => {
    const twice = layer('Concatenate', 'm', {}, ['x', 'x']);
    const { layers } = await auditModel(functional([input('x', 4), twice], ['x'], ['m']) as never);
    expect(layers[1]).toMatchObject({ path: 'm', output: [null, 8] });
  });

  test('layers listed in reverse', () => {
    const chain = Array.from({ length: 8 }, (_, i) =>
      layer('Conv2D', `c${i + 1}`, { filters: 7, kernel_size: 1 }, [i === 0 ? 'x' : `c${i}`]),
    );
    const layers = [input('x', 8, 8, 3), ...chain, layer('LayerNormalization', 'ln', {}, ['c8'])].reverse();
    expect(facts(functional(layers, ['x'], ['ln']))).toEqual({
      architecture: 'cnn',
      rank: 4,
      channels: 7,
      pretrained: 'layer',
    });
  });

  test.each([
    ['Conv2D', { filters: 2.5, kernel_size: 1 }],
    ['Conv2D', { filters: 1e300, kernel_size: 1 }],
    ['Conv2D', { filters: 2 ** 53, kernel_size: 1 }],
    ['Conv2DTranspose', { filters: 2.5, kernel_size: 1 }],
    ['DepthwiseConv2D', { kernel_size: 1, depth_multiplier: 1.5 }],
    ['DepthwiseConv2D', { kernel_size: 1, depth_multiplier: 2 ** 52 }],
    ['Dense', { units: 1.5 }],
    ['Dense', { units: 1e18 }],
    ['Bidirectional', { layer: layer('LSTM', 'l', { units: 2 ** 52 + 1, return_sequences: true }) }],
  ])('%s of an odd size: %j', (className, config) => {
    const shape = className === 'Bidirectional' ? [5, 3] : [8, 8, 3];
    const found = facts(
      sequential(input('x', ...shape), layer(className, 'odd', config), layer('RMSNormalization', 'n')),
    );
    expect(found).not.toHaveProperty('channels');
    recommendNormalization(found as never);
  });
});

describe('how layers are called', () => {
  const keras = (name: string) => ({ class_name: '__keras_tensor__', config: { keras_history: [name, 0, 0] } });
  const norm = layer('BatchNormalization', 'bn', {}, ['y']);
  const drop = layer('Dropout', 'drop', { rate: 0.5 }, ['x']);
  const wanted = ['dropout-before-batch@bn', 'not-before-output@bn'];
  const model = (className: string, node: unknown) => {
    const odd = { ...layer(className, 'y'), inbound_nodes: [node] };
    return functional([input('x', 6, 4), drop, odd, norm], ['x'], ['bn']);
  };

  test.each([
    ['by name (Keras 3)', 'Own', { args: [], kwargs: { query: keras('drop'), value: keras('drop') } }],
    ['flat (Keras 2)', 'TFOpLambda', ['drop', 0, 0, { y: 2 }]],
    ['by name (Keras 2)', 'TFOpLambda', ['_CONSTANT_VALUE', -1, 2, { y: ['drop', 0, 0] }]],
  ])('%s', async (_, className, node) => {
    const { layers, findings } = await auditModel(model(className, node) as never);
    expect(layers).toHaveLength(4);
    expect(findings.map(({ rule, path }) => `${rule}@${path}`).sort()).toEqual(wanted);
  });

  test('another output of a model in it (Keras 3)', () => {
    const dense = (name: string, units: number) => layer('Dense', name, { units }, ['in']);
    const two = functional([input('in', 4), dense('a', 8), dense('b', 32)], ['in'], ['a', 'b'], 'two', ['x']);
    const second = { class_name: '__keras_tensor__', config: { keras_history: ['two', 0, 1] } };
    const group = {
      ...layer('GroupNormalization', 'gn', { groups: 32 }),
      inbound_nodes: [{ args: [second], kwargs: {} }],
    };
    const file = functional([input('x', 4), two, group, layer('ReLU', 'r', {}, ['gn'])], ['x'], ['r']);
    const named = { ...file, config: { ...file.config, output_layers: { result: ['r', 0, 0] } } };
    expect(facts(named)).toEqual({ architecture: 'feedForward', rank: 2, channels: 32, pretrained: 'group' });
  });

  test('a mask is nothing that a layer is computed from', async () => {
    const given = { args: [keras('x')], kwargs: { mask: keras('drop') } };
    expect(await faults(model('Own', given))).toEqual(['not-before-output@bn']);
  });

  test('an option named layers is no model', async () => {
    const mlp = layer('Mlp', 'mlp', { layers: [64, 32] }, ['drop']);
    const file = functional(
      [input('x', 6, 4), drop, mlp, layer('BatchNormalization', 'bn', {}, ['mlp'])],
      ['x'],
      ['bn'],
    );
    expect((await faults(file)).sort()).toEqual(wanted);
    class Mlp extends tf.layers.Layer {
      static className = 'LiveMlp';
      layers = [64, 32];
    }
    const live = tf.sequential({
      layers: [
        tf.layers.dropout({ rate: 0.5, inputShape: [4] }),
        new Mlp({ name: 'mlp' }),
        tf.layers.batchNormalization({ name: 'bn' }),
      ],
    });
    expect((await faults(live)).sort()).toEqual(wanted);
  });
});

test('wide merges: in time, and without an error', () => {
  const drops = Array.from({ length: 200_000 }, (_, i) => layer('Dropout', `l${i}`, { rate: 0.5 }, ['x']));
  const names = drops.map(({ name }) => name);
  const steps = layer('TimeDistributed', 'td', { layer: layer('Dense', 'dense', { units: 3 }) }, names);
  const layers = [input('x', 4, 2), ...drops, layer('Add', 'sum', {}, names), steps];
  const file = functional(layers, ['x'], ['sum', 'td']);
  // Of the processor, whatever else runs: linear, it takes 3 s; quadratic, 20.
  const start = process.cpuUsage();
  const found = facts(file);
  expect(process.cpuUsage(start).user / 1e6).toBeLessThan(12);
  expect(found).toEqual({ architecture: 'feedForward' });
}, 120_000);
