import * as pack from '../../src/index.js';
import { expectThrows } from '../suites/harness.js';
import { expectClose, input, onCpu, tf } from './setup.js';

onCpu();

test('γ holds the averaged dimensions in ascending order, whatever the order of axis', () => {
  for (const axis of [
    [2, 1],
    [-1, 1],
    [1, 2],
    [-2, 2],
  ]) {
    const layer = pack.layerNormalization({ axis });
    layer.build([null, 3, 4]);
    expect(layer.weights.map(({ shape }) => shape)).toEqual([
      [3, 4],
      [3, 4],
    ]);
    expect(layer.getConfig().axis).toEqual(axis);
  }
});

test('axes that do not lie together are transposed and back', () => {
  const x = input([2, 3, 4, 5]);
  const gamma = input([3, 5], 5);
  const moved = tf.transpose(x, [0, 2, 1, 3]);
  const expected = tf.transpose(pack.layerNorm(moved, { axis: [2, 3], gamma }), [0, 2, 1, 3]);
  expectClose(pack.layerNorm(x, { axis: [1, 3], gamma }), expected, 0);
});

test('repeated, unknown and batch axes are refused', () => {
  expectThrows(() => pack.layerNormalization({ axis: [1, 1] }), /twice/);
  expectThrows(() => pack.layerNormalization({ axis: [1, -2] }).build([null, 3, 4]), /twice/);
  expectThrows(() => pack.layerNormalization({ axis: 3 }).build([null, 3, 4]), /Use -3 to 2/);
  expectThrows(() => pack.layerNormalization({ axis: 0 }).build([null, 3, 4]), /batch dimension/);
  expectThrows(() => pack.layerNormalization().build([4]), /rank 2 to 6/);
  expectThrows(() => pack.layerNormalization().build([null, null]), /must be known/);
});
