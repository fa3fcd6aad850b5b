import * as pack from '../../src/index.js';
import { expectClose, input, onCpu, tf, weight } from './setup.js';

onCpu();

const trained = (layer: pack.BatchNormalization, x: ReturnType<typeof input>) => layer.apply(x, { training: true });

test('moving statistics follow Keras: biased variance, momentum is the share kept', () => {
  const layer = pack.batchNormalization({ momentum: 0.75 });
  const x = tf.tensor2d([
    [1, 10],
    [3, 30],
    [5, 80],
  ]);
  trained(layer, x);
  expect(weight(layer, 'moving_mean')).toEqual([0.75, 10]);
  expect(weight(layer, 'moving_variance')[0]).toBeCloseTo(0.75 + 0.25 * (8 / 3), 6);
});

test.each([{ trainable: false }, { training: false as const }])(
  '%j neither uses nor moves with the batch',
  (options) => {
    const layer = pack.batchNormalization(options);
    const x = input([4, 3]);
    expectClose(trained(layer, x) as never, tf.div(x, Math.sqrt(1.001)));
    expect(weight(layer, 'moving_mean')).toEqual([0, 0, 0]);
  },
);

test('training: true uses the batch in inference, and does not move there', () => {
  const layer = pack.batchNormalization({ training: true });
  const x = input([4, 3]);
  expectClose(layer.apply(x) as never, pack.batchNorm(x));
  expect(weight(layer, 'moving_mean')).toEqual([0, 0, 0]);
});

test('a frozen model freezes it, though the host leaves the layer alone', () => {
  const layer = pack.batchNormalization({ inputShape: [3] });
  const model = tf.sequential({ layers: [layer] });
  model.trainable = false;
  model.apply(input([4, 3]), { training: true });
  expect(weight(layer, 'moving_mean')).toEqual([0, 0, 0]);
});

test('a channel of NaN leaves its memory alone, and only its own', () => {
  const layer = pack.batchNormalization({ momentum: 0 });
  trained(
    layer,
    tf.tensor2d([
      [Number.NaN, 1],
      [2, 3],
    ]),
  );
  expect(weight(layer, 'moving_mean')).toEqual([0, 2]);
  expect(weight(layer, 'moving_variance')).toEqual([1, 1]);
});

test('an empty batch leaves the memory alone', () => {
  const layer = pack.batchNormalization({ momentum: 0 });
  const y = trained(layer, tf.zeros([0, 2])) as unknown as ReturnType<typeof input>;
  expect(y.shape).toEqual([0, 2]);
  expect(weight(layer, 'moving_mean')).toEqual([0, 0]);
});

test('padding with a mask is as no padding', () => {
  const x = input([2, 3, 4]);
  const padded = tf.concat([x, tf.fill([2, 2, 4], 1e6)], 1);
  const mask = tf.tensor2d(
    [
      [1, 1, 1, 0, 0],
      [1, 1, 1, 0, 0],
    ],
    [2, 5],
    'bool',
  );
  const [plain, masked] = [0, 1].map(() => pack.batchNormalization({ momentum: 0.5 })) as [
    pack.BatchNormalization,
    pack.BatchNormalization,
  ];
  const y = plain.apply(x, { training: true }) as ReturnType<typeof input>;
  const yMasked = masked.call(padded, {}) && (masked.apply(padded, { training: true, mask }) as typeof y);
  expectClose(tf.slice(yMasked, [0, 0, 0], [2, 3, 4]), y, 1e-5);
  expect(weight(masked, 'moving_mean')).toEqual(weight(plain, 'moving_mean').map((v) => expect.closeTo(v, 5)));
});

test('a second build changes nothing; a refused one leaves nothing and can be repeated', () => {
  const layer = pack.batchNormalization({ gammaInitializer: 'identity' });
  expect(() => layer.build([null, 4])).toThrow();
  expect([layer.built, layer.weights.length]).toEqual([false, 0]);
  const other = pack.batchNormalization();
  other.build([null, 4]);
  other.build([null, 4]);
  expect(other.weights.length).toBe(4);
});

test('an explicit training: true chooses the batch even when frozen, and its memory stays', () => {
  const layer = pack.batchNormalization({ training: true, trainable: false });
  const x = input([4, 3]);
  expectClose(layer.apply(x, { training: true }) as never, pack.batchNorm(x));
  expect(weight(layer, 'moving_mean')).toEqual([0, 0, 0]);
});

test('a mask that does not fit, left by an earlier layer, is nobody’s', () => {
  const x = input([2, 3, 4]);
  const stale = tf.zeros([2, 7], 'bool');
  const layer = pack.batchNormalization();
  expectClose(layer.apply(x, { training: true, mask: stale }) as never, pack.batchNorm(x));
});
