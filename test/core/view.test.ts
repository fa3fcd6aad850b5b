import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import { automaticGroups, resolveGroups } from '../../src/core/groups.js';
import { arrangeKept, arrangeRows, groupView, keepView } from '../../src/core/view.js';
import * as ops from '../../src/ops/index.js';

beforeAll(() => tf.setBackend('cpu'));

const view = (B: number, S: number, G: number, K: number, T: number) => ({ B, S, G, K, T });

describe('the slab view of every place of the channel axis', () => {
  test.each([
    [[2, 3, 4, 6], 3, 3, view(2, 12, 3, 2, 1)],
    [[2, 6, 3, 4], 1, 3, view(2, 1, 3, 2, 12)],
    [[2, 3, 6, 4], 2, 3, view(2, 3, 3, 2, 4)],
    [[2, 3, 4, 6], 3, 6, view(2, 12, 6, 1, 1)], // instance
    [[2, 3, 4, 6], 3, 1, view(2, 12, 1, 6, 1)], // layer statistics
    [[5, 6], 1, 2, view(5, 1, 2, 3, 1)],
    [[2, 3, 4, 5, 7, 6], 5, 2, view(2, 420, 2, 3, 1)],
    [[2, 3, 4, 0], 3, 0, view(2, 12, 0, 1, 1)],
  ])('groups: %j, axis %i, %i groups', (shape, axis, groups, expected) => {
    expect(groupView(shape, axis, groups)).toEqual(expected);
  });

  test.each([
    [[2, 3, 4, 6], 3, 3, view(1, 24, 6, 1, 1)],
    [[2, 6, 3, 4], 1, 1, view(1, 2, 6, 1, 12)],
    [[3, 3, 4, 5], 2, 3, view(1, 9, 20, 1, 1)], // a depthwise kernel
    [[3, 3, 4, 5], 2, 2, view(1, 9, 4, 1, 5)], // a transposed one
    [[7, 5], 0, 0, view(1, 1, 7, 1, 5)], // an embedding
  ])('kept: %j, axes %i to %i', (shape, first, last, expected) => {
    expect(keepView(shape, first, last)).toEqual(expected);
  });
});

describe('groups', () => {
  test.each([
    [64, 32],
    [32, 16],
    [6, 3],
    [7, 1],
    [1, 1],
    [2, 1],
    [96, 32],
    [62, 31],
  ])('automatic for %i channels: %i', (channels, groups) => {
    expect(automaticGroups(channels)).toBe(groups);
  });

  test('-1 is one channel a group; others must divide', () => {
    expect(resolveGroups('test', -1, 6)).toBe(6);
    expect(resolveGroups('test', 2, 6)).toBe(2);
    expect(() => resolveGroups('test', 4, 6)).toThrow(
      "[test] groups must divide channels. Received groups=4, channels=6. Use one of 1, 2, 3, 6, or groups: 'auto'.",
    );
  });
});

describe('rows and kept axes', () => {
  /** The view, and whether anything had to move; there and back again is where it was. */
  function there(shape: number[], axes: number[]) {
    const size = shape.reduce((a, b) => a * b, 1);
    const x = tf.reshape(tf.range(0, size), shape);
    const arranged = arrangeRows(x, axes);
    const back = arranged.back(arranged.x);
    expect(Array.from(back.dataSync())).toEqual(Array.from(x.dataSync()));
    expect(back.shape).toEqual(shape);
    return { view: arranged.view, moved: arranged.x !== x };
  }

  test.each([
    [[2, 3, 4], [2], view(6, 1, 1, 4, 1), false],
    [[2, 3, 4], [1, 2], view(2, 1, 1, 12, 1), false],
    [[2, 3, 4], [], view(24, 1, 1, 1, 1), false],
    [[2, 3, 4], [0, 1, 2], view(1, 1, 1, 24, 1), false],
    [[2, 3, 4], [1], view(8, 1, 1, 3, 1), true],
    [[2, 3, 4], [0, 2], view(3, 1, 1, 8, 1), true],
    [[2, 1, 4], [0, 2], view(1, 1, 1, 8, 1), false], // only a dimension of length 1 would move
    [[2, 3, 1], [1], view(2, 1, 1, 3, 1), false],
  ])('rows of %j over %j', (shape, axes, expected, moved) => {
    expect(there(shape, axes)).toEqual({ view: expected, moved });
  });

  test('kept axes that lie together are not moved, others are', () => {
    tf.tidy(() => {
      const x = tf.ones([2, 3, 4, 5]);
      expect(arrangeKept(x, [1, 2]).view).toEqual(view(1, 2, 12, 1, 5));
      expect(arrangeKept(x, [1, 2]).x).toBe(x);
      const apart = arrangeKept(x, [0, 3]);
      expect(apart.view).toEqual(view(1, 12, 10, 1, 1));
      expect(apart.x.shape).toEqual([3, 4, 2, 5]);
      expect(apart.back(apart.x).shape).toEqual([2, 3, 4, 5]);
    });
  });
});

describe('transposes', () => {
  const count = async (f: () => tf.Tensor): Promise<number> => {
    const { kernels } = await tf.profile(() => tf.tidy(() => void f()));
    return kernels.filter(({ name }) => name === 'Transpose').length;
  };
  const x = () => tf.ones([2, 3, 4, 6]);

  test.each<[string, () => tf.Tensor, number]>([
    ['layer over the last axis', () => ops.layerNorm(x()), 0],
    ['layer over all but the batch', () => ops.layerNorm(x(), { axis: [1, 2, 3] }), 0],
    ['layer over axis 1', () => ops.layerNorm(x(), { axis: 1 }), 2],
    ['group, channels first', () => ops.groupNorm(x(), { axis: 1, groups: 3 }), 0],
    ['group, channels last', () => ops.groupNorm(x(), { groups: 3 }), 0],
    ['batch, channels in the middle', () => ops.batchNorm(x(), { axis: 2 }), 0],
    ['weight of a transposed kernel', () => ops.weightNorm(x(), { axis: -2 }), 0],
  ])('%s', async (_name, f, expected) => {
    expect(await count(f)).toBe(expected);
  });
});
