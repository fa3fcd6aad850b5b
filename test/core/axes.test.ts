import { canonicalAxes, canonicalChannelAxis } from '../../src/core/axes.js';

test.each([
  [-1, 3, [2]],
  [0, 1, [0]],
  [[-1, 0], 3, [0, 2]], // made non-negative first, then sorted: sorting −1 before 0 would swap them
  [[2, -3], 4, [1, 2]],
  [[], 0, []],
  [[3, -4, 1], 4, [0, 1, 3]],
])('axes %j of rank %i are %j', (axis, rank, expected) => {
  expect(canonicalAxes('test', axis, rank)).toEqual(expected);
});

test('the caller’s list is left alone', () => {
  const given = Object.freeze([2, 0]) as number[];
  expect(canonicalAxes('test', given, 3)).toEqual([0, 2]);
  expect(given).toEqual([2, 0]);
});

test.each([
  [3, 3],
  [-4, 3],
  [0.5, 3],
  [Number.NaN, 3],
  [99, 6],
  [0, 0],
  [[0, 3], 3],
])('axis %j of rank %i is refused', (axis, rank) => {
  expect(() => canonicalAxes('test', axis, rank)).toThrow(
    /^\[test\] axis must be one of the input's dimensions\. Received/,
  );
});

test.each([
  [[1, 1], 3],
  [[-1, 2], 3],
  [[0, -3], 3],
])('axes %j of rank %i name a dimension twice', (axis, rank) => {
  expect(() => canonicalAxes('test', axis, rank)).toThrow(/twice/);
});

test('channels are not in the batch dimension, unless the op says so', () => {
  expect(canonicalChannelAxis('test', -2, 4)).toBe(2);
  expect(() => canonicalChannelAxis('test', -4, 4)).toThrow(/batch dimension/);
  expect(canonicalChannelAxis('test', 0, 2, true)).toBe(0);
});
