import * as pack from '../../src/index.js';
import { expectThrows } from '../suites/harness.js';
import { expectClose, input, onCpu, tf, weight } from './setup.js';

onCpu();

const rhoOf = (value: number) => tf.initializers.constant({ value });

test.each([[[3, 5, 4]], [[3, 5, 2, 4]], [[3, 2, 5, 3, 4]]])(
  'ρ = 1 is batch, ρ = 0 instance normalization at %j',
  (shape) => {
    const x = input(shape);
    const batch = pack.batchInstanceNormalization({ training: true });
    const instance = pack.batchInstanceNormalization({ rhoInitializer: 'zeros' });
    expectClose(batch.apply(x) as never, pack.batchNorm(x, { epsilon: 1e-5 }));
    expectClose(instance.apply(x) as never, pack.instanceNorm(x, { epsilon: 1e-5 }));
  },
);

test('ρ is projected by training calls, used clipped in between, and free to come back', () => {
  const layer = pack.batchInstanceNormalization({ inputShape: [5, 4], rhoInitializer: rhoOf(0.9) });
  const model = tf.sequential({ layers: [layer, tf.layers.flatten(), tf.layers.dense({ units: 1 })] });
  const x = input([6, 5, 4]);
  const rho = layer.weights.find(({ originalName }) => originalName.endsWith('rho')) as { read(): unknown };
  (rho.read() as unknown as { assign(t: unknown): void }).assign(tf.tensor1d([1.5, -0.5, 0.25, 2])); // as an optimizer
  const clipped = tf.tensor1d([1, 0, 0.25, 1]);
  const memory = { mean: tf.zeros([4]), variance: tf.ones([4]) };
  expectClose(layer.apply(x) as never, pack.batchInstanceNorm(x, { rho: clipped, ...memory }));
  expect(weight(layer, 'rho')).toEqual([1.5, -0.5, 0.25, 2]);
  const gradient = tf.grad((r) =>
    tf.sum(tf.square(pack.batchInstanceNorm(x, { rho: r, gamma: tf.tensor1d([1, 2, 3, 4]) }))),
  );
  expect(Array.from(gradient(tf.tensor1d([1.5, -0.5, 0.25, 2])).dataSync()).every((d) => d !== 0)).toBe(true);
  model.apply(x, { training: true });
  expect(weight(layer, 'rho')).toEqual([1, 0, 0.25, 1]);
});

test('values from files are clipped', () => {
  const layer = pack.batchInstanceNormalization({ inputShape: [5, 2] });
  tf.sequential({ layers: [layer] });
  layer.setWeights([tf.ones([2]), tf.zeros([2]), tf.tensor1d([3, -3]), tf.zeros([2]), tf.ones([2])]);
  expect(weight(layer, 'rho')).toEqual([1, 0]);
});

test.each([
  ['sgd', () => tf.train.sgd(50)],
  ['momentum', () => tf.train.momentum(50, 0.9)],
])('under %s the multiplier is a learning rate for ρ', async (_name, optimizer) => {
  const factor = 10;
  const step = async (rhoLearningRateMultiplier: number) => {
    const layer = pack.batchInstanceNormalization({
      inputShape: [5, 2],
      rhoLearningRateMultiplier,
      rhoInitializer: rhoOf(0.5),
    });
    const model = tf.sequential({ layers: [layer] });
    model.compile({ optimizer: optimizer(), loss: 'meanSquaredError' });
    const x = input([4, 5, 2]);
    await model.trainOnBatch(x, tf.mul(x, 1e-3));
    return weight(layer, 'rho').map((v) => v - 0.5);
  };
  const [plain, scaled] = [await step(1), await step(factor)];
  for (const i of [0, 1]) expect((scaled[i] as number) / (plain[i] as number)).toBeCloseTo(factor, 2);
});

test('a ρ that starts outside [0, 1] is refused, as option of the layer and of the op', () => {
  expectThrows(
    () => pack.batchInstanceNormalization({ rhoInitializer: rhoOf(1.5) }),
    /rho must start in \[0, 1\].*value=1.5/,
  );
  expectThrows(() => pack.batchInstanceNorm(input([2, 3, 4]), { rho: -0.1 }), /rho must lie in \[0, 1\]/);
});
