import { auditModel, describeModel, groupNormalization, weightNormalization } from '../../src/index.js';
import { onCpu, tf } from '../layers/setup.js';
import { described, faults, functional, input, js, layer, sequential } from './handmade.js';

onCpu();

const { layers } = tf;
type Symbolic = InstanceType<typeof tf.SymbolicTensor>;

describe('models in wrappers', () => {
  const cnn = () =>
    tf.sequential({
      name: 'cnn',
      layers: [
        layers.conv2d({ filters: 6, kernelSize: 3, name: 'c1', inputShape: [16, 16, 3] }),
        layers.batchNormalization({ momentum: 0.1, name: 'bn' }),
        layers.reLU({}),
        layers.globalAveragePooling2d({}),
      ],
    });
  const video = () =>
    tf.sequential({
      layers: [
        layers.timeDistributed({ layer: cnn() as never, name: 'td', inputShape: [5, 16, 16, 3] }),
        layers.lstm({ units: 4, recurrentInitializer: 'glorotUniform' }),
        layers.dense({ units: 1 }),
      ],
    });

  test('TimeDistributed(model): its layers are seen, each where it stands', async () => {
    const model = video();
    const facts = { architecture: 'rnn', rank: 4, channels: 6, pretrained: 'batch' };
    expect(described(model)).toEqual([facts, facts]);
    const wanted = ['batch-under-4@td/cnn/bn', 'momentum-convention@td/cnn/bn', 'no-bias-before@td/cnn/c1'];
    expect(await faults(model, { batchSize: 2 })).toEqual(wanted);
    expect(await faults(js(model), { batchSize: 2 })).toEqual(wanted);
    const [live, file] = [await auditModel(model), await auditModel(js(model) as never)];
    expect(file.layers).toEqual(live.layers);
    model.dispose();
  });

  test('a file that gives no shape within: the model in the wrapper has that of one step', async () => {
    const file = js(video()) as { config: { layers: { config: { layer: { config: { layers: unknown[] } } } }[] } };
    const inside = file.config.layers[0]?.config.layer.config.layers as { config: Record<string, unknown> }[];
    delete inside[0]?.config.batch_input_shape;
    const { layers: rows } = await auditModel(file as never);
    expect(rows.slice(0, 3).map(({ path, output }) => [path, output])).toEqual([
      ['td', [null, 5, 6]],
      ['td/cnn/c1', [null, 14, 14, 6]],
      ['td/cnn/bn', [null, 14, 14, 6]],
    ]);
  });

  test('what stands before the wrapper stands before the model in it', async () => {
    const norm = layer('BatchNormalization', 'bn');
    const steps = layer('TimeDistributed', 'td', { layer: sequential(norm, layer('ReLU', 'relu')) }, ['drop']);
    const drop = layer('Dropout', 'drop', { rate: 0.5 }, ['x']);
    const file = functional([input('x', 5, 8), drop, steps, layer('Dense', 'd', { units: 1 }, ['td'])], ['x'], ['d']);
    expect(await faults(file)).toEqual(['dropout-before-batch@td/chain/bn']);
  });
});

describe('models with several outputs', () => {
  test('a layer stands on the output it reads', async () => {
    const image = tf.input({ shape: [16, 16, 3] });
    const skip = layers.conv2d({ filters: 8, kernelSize: 1, name: 'skip' }).apply(image) as Symbolic;
    const deep = layers.conv2d({ filters: 32, kernelSize: 1, useBias: false, name: 'deep' }).apply(skip) as Symbolic;
    const backbone = tf.model({ inputs: image, outputs: [skip, deep], name: 'backbone' });
    const x = tf.input({ shape: [16, 16, 3] });
    const [s, h] = backbone.apply(x) as Symbolic[];
    const gn = groupNormalization({ groups: 32, name: 'gn' }).apply(h as Symbolic) as Symbolic;
    const flat = [s, gn].map((one) => layers.globalAveragePooling2d({}).apply(one as Symbolic) as Symbolic);
    const model = tf.model({ inputs: x, outputs: layers.concatenate().apply(flat) as Symbolic });
    const facts = { architecture: 'cnn', rank: 4, channels: 32, pretrained: 'group' };
    expect(described(model)).toEqual([facts, facts]);
    expect([await faults(model), await faults(js(model))]).toEqual([[], []]);
  });

  test('what gives another output is not before it', async () => {
    const x = tf.input({ shape: [4] });
    const drop = layers.dropout({ rate: 0.5 }).apply(x) as Symbolic;
    const dense = layers.dense({ units: 4, useBias: false }).apply(x) as Symbolic;
    const both = tf.model({ inputs: x, outputs: [drop, dense] });
    const y = tf.input({ shape: [4] });
    const [a, b] = both.apply(y) as Symbolic[];
    const norm = layers.batchNormalization({ name: 'bn' }).apply(b as Symbolic) as Symbolic;
    const sum = layers.add().apply([a as Symbolic, norm]) as Symbolic;
    const model = tf.model({ inputs: y, outputs: layers.dense({ units: 1 }).apply(sum) as Symbolic });
    expect([await faults(model), await faults(js(model))]).toEqual([[], []]);
  });

  test('35 models in each other, each giving two outputs of the next', async () => {
    let model: object = functional([input('in', 4), layer('Dense', 'd', { units: 3 }, ['in'])], ['in'], ['d'], 'x');
    for (let i = 0; i < 35; i++) model = functional([model], ['x'], ['x', 'x'], 'x');
    const start = Date.now();
    expect({ ...describeModel(model as never) }).toEqual({ architecture: 'feedForward' });
    expect(Date.now() - start).toBeLessThan(2_000);
  });
});

describe('layers that stand in several places', () => {
  test('a model called twice has all its sources', async () => {
    const first = input('a', 4);
    const second = layer('Dropout', 'drop', { rate: 0.5 }, ['a']);
    const inside = [input('in', 4), layer('BatchNormalization', 'bn', {}, ['in']), layer('ReLU', 'r', {}, ['bn'])];
    const encoder = functional(inside, ['in'], ['r'], 'enc');
    const twice = { ...encoder, inbound_nodes: [[['a', 0, 0, {}]], [['drop', 0, 0, {}]]] };
    const end = layer('Dense', 'd', { units: 1 }, ['enc']);
    expect(await faults(functional([first, second, twice, end], ['a'], ['d']))).toEqual([
      'dropout-before-batch@enc/bn',
    ]);
  });

  test('a layer of two models stands in both', async () => {
    const shared = layers.dropout({ rate: 0.5, name: 'drop' });
    const make = (name: string) => {
      const x = tf.input({ shape: [4] });
      const dropped = shared.apply(x) as Symbolic;
      const norm = layers.batchNormalization({ name: `${name}bn` }).apply(dropped) as Symbolic;
      return tf.model({ inputs: x, outputs: layers.reLU().apply(norm) as Symbolic, name });
    };
    const x = tf.input({ shape: [4] });
    const parts = ['A', 'B'].map((name) => make(name).apply(x) as Symbolic);
    const sum = layers.add().apply(parts) as Symbolic;
    const model = tf.model({ inputs: x, outputs: layers.dense({ units: 1 }).apply(sum) as Symbolic });
    const wanted = ['dropout-before-batch@A/Abn', 'dropout-before-batch@B/Bbn'];
    expect([await faults(model), await faults(js(model))]).toEqual([wanted, wanted]);
  });

  test('two weight-normalized convolutions: rank and channels of what they give', () => {
    const conv = () => weightNormalization({ layer: layers.conv2d({ filters: 5, kernelSize: 3 }), name: undefined });
    const model = tf.sequential({
      layers: [
        layers.inputLayer({ inputShape: [9, 9, 3] }),
        conv(),
        conv(),
        layers.flatten(),
        layers.dense({ units: 1 }),
      ],
    });
    const facts = { architecture: 'cnn', rank: 4, channels: 5, pretrained: 'weight' };
    expect(described(model)).toEqual([facts, facts]);
  });
});
