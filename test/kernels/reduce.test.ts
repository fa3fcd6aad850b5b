import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers';
import path from 'node:path';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {
  meanFromFirst,
  meanOver,
  positive,
  reciprocalDeviation,
  sumOver,
  wherePositive,
  withoutGradient,
} from '../../src/kernels/reduce.js';
import { normal } from '../suites/harness.js';

setWasmPaths(`${path.join(__dirname, '../../node_modules/@tensorflow/tfjs-backend-wasm/dist')}/`);

describe.each(['cpu', 'wasm'])('%s', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
    await tf.ready();
  });

  // Lengths in one piece, of whole blocks, of other divisors, and prime ones that need a rest.
  test.each([1, 7, 512, 513, 1024, 1000, 521, 100003, 4 * 100003])('sum of %i numbers', (n) => {
    const x = normal(n, { mean: 0.1, std: 0.01 });
    const exact = x.reduce((sum, v) => sum + v, 0);
    const sum = tf.tidy(() => sumOver(tf.tensor1d(x), [0]).dataSync()[0] as number);
    expect(Math.abs(sum / exact - 1)).toBeLessThan(1e-6);
  });

  test('any axes, each staying with length 1', () => {
    tf.tidy(() => {
      const x = tf.reshape(tf.range(0, 120), [2, 3, 4, 5]);
      for (const axes of [[0], [3], [1, 2], [0, 3], [0, 1, 2, 3], []]) {
        const expected = axes.length > 0 ? tf.sum(x, axes, true) : x;
        const actual = sumOver(x, axes);
        expect(actual.shape).toEqual(expected.shape);
        expect(Array.from(actual.dataSync())).toEqual(Array.from(expected.dataSync()));
      }
    });
  });

  test('a mean divides by n', () => {
    expect(tf.tidy(() => meanOver(tf.fill([3, 7], 3), [0, 1]).dataSync()[0])).toBe(3);
    tf.tidy(() => {
      const x = tf.ones([1, 4, 1]);
      expect(meanOver(x, [0, 2])).toBe(x); // nothing to average
    });
  });

  test('the mean of equal values is that value', () => {
    const means = tf.tidy(() => meanFromFirst(tf.fill([7, 3], 1234.567), 0).dataSync());
    expect(Array.from(means)).toEqual([1234.567, 1234.567, 1234.567].map(Math.fround));
  });

  test('a reciprocal deviation of nothing is 0 where epsilon is 0, with a finite gradient', () => {
    const values = (epsilon: number) =>
      Array.from(tf.tidy(() => reciprocalDeviation(tf.tensor1d([0, 4, 0.25]), epsilon).dataSync()));
    expect(values(0)).toEqual([0, 0.5, 2]);
    expect(values(0.25)[0]).toBe(2);
    const slopes = tf.tidy(() =>
      tf
        .grad((t) => reciprocalDeviation(t, 0))(tf.tensor1d([0, 4]))
        .dataSync(),
    );
    expect(slopes[0]).toBe(0);
    expect(slopes[1]).toBeCloseTo(-0.0625, 6);
  });

  test('NaN is not taken for nothing', () => {
    const value = tf.tidy(() => reciprocalDeviation(tf.tensor1d([Number.NaN]), 0).dataSync()[0]);
    expect(value).toBeNaN();
  });

  test('conditions that can be differentiated around', () => {
    tf.tidy(() => {
      expect(Array.from(positive(tf.tensor1d([-1, 0, 2])).dataSync())).toEqual([0, 0, 1]);
      expect(Array.from(wherePositive(tf.tensor1d([0, 4]), tf.sqrt).dataSync())).toEqual([0, 2]);
      const slope = tf.grad((x) => tf.mul(x, withoutGradient(x, tf.square)))(tf.tensor1d([3]));
      expect(Array.from(slope.dataSync())).toEqual([9]); // x²·dx, and nothing from the constant
    });
  });
});
