import type { Tensor } from '@tensorflow/tfjs-core';
import { type Check, expectClose, normal, type Pack, type Suite, type Tf } from '../harness.js';
import { tensors } from './webglPrograms.js';

/** Mixtures and all their gradients beside those of the cpu backend, which mixes in double. */

interface Case {
  readonly norm: 'batchInstance' | 'switchable';
  readonly shape: number[];
  readonly axis: number;
  readonly hasMemory: boolean;
  readonly affine: boolean;
  readonly epsilon: number;
  readonly statistics?: readonly ('instance' | 'layer' | 'batch')[];
  readonly mean: number;
  readonly std: number;
}

const SHAPES: readonly [number[], number][] = [
  [[3, 5, 7, 9], 3],
  [[2, 9, 5, 7], 1],
  [[2, 5, 7, 9], 2],
  [[1, 19, 21, 6], 3],
  [[70, 2, 3, 5], 3],
  [[2, 130, 3, 3], 1],
  [[3, 6, 11], 1],
  [[4, 11, 3], 2],
  [[2, 3, 6, 5, 7], 2],
  [[3, 4, 1, 1], 1],
  [[5, 3], 1],
];

function cases(): Case[] {
  const norms = ['batchInstance', 'switchable'] as const;
  const lists = [undefined, ['instance', 'batch'], ['layer', 'instance'], ['batch', 'layer', 'instance']] as const;
  return SHAPES.flatMap(([shape, axis], i) =>
    norms.flatMap((norm) =>
      [false, true].map((hasMemory, j) => {
        const k = i + j;
        const statistics = norm === 'switchable' ? lists[k % lists.length] : undefined;
        return {
          norm,
          shape,
          axis,
          hasMemory,
          affine: k % 3 !== 0,
          epsilon: 1e-3,
          mean: k % 4 === 0 ? 300 : 0.5,
          std: 1,
          ...(statistics ? { statistics } : {}),
        };
      }),
    ),
  );
}

/** Where a mean that is a tensor has lost the digits of a small deviation; without space every value is a set. */
const LARGE_MEANS: Case[] = [
  [3, 5, 7, 9],
  [2, 40, 6],
  [16, 6],
  [9, 1],
].flatMap((shape) =>
  (['batchInstance', 'switchable'] as const).map((norm) => {
    const about = { hasMemory: false, affine: true, epsilon: 1e-3, mean: 1e4, std: 0.06 };
    return { norm, shape, axis: shape.length - 1, ...about };
  }),
);

async function results(tf: Tf, pack: Pack, c: Case): Promise<Float32Array[]> {
  const { norm, shape, axis, epsilon, statistics } = c;
  const size = shape[axis] as number;
  const count = statistics?.length ?? 3;
  const weights: Record<string, number> =
    norm === 'batchInstance' ? { rho: size } : { meanWeight: count, varianceWeight: count };
  const sizes = { ...weights, ...(c.affine ? { gamma: size, beta: size } : {}) };
  const n = shape.reduce((product, length) => product * length, 1);
  const x = tf.tensor(normal(n, { mean: c.mean, std: c.std, seed: 4 }), shape);
  const dy = tf.tensor(normal(n, { mean: 0.2, seed: 5 }), shape);
  const given = tensors(tf, sizes); // of the gates some are clipped
  if (c.hasMemory) {
    given.mean = tf.tensor1d(normal(size, { mean: c.mean, seed: 6 }));
    given.variance = tf.tensor1d(normal(size, { mean: 1, std: 0.1, seed: 8 }));
  }
  const names = Object.keys(given);
  const options = { axis, epsilon, ...(statistics ? { statistics } : {}) };
  const op = norm === 'batchInstance' ? pack.batchInstanceNorm : pack.switchNorm;
  const f = (t: Tensor, ...list: Tensor[]) =>
    op(t, { ...options, ...Object.fromEntries(names.map((name, i) => [name, list[i]])) } as object);
  const made = tf.tidy(() => {
    const values = [x, ...Object.values(given)] as [Tensor, ...Tensor[]];
    return [f(...values), ...tf.grads((...args: Tensor[]) => f(...(args as [Tensor, ...Tensor[]])))(values, dy)];
  });
  const read = await Promise.all(made.map((t) => t.data() as Promise<Float32Array>));
  tf.dispose([x, dy, ...Object.values(given), ...made]);
  return read;
}

const size = (values: Float32Array) => values.reduce((m, v) => Math.max(m, Math.abs(v)), 0);

export const webglMixtureSuite: Suite = {
  name: 'webgl mixtures',
  checks: [...cases(), ...LARGE_MEANS].map(
    (c): Check => ({
      name: `${c.norm} [${c.shape}] axis ${c.axis}${c.hasMemory ? ' memory' : ''} mean ${c.mean} ${c.statistics ?? ''}`,
      async run(tf, pack) {
        const found = await results(tf, pack, c);
        const own = tf.getBackend();
        await tf.setBackend('cpu');
        try {
          const expected = await results(tf, pack, c);
          const dxSize = size(expected[1] as Float32Array);
          found.forEach((values, i) => {
            // Gradients of weights are sums that cancel: measured by x's own as well.
            const scale = Math.max(size(expected[i] as Float32Array), i > 1 ? dxSize : 0);
            const tolerance = { atol: 5e-6 * Math.max(1, scale), rtol: 1e-5 };
            expectClose(values, expected[i] as Float32Array, tolerance, `result ${i}`);
          });
        } finally {
          await tf.setBackend(own);
        }
      },
    }),
  ),
};
