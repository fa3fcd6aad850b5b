import * as pack from '../../src/index.js';
import { onCpu, tf } from '../layers/setup.js';

onCpu();

const names = (weights: { originalName: string }[]) => weights.map(({ originalName }) => originalName).sort();

test('norms, gates, logits, lengths and biases are left alone; kernels and embeddings are not', () => {
  const inner = tf.sequential({
    name: 'inner',
    layers: [
      tf.layers.inputLayer({ inputShape: [4, 6] }),
      pack.switchableNormalization({ name: 'sn' }),
      pack.batchInstanceNormalization({ name: 'bin' }),
    ],
  });
  const model = tf.sequential({
    layers: [
      tf.layers.embedding({ inputDim: 5, outputDim: 3, inputLength: 4, name: 'emb' }),
      tf.layers.timeDistributed({ layer: tf.layers.dense({ units: 6, name: 'd' }), name: 'td' }),
      inner,
      tf.layers.layerNormalization({ name: 'ln' }),
      pack.rmsNormalization({ name: 'rms' }),
      tf.layers.lstm({ units: 2, recurrentInitializer: 'glorotNormal', returnSequences: true, name: 'lstm' }),
      tf.layers.flatten(),
      pack.weightNormalization({ layer: tf.layers.dense({ units: 2 }), name: 'wn' }),
      tf.layers.batchNormalization({ name: 'bn' }),
      pack.batchNormalization({ name: 'frozen', trainable: false }),
    ],
  });
  expect(names(pack.noDecayWeights(model)).map((name) => name.replace(/^.*?(\w+\/\w+)$/, '$1'))).toEqual(
    [
      ...['bin/beta', 'bin/gamma', 'bin/rho', 'bn/beta', 'bn/gamma', 'ln/beta', 'ln/gamma', 'lstm/bias', 'rms/scale'],
      ...['sn/beta', 'sn/gamma', 'sn/mean_weight', 'sn/variance_weight', 'td/bias', 'wn/bias', 'wn/g'],
    ].sort(),
  );
  expect(names(pack.decayWeights(model)).map((name) => name.split('/').pop())).toEqual([
    'embeddings',
    'kernel',
    'recurrent_kernel',
    'kernel',
    'kernel',
  ]);
});

test('weight normalization of recurrent and separable layers has more lengths', () => {
  const wrap = (layer: InstanceType<typeof tf.layers.Layer>) => pack.weightNormalization({ layer });
  const model = tf.sequential({
    layers: [
      tf.layers.inputLayer({ inputShape: [4, 4, 3] }),
      wrap(tf.layers.separableConv2d({ filters: 2, kernelSize: 3 })),
      tf.layers.reshape({ targetShape: [4, 2] }),
      wrap(tf.layers.gru({ units: 2, recurrentInitializer: 'glorotNormal' })),
    ],
  });
  const last = (weights: { originalName: string }[]) => names(weights).map((name) => name.split('/').pop() as string);
  expect(last(pack.noDecayWeights(model)).every((name) => /^g|bias$/.test(name))).toBe(true);
  expect(last(pack.decayWeights(model)).every((name) => /kernel$/.test(name))).toBe(true);
  const all = pack.noDecayWeights(model).length + pack.decayWeights(model).length;
  expect(all).toBe(model.trainableWeights.length);
});

test('a shared layer counts once', () => {
  const bn = pack.batchNormalization();
  const x = tf.input({ shape: [3] });
  const model = tf.model({ inputs: x, outputs: bn.apply(bn.apply(x)) as never });
  expect(pack.noDecayWeights(model)).toHaveLength(2);
});
