import * as pack from '../../src/index.js';
import { globMatcher } from '../../src/layers/select.js';
import { input, onCpu, tf, weight } from '../layers/setup.js';

onCpu();

const { layers, initializers } = tf;
type Tensor = ReturnType<typeof input>;
type Layer = InstanceType<typeof layers.Layer>;

const kernelInitializer = initializers.glorotNormal({ seed: 7 });
const dense = (units: number, options = {}) => layers.dense({ units, kernelInitializer, ...options });
const mean = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length;
const pointsOf = (monitor: pack.NormalizationMonitor, path: string) => {
  const found = monitor.series().layers.find((layer) => layer.path === path);
  if (!found) throw new Error(`no ${path} in ${monitor.series().layers.map((layer) => layer.path)}`);
  return found.points;
};

/** Channels (last axis) of some values, in float64. */
function channelsOf(x: Tensor) {
  const count = x.shape.at(-1) as number;
  const values = x.dataSync();
  return Array.from({ length: count }, (_, c) => Array.from(values).filter((_value, i) => i % count === c));
}
const varianceOf = (values: number[]) => mean(values.map((value) => (value - mean(values)) ** 2));

/** All a model is made of, its optimizer included. */
async function stateOf(model: ReturnType<typeof tf.sequential>) {
  const [iterations, ...state] = await model.optimizer.getWeights();
  iterations?.tensor.dispose(); // made for the asking
  const optimizer = state.map(({ tensor }) => Array.from(tensor.dataSync()));
  return [model.getWeights().map((each) => Array.from(each.dataSync())), optimizer];
}

test('activations, gaps and dead channels are those computed by hand', async () => {
  const bn = pack.batchNormalization({ name: 'bn', momentum: 0.9, epsilon: 1e-3, inputShape: [3, 4] });
  const model = tf.sequential({ layers: [bn] });
  const [gamma, beta] = [
    [1.5, 0, 2, -0.5],
    [0.1, 3, -1, 0],
  ];
  const [moved, spread] = [
    [1, 2, -1, 0],
    [2, 0.5, 1, 4],
  ];
  bn.setWeights([gamma, beta, moved, spread].map((values) => tf.tensor1d(values)));
  const x = input([5, 3, 4]);
  const monitor = pack.monitorNormalization(model, { probe: x });
  await monitor.measure();
  const channels = channelsOf(x as Tensor);
  const batch = channels.map((values) => ({ mean: mean(values), variance: varianceOf(values) }));
  const y = channels.map((values, c) =>
    values.map((value) => {
      const { mean: middle, variance } = batch[c] as { mean: number; variance: number };
      return ((value - middle) / Math.sqrt(variance + 1e-3)) * (gamma[c] as number) + (beta[c] as number);
    }),
  );
  const [point] = pointsOf(monitor, 'bn');
  const all = y.flat();
  expect(point?.mean).toBeCloseTo(mean(all), 5);
  expect(point?.deviation).toBeCloseTo(Math.sqrt(varianceOf(all)), 5);
  expect(point?.deadShare).toBe(0.25); // gamma is 0 in the second channel
  const meanGap = batch.map((each, c) => (each.mean - (moved[c] as number)) ** 2 / ((spread[c] as number) + 1e-3));
  expect(point?.meanGap).toBeCloseTo(Math.sqrt(mean(meanGap)), 5);
  const ratio = batch.map((each, c) => Math.log((each.variance + 1e-3) / ((spread[c] as number) + 1e-3)) ** 2);
  expect(point?.varianceGap).toBeCloseTo(Math.sqrt(mean(ratio)), 5);
  expect(point).toMatchObject({ gradientNorm: null, rho: null, mixture: null });
  expect(weight(bn, 'moving_mean')).toEqual(moved);
});

test.each([
  [
    'all channels constant and different',
    [
      [1, 1, 1],
      [2, 2, 2],
    ],
    1,
  ],
  [
    'all zeros',
    [
      [0, 0, 0],
      [0, 0, 0],
    ],
    1,
  ],
  [
    'small values that vary',
    [
      [0.001, 0.002, 0.003],
      [-0.002, 0.001, 0],
    ],
    0,
  ],
  [
    'one varies a ten-thousandth of the other',
    [
      [1e4, -1e4, 0],
      [0.1, 0.3, 0.2],
    ],
    0.5,
  ],
  // fastai counts what is below 0.05: all of these live.
  [
    'negative, and large means with little variance',
    [
      [-5, -4, -6],
      [1000, 1001, 999],
    ],
    0,
  ],
  [
    'one of two is constant',
    [
      [-5, -4, -6],
      [3, 3, 3],
    ],
    0.5,
  ],
])('dead: %s', async (_name, channels, share) => {
  const rows = [0, 1, 2].map((i) => channels.map((values) => values[i] as number));
  const model = tf.sequential({ layers: [layers.activation({ activation: 'linear', inputShape: [2], name: 'a' })] });
  const monitor = pack.monitorNormalization(model, { probe: tf.tensor2d(rows), layers: 'a' });
  await monitor.measure();
  expect(pointsOf(monitor, 'a')[0]?.deadShare).toBe(share);
});

test('gradient norms are those of finite differences, regularizers included', async () => {
  const gammaRegularizer = tf.regularizers.l2({ l2: 0.1 });
  const model = tf.sequential({
    layers: [
      dense(3, { inputShape: [2], activation: 'tanh' }),
      pack.batchNormalization({ name: 'bn', gammaRegularizer }),
      layers.dropout({ rate: 0.5 }),
      dense(1, { name: 'out' }),
    ],
  });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const [xs, ys] = [input([6, 2], 1), input([6, 1], 2)];
  const monitor = pack.monitorNormalization(model, { probe: { xs, ys }, layers: ['bn', 'out'] });
  await monitor.measure();
  const loss = () => {
    const [kernel, bias, gamma, beta, out, outBias] = model.trainableWeights.map((each) => each.read()) as never[];
    return tf.tidy(() => {
      const h = tf.tanh(tf.add(tf.matMul(xs as never, kernel as never), bias as never));
      const { mean: m, variance } = tf.moments(h, 0);
      const hat = tf.div(tf.sub(h, m), tf.sqrt(tf.add(variance, 1e-3)));
      const y = tf.add(
        tf.matMul(tf.add(tf.mul(hat, gamma as never), beta as never) as never, out as never),
        outBias as never,
      );
      const penalty = tf.mul(0.1, tf.sum(tf.square(gamma as never)));
      return tf.add(tf.mean(tf.square(tf.sub(y, ys))), penalty).dataSync()[0] as number;
    });
  };
  for (const name of ['bn', 'out']) {
    let squares = 0;
    for (const variable of model.getLayer(name).trainableWeights) {
      const values = Float32Array.from(variable.read().dataSync());
      for (let i = 0; i < values.length; i++) {
        const at = (step: number) => {
          const moved = values.slice();
          moved[i] = (moved[i] as number) + step;
          variable.write(tf.tensor(moved, variable.shape as number[]));
          return loss();
        };
        squares += ((at(1e-2) - at(-1e-2)) / 2e-2) ** 2;
      }
      variable.write(tf.tensor(values, variable.shape as number[]));
    }
    const measured = pointsOf(monitor, name)[0]?.gradientNorm as number;
    expect(Math.abs(measured / Math.sqrt(squares) - 1)).toBeLessThan(2e-3);
  }
  expect(monitor.series().losses[0]?.loss).toBeCloseTo(loss(), 5);
});

/** Every kind of weight that training moves, with dropout, which draws at random. */
function movable() {
  return tf.sequential({
    layers: [
      layers.conv2d({ filters: 4, kernelSize: 3, kernelInitializer, inputShape: [6, 6, 2] }),
      layers.batchNormalization({ name: 'stock' }),
      pack.batchInstanceNormalization({ name: 'bin', rhoInitializer: 'ones' }),
      layers.dropout({ rate: 0.3, seed: 4 }),
      pack.switchableNormalization({ name: 'sn' }),
      layers.flatten(),
      pack.weightNormalization({ layer: dense(3), dataInit: true, name: 'wn' }),
      pack.meanOnlyBatchNormalization({ name: 'mob' }),
      dense(1),
    ],
  });
}

test('training with a monitor is training without, bit for bit, and nothing is left', async () => {
  const [xs, ys] = [input([16, 6, 6, 2], 1), input([16, 1], 2)];
  const probe = { xs: input([5, 6, 6, 2], 9, 4), ys: input([5, 1], 8) };
  const train = async (watched: boolean) => {
    const model = movable();
    model.compile({ optimizer: tf.train.adam(0.01), loss: 'meanSquaredError' });
    const monitor = watched ? [pack.monitorNormalization(model, { probe, every: 1 })] : [];
    const { history } = await model.fit(xs, ys, {
      epochs: 2,
      batchSize: 4,
      shuffle: false,
      verbose: 0,
      callbacks: monitor,
    });
    return [history.loss, await stateOf(model)];
  };
  const random = jest.spyOn(Math, 'random');
  const alone = await train(false);
  const draws = random.mock.calls.length;
  expect(await train(true)).toEqual(alone);
  expect(random.mock.calls.length).toBe(2 * draws);
  random.mockRestore();
});

test('a look leaves no tensor, no override and no changed weight', async () => {
  const model = movable();
  model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
  const monitor = pack.monitorNormalization(model, { probe: { xs: input([4, 6, 6, 2]), ys: input([4, 1]) } });
  const before = [tf.memory().numTensors, await stateOf(model)];
  for (let i = 0; i < 3; i++) await monitor.measure();
  expect([tf.memory().numTensors, await stateOf(model)]).toEqual(before);
  expect(model.layers.some((layer) => Object.hasOwn(layer, 'call'))).toBe(false);
  const [first, second] = pointsOf(monitor, 'bin');
  expect({ ...second, step: 0 }).toEqual(first);
  expect(pointsOf(monitor, 'bin')[0]?.rho).toEqual({ mean: 1, instance: 0, batch: 1 });
  expect(pointsOf(monitor, 'sn')[0]?.mixture?.variance.layer).toBeCloseTo(1 / 3, 6);
  expect(pointsOf(monitor, 'mob')[0]).toMatchObject({ varianceGap: null, meanGap: expect.any(Number) });
});

test('a look that fails changes nothing either', async () => {
  const model = movable();
  model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
  const loss = () => {
    throw new Error('no loss');
  };
  const monitor = pack.monitorNormalization(model, { probe: [input([4, 6, 6, 2]), input([4, 1])], loss });
  const before = [tf.memory().numTensors, await stateOf(model)];
  await expect(monitor.measure()).rejects.toThrow('no loss');
  expect([tf.memory().numTensors, await stateOf(model)]).toEqual(before);
});

test.each([
  ['epoch' as const, [0, 4, 8]],
  [1, [0, 1, 2, 3, 4, 5, 6, 7, 8]],
  [3, [0, 3, 6, 8]],
  [4, [0, 4, 8]],
])('every %s: looks at steps %j', async (every, steps) => {
  const model = tf.sequential({ layers: [pack.layerNormalization({ inputShape: [3], name: 'ln' }), dense(1)] });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const [xs, ys] = [input([8, 3]), input([8, 1])];
  const monitor = pack.monitorNormalization(model, { probe: xs, every });
  await model.fit(xs, ys, { epochs: 2, batchSize: 2, verbose: 0, callbacks: monitor });
  expect(pointsOf(monitor, 'ln').map(({ step }) => step)).toEqual(steps);
  expect(pointsOf(monitor, 'ln').map(({ epoch }) => epoch)[0]).toBe(0);
  expect(pointsOf(monitor, 'ln').at(-1)?.epoch).toBe(2);
});

test('beside other callbacks, before and after them, objects and instances, and in fitDataset', async () => {
  const model = tf.sequential({ layers: [pack.rmsNormalization({ inputShape: [3], name: 'rms' }), dense(1)] });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const [xs, ys] = [input([4, 3]), input([4, 1])];
  const monitor = pack.monitorNormalization(model, { probe: xs });
  const ended = jest.fn();
  const stop = () => tf.callbacks.earlyStopping({ monitor: 'loss' });
  for (const callbacks of [[monitor, stop()], [stop(), monitor], [{ onEpochEnd: ended }, monitor], [monitor]]) {
    const seen = pointsOf(monitor, 'rms').length;
    await model.fit(xs, ys, { epochs: 1, verbose: 0, callbacks: callbacks as never });
    expect(pointsOf(monitor, 'rms').length).toBeGreaterThan(seen);
  }
  expect(ended).toHaveBeenCalledTimes(1);
  const batch = () => ({ xs: tf.clone(xs), ys: tf.clone(ys) });
  const dataset = {
    size: 1,
    iterator: async () => {
      let given = false;
      return {
        next: async () => {
          const done = given;
          given = true;
          return { value: done ? null : batch(), done };
        },
      };
    },
  };
  const seen = pointsOf(monitor, 'rms').length;
  await model.fitDataset(dataset as never, { epochs: 1, batchesPerEpoch: 1, verbose: 0, callbacks: [monitor] });
  expect(pointsOf(monitor, 'rms').length).toBeGreaterThan(seen);
});

describe('layers within layers', () => {
  const shared = () => pack.layerNormalization({ name: 'shared' });
  const nested = () => {
    const inner = tf.sequential({
      name: 'encoder',
      layers: [layers.inputLayer({ inputShape: [3, 4] }), pack.batchNormalization({ name: 'bn' })],
    });
    const norm = shared();
    const x = tf.input({ shape: [3, 4] });
    const a = norm.apply(inner.apply(x)) as never;
    const b = norm.apply(layers.dense({ units: 4, kernelInitializer, name: 'mid' }).apply(a)) as never;
    const steps = layers
      .timeDistributed({ layer: pack.rmsNormalization({ name: 'rms' }), name: 'td' })
      .apply(b) as never;
    const frozen = pack.batchNormalization({ name: 'frozen', trainable: false }).apply(steps) as never;
    const outputs = dense(1).apply(layers.flatten().apply(frozen) as never) as never;
    const model = tf.model({ inputs: x, outputs });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    return model;
  };

  test('nested, shared, once a time step and frozen', async () => {
    const model = nested();
    const [xs, ys] = [input([5, 3, 4]), input([5, 1])];
    const monitor = pack.monitorNormalization(model, { probe: { xs, ys } });
    await monitor.measure();
    const { layers: series } = monitor.series();
    expect(series.map(({ path, norm }) => [path, norm])).toEqual([
      ['encoder/bn', 'batch'],
      ['shared', 'layer'],
      ['td/rms', 'rms'],
      ['frozen', 'batch'],
    ]);
    expect(series.map(({ notes }) => notes.join())).toEqual([
      '',
      expect.stringMatching(/2 times/),
      expect.stringMatching(/time step/),
      expect.stringMatching(/frozen/),
    ]);
    expect(pointsOf(monitor, 'frozen')[0]?.gradientNorm).toBeNull();
    expect(pointsOf(monitor, 'encoder/bn')[0]?.gradientNorm).toBeGreaterThan(0);
    // Both uses of the shared layer together.
    const one = tf.model({
      inputs: model.inputs,
      outputs: [0, 1].map((i) => model.getLayer('shared').getOutputAt(i)) as never,
    });
    const both = (one.apply(xs, { training: true }) as Tensor[]).flatMap((y) => Array.from(y.dataSync()));
    expect(pointsOf(monitor, 'shared')[0]?.deviation).toBeCloseTo(Math.sqrt(varianceOf(both)), 5);
    expect(String(monitor)).toContain('td/rms: once a time step');
  });

  test('chosen by globs and functions', () => {
    const names = (selection: pack.LayerFilter) =>
      pack
        .monitorNormalization(nested(), { probe: input([5, 3, 4]), layers: selection })
        .series()
        .layers.map(({ path }) => path);
    expect(names('encoder/*')).toEqual(['encoder/bn']);
    expect(names('**/rms')).toEqual(['td/rms']);
    expect(names(['bn', 'mid'])).toEqual(['encoder/bn', 'mid']);
    expect(names((path, layer: Layer) => path.startsWith('s') && layer.built)).toEqual(['shared']);
  });

  test.each([
    ['a/*', 'a/b', true],
    ['a/*', 'a/b/c', false],
    ['a/**', 'a/b/c', true],
    ['**/c', 'a/b/c', true],
    ['**/c', 'c', true],
    ['conv?', 'x/conv1', true],
    ['conv?', 'x/conv12', false],
    ['a.b', 'axb', false],
    ['**', 'a/b', true],
  ])('%s on %s: %s', (glob, path, expected) => expect(globMatcher(glob)(path)).toBe(expected));
});

test('what is not finite is found once, told and drawn', async () => {
  const bn = pack.batchNormalization({ name: 'bn' });
  const model = tf.sequential({
    layers: [dense(3, { inputShape: [2], name: 'first' }), bn, dense(1, { name: 'last' })],
  });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const found: pack.MonitorFinding[] = [];
  const monitor = pack.monitorNormalization(model, {
    probe: [input([4, 2]), input([4, 1])],
    onFinding: (finding) => void found.push(finding),
  });
  await monitor.measure();
  expect(found).toEqual([]);
  const gamma = bn.trainableWeights[0] as never as { write(value: Tensor): void };
  gamma.write(tf.tensor1d([1, Number.NaN, Number.POSITIVE_INFINITY]) as never);
  await monitor.measure({ step: 10, epoch: 1 });
  await monitor.measure({ step: 20, epoch: 2 });
  expect(found.map(({ path, what, step }) => [path, what, step])).toEqual([
    ['bn', 'weight', 10],
    ['bn', 'activations', 10],
    ['bn', 'gradient', 10],
    [undefined, 'loss', 10],
  ]);
  expect(found[0]?.message).toBe('bn: 2 of the 3 values of gamma are not finite');
  expect(monitor.findings).toEqual(found);
  expect(String(monitor)).toContain('step 10: bn: 2 of the 3 values');
  expect(JSON.parse(JSON.stringify(monitor.series())).layers[0].points[1].mean).toBeNull();
});

test('a weight of a layer that is not watched is found too', async () => {
  const model = tf.sequential({ layers: [pack.layerNormalization({ inputShape: [2] }), dense(1, { name: 'last' })] });
  (model.getLayer('last').weights[1] as never as { write(v: Tensor): void }).write(tf.tensor1d([Number.NaN]) as never);
  const monitor = pack.monitorNormalization(model, { probe: input([4, 2]) });
  await monitor.measure();
  expect(monitor.findings.map(({ path, what }) => [path, what])).toEqual([['last', 'weight']]);
});

test('what does not fit is refused', async () => {
  const model = tf.sequential({ layers: [pack.layerNormalization({ inputShape: [4, 2], name: 'ln' })] });
  const probe = input([3, 4, 2]);
  const cases: [object, RegExp][] = [
    [{ probe: 3 }, /probe must be/],
    [{ probe: { ys: probe } }, /probe must be/],
    [{ probe, every: 0 }, /every/],
    [{ probe, every: 'day' }, /every/],
    [{ probe, layers: 'nothing' }, /no layer.*ln/],
  ];
  for (const [options, message] of cases)
    expect(() => pack.monitorNormalization(model, options as never)).toThrow(message);
  const plain = tf.sequential({ layers: [dense(1, { inputShape: [2] })] });
  expect(() => pack.monitorNormalization(plain, { probe: input([3, 2]) })).toThrow(/layers: '\*\*'/);
  const stateful = tf.sequential({
    layers: [
      layers.simpleRNN({
        units: 2,
        stateful: true,
        batchInputShape: [3, 4, 2],
        recurrentInitializer: 'glorotNormal',
        name: 'rnn',
      }),
      pack.layerNormalization(),
    ],
  });
  expect(() => pack.monitorNormalization(stateful, { probe })).toThrow(/stateful.*rnn/);
  const monitor = pack.monitorNormalization(model, { probe });
  expect(() => monitor.render({ name: 'a' })).toThrow(/surface/);
  expect(() => monitor.render(undefined as never)).toThrow(/element of a page/);
});
