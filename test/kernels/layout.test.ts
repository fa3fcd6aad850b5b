import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { firstOfEachSet, layoutOf } from '../../src/kernels/layout.js';

beforeAll(() => tf.setBackend('cpu'));

const VIEW = { B: 2, S: 3, G: 4, K: 5, T: 6 };

test('a full view has all five dimensions', () => {
  const layout = layoutOf(VIEW);
  expect(layout.shape()).toEqual([2, 3, 4, 5, 6]);
  expect(layout.shape('BG')).toEqual([2, 1, 4, 1, 1]);
  expect(layout.axes('SKT')).toEqual([1, 3, 4]);
  expect(layout.size('SKT')).toBe(90);
});

test('dimensions of length 1 are left out', () => {
  const layout = layoutOf({ ...VIEW, S: 1, T: 1 });
  expect(layout.shape()).toEqual([2, 4, 5]);
  expect(layout.shape('BG')).toEqual([2, 4, 1]);
  expect(layout.axes('SKT')).toEqual([2]);
  expect(layout.axes('ST')).toEqual([]);
  expect(layout.size('ST')).toBe(1);
});

test('a view of one element keeps one dimension, and an empty one its zero', () => {
  expect(layoutOf({ B: 1, S: 1, G: 1, K: 1, T: 1 }).shape()).toEqual([1]);
  expect(layoutOf({ ...VIEW, B: 0 }).shape()).toEqual([0, 3, 4, 5, 6]);
});

test('the first value of each set', () => {
  tf.tidy(() => {
    const layout = layoutOf({ B: 2, S: 2, G: 2, K: 1, T: 3 });
    const first = firstOfEachSet(tf.reshape(tf.range(0, 24), layout.shape()), layout);
    expect(first.shape).toEqual([2, 1, 2, 1]);
    expect(Array.from(first.dataSync())).toEqual([0, 3, 12, 15]);
  });
});
