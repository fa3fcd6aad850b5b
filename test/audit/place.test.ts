import * as pack from '../../src/index.js';
import { onCpu, tf } from '../layers/setup.js';
import { convolutional } from './planted.js';
import { rulesOf } from './rulesOf.js';

onCpu();

const { layers } = tf;
type Layer = InstanceType<typeof layers.Layer>;
type Symbolic = ReturnType<typeof tf.input>;

const chain = (...list: Layer[]) => tf.sequential({ layers: list });
const on = (layer: Layer, ...x: Symbolic[]) => layer.apply(x.length === 1 ? (x[0] as Symbolic) : x) as Symbolic;
const model = (inputs: Symbolic, ...outputs: Symbolic[]) => tf.model({ inputs, outputs });
const conv = (options: object = {}) =>
  layers.conv2d({ filters: 4, kernelSize: 3, useBias: false, ...options } as never);
const end = () => [layers.reLU(), layers.flatten(), layers.dense({ units: 2 })];
const batch = (options: object = {}) => pack.batchNormalization({ name: 'norm', ...options });
const layer = (options: object = {}) => pack.layerNormalization({ name: 'norm', ...options });
const inputShape = [8, 8, 3];

describe('wrong axis', () => {
  const first = { dataFormat: 'channelsFirst' } as const;
  const lstm = (returnSequences: boolean) =>
    layers.convLstm2d({
      filters: 4,
      kernelSize: 3,
      returnSequences,
      recurrentInitializer: 'zeros',
      inputShape: [5, 3, 8, 8],
      ...first,
    });
  const steps = () => layers.timeDistributed({ layer: conv(first), inputShape: [5, 3, 8, 8] });

  test.each([
    ['ConvLSTM', 1, () => lstm(false)],
    ['a sequence of ConvLSTM', 2, () => lstm(true)],
    ['a convolution of each step', 2, steps],
  ])('channels first of %s lie on axis %d', async (_, axis, make) => {
    const rules = async (at: number) =>
      (await rulesOf(chain(make(), batch({ axis: at }), ...end()))).filter((rule) => rule.startsWith('wrong-axis'));
    expect(await rules(axis)).toEqual([]);
    expect(await rules(-1)).toEqual(['wrong-axis@norm']);
  });

  test('is found in a model of each step, and steps are not taken for channels', async () => {
    const video = (axis: number) => {
      const cnn = chain(conv({ inputShape }), layer({ axis }), layers.reLU(), layers.flatten());
      return chain(layers.timeDistributed({ layer: cnn, inputShape: [5, ...inputShape], name: 'steps' }), ...end());
    };
    const rules = async (axis: number) => (await rulesOf(video(axis))).filter((rule) => rule.startsWith('wrong-axis'));
    expect(await rules(-1)).toEqual([]);
    expect(await rules(1)).toEqual([expect.stringMatching(/^wrong-axis@steps\/.*norm$/)]);
    const of = (axis: number) => layers.timeDistributed({ layer: layer({ axis }), name: 'each' });
    expect((await rulesOf(chain(conv({ inputShape }), of(-1), ...end()))).join()).not.toContain('wrong-axis');
  });

  test.each([
    ['upsampling', () => layers.upSampling2d({})],
    ['padding', () => layers.zeroPadding2d({})],
    ['cropping', () => layers.cropping2D({ cropping: 1 } as never)],
  ])('is found behind %s', async (_, between) => {
    const made = (axis: number) => chain(conv({ inputShape }), between(), layer({ axis }), ...end());
    expect(await rulesOf(made(1))).toEqual(['wrong-axis@norm']);
    expect(await rulesOf(made(-1))).toEqual([]);
  });

  test('is found by the layer that follows', async () => {
    const made = (axis: number, options = {}) =>
      chain(layer({ axis, inputShape }), layers.reLU(), conv(options), ...end());
    expect(await rulesOf(made(1))).toEqual(['wrong-axis@norm']);
    expect(await rulesOf(made(-1))).toEqual([]);
    expect(await rulesOf(made(1, first))).toEqual([]);
  });

  test('what stands before says more than what follows', async () => {
    const turned = chain(
      conv({ inputShape }),
      layer(),
      layers.permute({ dims: [3, 1, 2] }),
      conv({ dataFormat: 'channelsFirst' }),
      ...end(),
    );
    expect(await rulesOf(turned)).toEqual([]);
  });

  test.each([
    ['no-bias-before', batch],
    ['beta-for-bias', layer],
  ])('is no %s: its mean is of positions', async (rule, norm) => {
    const made = (axis: number) => convolutional([norm({ axis })], { useBias: true });
    expect(await rulesOf(made(1))).toEqual(['wrong-axis@norm']);
    expect(await rulesOf(made(-1))).toEqual([`${rule}@conv`]);
  });
});

describe('a bias before a norm', () => {
  const tapped = (useBias: boolean, taps: boolean) => {
    const x = tf.input({ shape: inputShape });
    const y = on(conv({ useBias, name: 'conv' }), x);
    const z = end().reduce((at, next) => on(next, at), on(batch(), y));
    return model(x, ...(taps ? [z, y] : [z]));
  };

  test('is of use where the layer is a result as well', async () => {
    expect(await rulesOf(tapped(true, true))).toEqual([]);
    expect(await rulesOf(tapped(true, false))).toEqual(['no-bias-before@conv']);
  });

  test('is of use where it is read behind dropout as well', async () => {
    const forked = (both: boolean) => {
      const x = tf.input({ shape: [6] });
      const y = on(layers.dropout({ rate: 0 }), on(layers.dense({ units: 4, name: 'dense' }), x));
      const z = on(layers.reLU(), on(batch(), y));
      return model(x, on(layers.dense({ units: 1 }), both ? on(layers.concatenate(), z, y) : z));
    };
    expect(await rulesOf(forked(true))).toEqual([]);
    expect(await rulesOf(forked(false))).toEqual(['no-bias-before@dense']);
  });
});

describe('two norms in a row', () => {
  const embedding = () => layers.embedding({ inputDim: 9, outputDim: 4, inputLength: 5 });

  /** A residual branch whose first norm also feeds the sum, as in CLIP and BLOOM. */
  const residual = (sums: boolean) => {
    const x = tf.input({ shape: [5] });
    const pre = on(layer({ name: 'pre' }), on(embedding(), x));
    const inside = on(layers.dense({ units: 4 }), on(layer({ name: 'inside' }), pre));
    return model(x, on(layers.dense({ units: 2 }), sums ? on(layers.add(), inside, pre) : inside));
  };

  test('the first one has a use where something else reads it', async () => {
    expect(await rulesOf(residual(true))).toEqual([]);
    expect(await rulesOf(residual(false))).toEqual(['double-norm@inside']);
  });

  test('the first one has a use where it is a result', async () => {
    const made = (result: boolean) => {
      const x = tf.input({ shape: [5] });
      const pre = on(layer({ name: 'pre' }), on(embedding(), x));
      const y = on(layers.dense({ units: 2 }), on(layer({ name: 'inside' }), pre));
      return model(x, ...(result ? [y, pre] : [y]));
    };
    expect(await rulesOf(made(true))).toEqual([]);
    expect(await rulesOf(made(false))).toEqual(['double-norm@inside']);
  });

  test.each([true, false])('of which the first is in a wrapper: fault %s', async (fault) => {
    const held = fault ? layer({ name: 'held' }) : layers.dense({ units: 4, useBias: false });
    const made = chain(
      embedding(),
      layers.timeDistributed({ layer: held as never }),
      layer(),
      layers.dense({ units: 2 }),
    );
    expect(await rulesOf(made)).toEqual(fault ? ['double-norm@norm'] : []);
  });
});

describe('a norm before the output', () => {
  const dense = (options: object = {}) => layers.dense({ units: 6, useBias: false, inputShape: [6], ...options });
  const head = (...rest: Layer[]) => chain(conv({ inputShape }), batch(), ...rest);
  const severities = async (given: ReturnType<typeof model> | ReturnType<typeof chain>) => {
    const { findings } = await pack.auditModel(given);
    given.dispose();
    return findings.map(({ rule, severity }) => `${severity} ${rule}`);
  };

  test.each([
    ['reshape', () => layers.reshape({ targetShape: [36, 4] })],
    ['flatten', () => layers.flatten()],
  ])('is found through %s', async (_, between) => {
    expect(await severities(head(between(), layers.softmax()))).toEqual(['warning not-before-output']);
    expect(await severities(head(layers.reLU(), between(), layers.softmax()))).toEqual([]);
  });

  const branches = (...ends: Layer[]) => {
    const x = tf.input({ shape: [6] });
    const y = on(batch(), on(dense(), x));
    return model(x, ...ends.map((one) => on(one, y)));
  };

  test('is found where every way ends in the activation of an output', async () => {
    const sigmoid = () => layers.activation({ activation: 'sigmoid' });
    expect(await severities(branches(layers.softmax(), sigmoid()))).toEqual(['warning not-before-output']);
    expect(await severities(branches(layers.softmax(), dense()))).toEqual([]);
  });

  test('is told, not warned of, where the norm is the result: embeddings end so', async () => {
    expect(await severities(chain(dense(), batch()))).toEqual(['info not-before-output']);
    expect(await severities(chain(dense(), batch(), layers.activation({ activation: 'linear' })))).toEqual([
      'info not-before-output',
    ]);
    expect(await severities(chain(dense(), batch(), dense()))).toEqual([]);
  });

  test('another severity that somebody asks for holds', async () => {
    const { findings } = await pack.auditModel(
      chain(dense(), batch()),
      {},
      { rules: { 'not-before-output': 'error' } },
    );
    expect(findings.map(({ severity }) => severity)).toEqual(['error']);
  });

  test('the last norm of a pre-norm encoder stands right', async () => {
    const encoder = (norm: Layer, sums: boolean) => {
      const x = tf.input({ shape: [5, 4] });
      const inside = on(layers.dense({ units: 4, useBias: false }), on(layer({ name: 'first' }), x));
      return model(x, on(norm, sums ? on(layers.add(), x, inside) : inside));
    };
    expect(await severities(encoder(layer(), true))).toEqual([]);
    expect(await severities(encoder(pack.rmsNormalization({ name: 'norm' }), true))).toEqual([]);
    expect(await severities(encoder(batch(), true))).toEqual(['info not-before-output']);
    expect(await severities(encoder(layer(), false))).toEqual(['info not-before-output']);
  });

  test('a norm that is a result on the way stands right', async () => {
    const x = tf.input({ shape: [6] });
    const y = on(batch(), on(dense(), x));
    expect(await severities(model(x, y, on(dense(), on(layers.reLU(), y))))).toEqual([]);
  });
});

describe('weight decay on a norm', () => {
  test.each([
    [{ gammaRegularizer: tf.regularizers.l2({ l2: 0 }) }, false],
    [{ gammaRegularizer: tf.regularizers.l1l2({ l1: 0, l2: 0 }) }, false],
    [{ gammaRegularizer: tf.regularizers.l2({ l2: 0 }), betaRegularizer: tf.regularizers.l1({ l1: 1e-3 }) }, true],
    [{ gammaRegularizer: 'l1l2' }, true],
  ])('of nothing is none: %#', async (options, fault) => {
    expect(await rulesOf(convolutional([batch(options)]))).toEqual(fault ? ['weight-decay-on-norm@norm'] : []);
  });

  test.each([
    [{ class_name: 'L2', config: { l2: 0 } }, false],
    [{ class_name: 'L2', config: { l2: 0.1 } }, true],
    [{ class_name: 'Own', config: {} }, true],
  ])('as Keras writes it: %j', async (gamma_regularizer, fault) => {
    const made = convolutional([batch()]);
    const file = JSON.parse(made.toJSON() as unknown as string);
    made.dispose();
    Object.assign(file.config.layers[1].config, { gamma_regularizer });
    expect(await rulesOf(file)).toEqual(fault ? ['weight-decay-on-norm@norm'] : []);
  });
});
