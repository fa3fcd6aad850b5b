import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import * as ops from '../../src/ops/index.js';

beforeAll(() => tf.setBackend('cpu'));

const values = (f: () => tf.Tensor) => Array.from(tf.tidy(() => f().dataSync()));

test('inputs may be tensors, numbers and arrays, typed or nested', () => {
  const expected = values(() => ops.layerNorm(tf.tensor2d([[1, 2, 4]])));
  expect(values(() => ops.layerNorm([[1, 2, 4]]))).toEqual(expected);
  expect(values(() => ops.layerNorm(new Float32Array([1, 2, 4])))).toEqual(expected);
  expect(values(() => ops.layerNorm(new Int32Array([1, 2, 4])))).toEqual(expected);
  expect(values(() => ops.layerNorm(7, { axis: [] }))).toEqual([0]);
});

test('an option that is undefined is one that was not given', () => {
  const x = () => tf.tensor2d([[1, 2, 4]]);
  const without = values(() => ops.layerNorm(x()));
  const undefinedOnes = { axis: undefined, epsilon: undefined, gamma: undefined, beta: undefined };
  expect(values(() => ops.layerNorm(x(), undefinedOnes))).toEqual(without);
});

test('the input and the parameters stay the caller’s', () => {
  const [x, gamma] = [tf.tensor2d([[1, 2, 4]]), tf.tensor1d([1, 2, 3])];
  ops.layerNorm(x, { gamma }).dispose();
  tf.dispose(tf.grads((a: tf.Tensor, b: tf.Tensor) => ops.layerNorm(a, { gamma: b }) as never)([x, gamma]));
  expect(Array.from(x.dataSync())).toEqual([1, 2, 4]);
  expect(Array.from(gamma.dataSync())).toEqual([1, 2, 3]);
  tf.dispose([x, gamma]);
});

test('integers of parameters are converted', () => {
  const y = values(() => ops.layerNorm([[1, 2, 4]], { gamma: tf.tensor1d([1, 2, 3], 'int32') }));
  expect(y).toEqual(values(() => ops.layerNorm([[1, 2, 4]], { gamma: tf.tensor1d([1, 2, 3]) })));
});

test('pRMS counts max(1, ⌊p·n⌋) features, and 0.3·10 is 3', () => {
  const row = Array.from({ length: 10 }, (_, i) => i + 1);
  const over = (partial: number, k: number) => {
    const rms = Math.sqrt(row.slice(0, k).reduce((sum, v) => sum + v * v, 0) / k);
    const y = values(() => ops.rmsNorm([row], { partial, epsilon: 0 }));
    y.forEach((v, i) => {
      expect(v).toBeCloseTo((row[i] as number) / rms, 5);
    });
  };
  over(0.01, 1);
  over(0.3, 3);
  over(0.7, 7);
  over(0.99, 9);
});
