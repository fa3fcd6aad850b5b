import type { Tensor } from '@tensorflow/tfjs-core';
import { type Check, expectClose, expectTrue, normal } from '../harness.js';
import { centred, EPSILON, expectExact, passes, product } from './calls.js';

/** Numbers and shapes at the edge, at which one of TensorFlow's ops is wrong or breaks. */

/** A mean far away is not left to an op that adds plainly. */
const farMeans: Check[] = centred.map(([name, given]) => ({
  name: `a mean of 1000 costs no digits: ${name}`,
  run: (tf, pack) => expectExact(tf, passes(tf, pack, given, 1000), given, 1000),
}));

/** Without ε a channel of zeros would be 0/0. */
const noEpsilon: Check[] = ['batch', 'instance'].map((name) => ({
  name: `zeros without epsilon are beta: ${name}`,
  async run(tf, pack) {
    const norm = name === 'batch' ? pack.batchNorm : pack.instanceNorm;
    const shape: [number, number, number, number] = [1, 60, 60, 32];
    const [y, dx] = tf.tidy(() => {
      const f = (x: Tensor) => norm(x, { beta: tf.fill([32], 3), epsilon: 0 });
      return [f(tf.zeros(shape)), tf.grad(f)(tf.zeros(shape))];
    }) as [Tensor, Tensor];
    try {
      expectTrue(
        (await y.data()).every((v) => v === 3),
        'y is β',
      );
      expectTrue((await dx.data()).every(Number.isFinite), 'dx is finite');
    } finally {
      tf.dispose([y, dx]);
    }
  },
}));

/** Channels first with nothing behind them looks like channels last of one channel. */
const unitPositions: Check = {
  name: 'inference of channels with one position each',
  async run(tf, pack) {
    for (const [shape, axis] of [
      [[4, 3, 1, 1], 1],
      [[3, 1, 1, 1], 0],
      [[1, 4, 3, 1], 2],
      [[4, 3, 1], 1],
    ] as const) {
      const x = normal(product(shape), { seed: 2 });
      const channels = shape[axis];
      const y = tf.tidy(() => {
        const [mean, variance] = [tf.range(0, channels), tf.fill([channels], 4)];
        return pack.batchNorm(tf.tensor(x, [...shape]), { axis, mean, variance, epsilon: EPSILON });
      });
      const expected = x.map((v, i) => (v - (i % channels)) / Math.sqrt(4 + EPSILON));
      expectClose(await y.data(), expected, { atol: 1e-6, rtol: 0 }, `[${shape}]`);
      y.dispose();
    }
  },
};

/** TensorFlow takes numbers below the normal ones for 0. */
const subnormalEpsilon: Check = {
  name: 'an epsilon below the smallest normal number is 0',
  async run(tf, pack) {
    for (const norm of [pack.layerNorm, pack.instanceNorm, pack.batchNorm]) {
      const y = tf.tidy(() => norm(tf.fill([1, 9, 4], 3), { epsilon: 1e-40 }));
      expectTrue(
        (await y.data()).every((v) => v === 0),
        'a constant gives 0',
      );
      y.dispose();
    }
  },
};

/** A set of one value does not move with it. */
const lonely: Check = {
  name: 'sets of one value have no gradient, however small epsilon is',
  async run(tf, pack) {
    const gamma = tf.tensor1d([0.37, 1.3]);
    const f = (x: Tensor) => pack.batchNorm(x, { gamma, epsilon: 1e-12 });
    const dx = tf.tidy(() => tf.grad(f)(tf.tensor2d([[0.3, 0.7]]), tf.tensor2d([[1.1, -0.7]])));
    expectTrue(
      (await dx.data()).every((v) => v === 0),
      `${await dx.data()}`,
    );
    tf.dispose([gamma, dx]);
  },
};

/** TensorFlow's second output is divided by n − 1; Keras's memory holds the biased variance. */
const biasedVariance: Check = {
  name: 'the biased variance is remembered',
  async run(tf, pack) {
    const layer = pack.batchNormalization({ momentum: 0 });
    const model = tf.sequential({ layers: [tf.layers.inputLayer({ inputShape: [2] }), layer] });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const [x, y] = [tf.tensor2d([1, 10, 3, 40], [2, 2]), tf.zeros([2, 2])];
    try {
      await model.trainOnBatch(x, y);
      const variance = layer.getWeights().at(-1) as Tensor;
      expectClose(await variance.data(), [1, 225], { atol: 0, rtol: 1e-5 }, 'moving variance');
    } finally {
      model.dispose();
      tf.dispose([x, y]);
    }
  },
};

const tinyEpsilon: Check = {
  name: 'a tiny epsilon is used as it is',
  async run(tf, pack) {
    const values = normal(4 * 40 * 40 * 32, { std: 1e-5, seed: 8 });
    const x = tf.tensor(values, [4, 40, 40, 32]);
    const [small, usual] = [1e-12, 1e-5].map((epsilon) => tf.tidy(() => tf.moments(pack.batchNorm(x, { epsilon }))));
    try {
      // variance 1e-10: under ε = 1e-12 it stays about 0.99, under 1e-5 it all but vanishes
      expectClose(await (small as { variance: Tensor }).variance.data(), [0.99], { atol: 0.01, rtol: 0 }, 'ε 1e-12');
      expectClose(await (usual as { variance: Tensor }).variance.data(), [1e-5], { atol: 1e-6, rtol: 0 }, 'ε 1e-5');
    } finally {
      tf.dispose([x, small, usual] as Tensor[]);
    }
  },
};

export const edges: readonly Check[] = [
  ...farMeans,
  ...noEpsilon,
  unitPositions,
  subnormalEpsilon,
  lonely,
  biasedVariance,
  tinyEpsilon,
];
