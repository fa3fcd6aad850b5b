import type { Tensor } from '@tensorflow/tfjs-core';
import { type Check, expectClose, expectTrue, normal, type Pack, type Tf, type Tolerance } from '../harness.js';
import { equal, read, tolerance } from '../subjects.js';

/** Norms that are one another at the end of their range, and numbers worked out by hand. */

const SHAPE: [number, number, number, number] = [3, 4, 5, 6];
const EPSILON = 1e-5;
const CLOSE = { atol: 2e-6, rtol: 2e-6 };

const data = (tf: Tf, seed = 1, std = 2) => tf.tensor4d(normal(360, { mean: 1.5, std, seed }), SHAPE);
const channels = (tf: Tf, seed: number, std = 0.5) => tf.tensor1d(normal(6, { mean: 1, std, seed }));
const memory = (tf: Tf) => ({ mean: channels(tf, 8), variance: tf.square(channels(tf, 9)) });

/** γ and β of both sides: an identity that holds only without them would be none. */
const affine = (tf: Tf) => ({ gamma: channels(tf, 3), beta: channels(tf, 4), epsilon: EPSILON });

const same = (
  name: string,
  sides: (tf: Tf, pack: Pack) => [Tensor, Tensor],
  close: (tf: Tf) => Tolerance = (tf) => tolerance(tf, 2),
): Check => ({
  name,
  async run(tf, pack) {
    const left = await read(tf, () => sides(tf, pack)[0]);
    const right = await read(tf, () => sides(tf, pack)[1]);
    expectClose(left, right, close(tf));
  },
});

const values = (name: string, f: (tf: Tf, pack: Pack) => Tensor, expected: number[]): Check => ({
  name,
  async run(tf, pack) {
    expectClose(await read(tf, () => f(tf, pack)), expected, CLOSE);
  },
});

const oneHot = (tf: Tf, k: number) => tf.tensor1d([0, 1, 2].map((i) => (i === k ? 100 : -100)));

/** Switchable norm whose logits leave one statistic. */
const switched = (tf: Tf, pack: Pack, k: number, given = {}) =>
  pack.switchNorm(data(tf), { ...affine(tf), meanWeight: oneHot(tf, k), varianceWeight: oneHot(tf, k), ...given });

export const identities: Check[] = [
  same('group(1) = layer over all but the batch', (tf, pack) => [
    pack.groupNorm(data(tf), { groups: 1, epsilon: EPSILON }),
    pack.layerNorm(data(tf), { axis: [1, 2, 3], epsilon: EPSILON }),
  ]), // not bit for bit: the sums run over differently split dimensions
  same(
    'group(C) = instance',
    (tf, pack) => [pack.groupNorm(data(tf), { ...affine(tf), groups: 6 }), pack.instanceNorm(data(tf), affine(tf))],
    equal,
  ),
  same(
    'group(-1) = instance',
    (tf, pack) => [
      pack.groupNorm(data(tf), { ...affine(tf), groups: -1, axis: 1, gamma: tf.ones([4]), beta: tf.zeros([4]) }),
      pack.instanceNorm(data(tf), { epsilon: EPSILON, axis: 1 }),
    ],
    equal,
  ),
  {
    name: 'groups are contiguous channels: interleaved ones differ',
    async run(tf, pack) {
      const grouped = (order: number[], back: number[]) =>
        read(tf, () => {
          const spread = tf.add(data(tf), tf.range(0, 6)); // channels of different levels
          const x = tf.gather(spread, tf.tensor1d(order, 'int32'), 3);
          return tf.gather(pack.groupNorm(x, { groups: 3 }), tf.tensor1d(back, 'int32'), 3);
        });
      const plain = await grouped([0, 1, 2, 3, 4, 5], [0, 1, 2, 3, 4, 5]);
      expectClose(await grouped([1, 0, 5, 4, 3, 2], [1, 0, 5, 4, 3, 2]), plain, CLOSE, 'order within and of groups');
      const interleaved = await grouped([0, 3, 1, 4, 2, 5], [0, 2, 4, 1, 3, 5]);
      expectTrue(
        interleaved.some((v, i) => Math.abs(v - (plain[i] as number)) > 0.3),
        'interleaved groups must differ',
      );
    },
  },
  same('rms = layer on rows of mean zero', (tf, pack) => {
    const x = tf.sub(data(tf), tf.mean(data(tf), -1, true));
    return [
      pack.rmsNorm(x, { gamma: channels(tf, 3), epsilon: EPSILON }),
      pack.layerNorm(x, { gamma: channels(tf, 3), epsilon: EPSILON }),
    ];
  }),
  same('batch = layer of the transposed', (tf, pack) => {
    const x = data(tf);
    const rows = tf.transpose(x, [3, 0, 1, 2]);
    return [
      pack.batchNorm(x, { epsilon: EPSILON }),
      tf.transpose(pack.layerNorm(rows, { axis: [1, 2, 3], epsilon: EPSILON }), [1, 2, 3, 0]),
    ];
  }),
  ...(['training', 'inference'] as const).flatMap((phase) => {
    const given = (tf: Tf) => (phase === 'training' ? {} : memory(tf));
    return [
      same(`batch-instance(1) = batch, ${phase}`, (tf, pack) => [
        pack.batchInstanceNorm(data(tf), { ...affine(tf), ...given(tf), rho: 1 }),
        pack.batchNorm(data(tf), { ...affine(tf), ...given(tf) }),
      ]),
      same(`batch-instance(0) = instance, ${phase}`, (tf, pack) => [
        pack.batchInstanceNorm(data(tf), { ...affine(tf), ...given(tf), rho: 0 }),
        pack.instanceNorm(data(tf), affine(tf)),
      ]),
      same(`batch-instance clips its gate, ${phase}`, (tf, pack) => [
        pack.batchInstanceNorm(data(tf), {
          ...affine(tf),
          ...given(tf),
          rho: tf.tensor1d([-3, 2, 0.5, -0.01, 1.01, 7]),
        }),
        pack.batchInstanceNorm(data(tf), { ...affine(tf), ...given(tf), rho: tf.tensor1d([0, 1, 0.5, 0, 1, 1]) }),
      ]),
      same(`switchable one-hot = instance, ${phase}`, (tf, pack) => [
        switched(tf, pack, 0, given(tf)),
        pack.instanceNorm(data(tf), affine(tf)),
      ]),
      same(`switchable one-hot = layer statistics, ${phase}`, (tf, pack) => [
        switched(tf, pack, 1, given(tf)),
        pack.groupNorm(data(tf), { ...affine(tf), groups: 1 }),
      ]),
      same(`switchable one-hot = batch, ${phase}`, (tf, pack) => [
        switched(tf, pack, 2, given(tf)),
        pack.batchNorm(data(tf), { ...affine(tf), ...given(tf) }),
      ]),
    ];
  }),
  same('switchable of two statistics = of three with one shut out', (tf, pack) => [
    pack.switchNorm(data(tf), {
      ...affine(tf),
      statistics: ['batch', 'instance'],
      meanWeight: tf.tensor1d([0.3, -0.4]),
      varianceWeight: tf.tensor1d([1, 0.5]),
    }),
    pack.switchNorm(data(tf), {
      ...affine(tf),
      meanWeight: tf.tensor1d([-0.4, -100, 0.3]),
      varianceWeight: tf.tensor1d([0.5, -100, 1]),
    }),
  ]),
  values('by hand: rms of [3, 4] is x/√12.5', (tf, pack) => pack.rmsNorm(tf.tensor2d([[3, 4]]), { epsilon: 0 }), [
    3 / Math.sqrt(12.5),
    4 / Math.sqrt(12.5),
  ]),
  values(
    'by hand: epsilon is added inside the root',
    (tf, pack) => pack.layerNorm(tf.tensor2d([[-1, 1]]), { epsilon: 3 }),
    [-0.5, 0.5],
  ),
  values(
    'by hand: partial counts the first features, offset is added to gamma',
    (tf, pack) =>
      pack.rmsNorm(tf.tensor2d([[3, 4, 10]]), { epsilon: 0, partial: 0.7, offset: 1, gamma: tf.tensor1d([0, 1, 2]) }),
    [3, 8, 30].map((v) => v / Math.sqrt(12.5)),
  ),
  values(
    'by hand: layer over no axis gives beta',
    (tf, pack) => pack.layerNorm(tf.tensor1d([5, 7]), { axis: [], beta: tf.scalar(2) }),
    [2, 2],
  ),
  values(
    'by hand: layer of a scalar gives beta',
    (tf, pack) => pack.layerNorm(tf.scalar(5), { axis: [], beta: tf.scalar(2) }),
    [2],
  ),
];
