import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../../../models/digits/backend.js';
import { provideKernels } from '../../../src/kernels/dispatch.js';
import { batchInstanceNorm, switchNorm } from '../../../src/ops/index.js';
import { expectClose, normal } from '../../suites/harness.js';

beforeAll(() => useBackend('wasm'));

const read = (f: () => tf.Tensor) => tf.tidy(() => f().dataSync()) as Float32Array;

test('statistics from another backend, for which the memory grows', async () => {
  const C = 400_000;
  const channels = (value: number) => tf.fill([C], value);
  await useBackend('cpu');
  const given = { rho: channels(0.5), mean: channels(0.5), variance: channels(2) };
  await useBackend('wasm');
  const x = tf.tidy(() => tf.tile(tf.reshape(tf.tensor1d(normal(32)), [1, 32, 1]), [1, 1, C]));
  const { wasm } = tf.backend() as unknown as {
    wasm: { HEAP8: Int8Array; _malloc(n: number): number; _free(p: number): void };
  };
  const y = read(() => tf.slice(batchInstanceNorm(x, given), [0, 0, C - 1], [1, 32, 1]));
  expect(wasm.HEAP8.length).toBeGreaterThan(0);
  const values = normal(32);
  const mean = values.reduce((a, b) => a + b / 32, 0);
  const variance = values.reduce((a, b) => a + (b - mean) ** 2 / 32, 0);
  const expected = values.map(
    (v) => 0.5 * ((v - 0.5) / Math.sqrt(2 + 1e-5)) + 0.5 * ((v - mean) / Math.sqrt(variance + 1e-5)),
  );
  expectClose(y, expected, { atol: 3e-6, rtol: 3e-6 });
  tf.dispose([x, given]);
});

describe('a memory of statistics that are not mixed', () => {
  const statistics = ['instance', 'layer'] as const;
  const loss = (x: tf.Tensor, mean: tf.Tensor, variance: tf.Tensor) =>
    tf.sum(tf.square(switchNorm(x, { mean, variance, statistics })));
  const point = () =>
    [tf.tensor(normal(192), [2, 32, 3]), tf.ones([3]), tf.ones([3])] as [tf.Tensor, tf.Tensor, tf.Tensor];

  test.each([true, false])('gets gradients of zero, by a kernel of its own: %s', (own) => {
    const ours = provideKernels('wasm', {});
    provideKernels('wasm', own ? ours : { Mixture: ours.Mixture as never });
    tf.tidy(() => {
      const [dx, dmean] = tf.grads(loss as never)(point()) as [tf.Tensor, tf.Tensor];
      expect(Array.from(dmean.dataSync())).toEqual([0, 0, 0]);
      expect(dx.dataSync().some((v) => v !== 0)).toBe(true);
    });
    provideKernels('wasm', ours);
  });

  test('does not hinder the second order', () => {
    tf.tidy(() => {
      const [x, mean, variance] = point();
      const slope = (t: tf.Tensor) => tf.sum(tf.square(tf.grads(loss as never)([t, mean, variance])[0] as tf.Tensor));
      expect(tf.grad(slope)(x).dataSync().every(Number.isFinite)).toBe(true);
    });
  });
});

test.each([1e-19, 1e18])('deviation %s without epsilon', (size) => {
  tf.tidy(() => {
    const x = tf.tensor(normal(2 * 64 * 4, { std: size }), [2, 64, 4]);
    const rho = tf.fill([4], 0.5);
    const dy = tf.tensor(normal(2 * 64 * 4, { seed: 3 }), [2, 64, 4]);
    const f = (t: tf.Tensor) => tf.sum(tf.mul(dy, batchInstanceNorm(t, { rho, epsilon: 0 })));
    const dx = tf.mul(tf.grad(f)(x), size).dataSync() as Float32Array;
    const expected = tf.grad(f)(tf.div(x, size)).dataSync() as Float32Array;
    expectClose(dx, expected, { atol: 2e-5, rtol: 2e-5 });
  });
});

test('an empty batch: the weights get gradients of zero', () => {
  tf.tidy(() => {
    const f = (x: tf.Tensor, rho: tf.Tensor) => tf.sum(batchInstanceNorm(x, { rho }));
    const [dx, drho] = tf.grads(f as never)([tf.zeros([0, 3, 4]), tf.ones([4])]) as [tf.Tensor, tf.Tensor];
    expect([dx.shape, Array.from(drho.dataSync())]).toEqual([
      [0, 3, 4],
      [0, 0, 0, 0],
    ]);
  });
});

test('where statistics are as many as values they are mixed by operations', async () => {
  const kernelsOf = async (shape: number[]) => {
    const x = tf.ones(shape);
    const { kernelNames } = await tf.profile(() => switchNorm(x));
    x.dispose();
    return kernelNames;
  };
  expect(await kernelsOf([64, 256])).not.toContain('tfnorm.Mixture.variance');
  expect(await kernelsOf([32, 256])).toContain('tfnorm.Mixture.variance');
  expect(await kernelsOf([64, 16, 256])).toContain('tfnorm.Mixture.variance');
});

test.each([
  ['layer', 'batch'],
  ['batch', 'layer'],
] as const)(
  '%s and %s: a variance beyond float32 gives β, and the gradients of composed operations',
  (...statistics) => {
    const values = normal(3 * 10 * 4, { seed: 3 });
    for (let s = 0; s < 10; s++) values[4 * s + 1] = s % 2 ? 1e25 : -1e25; // one channel of the first example
    const run = () =>
      tf.tidy(() => {
        const f = (x: tf.Tensor, beta: tf.Tensor) => switchNorm(x, { beta: beta as tf.Tensor1D, statistics });
        const given = [tf.tensor(values, [3, 10, 4]), tf.tensor1d([1, 2, 3, 4])] as const;
        return [f(...given), ...tf.grads(f as never)([...given])].map((t) => t.dataSync());
      });
    const own = run();
    const former = provideKernels('wasm', {});
    const composed = run();
    provideKernels('wasm', former);
    for (let i = 0; i < 40; i++) expect(own[0]?.[i]).toBe(1 + (i % 4)); // the Layer statistics of all of the example
    own.forEach((list, i) => {
      expect(Array.from(list, Number.isNaN)).toEqual(Array.from(composed[i] as Float32Array, Number.isNaN));
    });
  },
);
