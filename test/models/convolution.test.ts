import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // Brings the gradients of core's ops.
import { useBackend } from '../../models/digits/backend.js';

/** dx and dW of a convolution of fixed numbers. */
function gradients(size: number, kernel: number, stride: number | [number, number], pad: 'same' | 'valid' | number) {
  return tf.tidy(() => {
    const wave = (shape: number[], pace: number) =>
      tf.reshape(tf.sin(tf.mul(tf.range(0, tf.util.sizeFromShape(shape)), pace)), shape);
    const x = wave([3, size, size + 1, 2], 0.7) as tf.Tensor4D;
    const filter = wave([kernel, kernel, 2, 5], 1.3) as tf.Tensor4D;
    const loss = (a: tf.Tensor, b: tf.Tensor) => {
      const y = tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, stride, pad);
      return tf.sum(tf.mul(y, wave(y.shape, 0.3))) as tf.Scalar;
    };
    return tf
      .grads(loss)([x, filter])
      .map((gradient) => gradient.dataSync());
  });
}

test.each([
  [5, 3, 1, 'same'],
  [8, 3, 2, 'same'],
  [7, 3, 2, 'same'],
  [7, 3, 2, 'valid'],
  [6, 2, 1, 'valid'],
  [5, 1, 2, 'same'],
  [6, 3, 1, 2],
  [7, 3, [2, 1], 'same'],
] as const)(
  'size %j, kernel %j, stride %j, padding %j: wasm has the gradients of cpu',
  async (size, kernel, stride, pad) => {
    const given = [size, kernel, stride as number | [number, number], pad] as const;
    await useBackend('cpu');
    const expected = gradients(...given);
    await useBackend('wasm');
    const before = tf.memory().numTensors;
    const actual = gradients(...given);
    expect(tf.memory().numTensors).toBe(before);
    actual.forEach((gradient, i) => {
      expect(gradient).toHaveLength(expected[i]?.length ?? 0);
      gradient.forEach((value, k) => {
        expect(Math.abs(value - (expected[i]?.[k] as number))).toBeLessThan(2e-5);
      });
    });
  },
);
