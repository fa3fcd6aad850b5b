import {
  deviation,
  mean,
  paired,
  signFlipProbability,
  studentQuantile,
  withSpread,
} from '../../src/monitor/statistics.js';

/** Tables of Student's t: NIST/SEMATECH e-Handbook, 1.3.6.7.2. */
test.each([
  [0.95, 1, 12.706],
  [0.95, 2, 4.303],
  [0.95, 3, 3.182],
  [0.95, 4, 2.776],
  [0.95, 9, 2.262],
  [0.95, 30, 2.042],
  [0.99, 5, 4.032],
  [0.99, 8, 3.355],
  [0.9, 6, 1.943],
])('t of %d at %i degrees of freedom is %d', (within, freedom, t) => {
  expect(studentQuantile(within, freedom)).toBeCloseTo(t, 3);
});

test('mean and sample deviation', () => {
  expect(mean([2, 4, 9])).toBe(5);
  expect(deviation([2, 4, 9])).toBeCloseTo(Math.sqrt((9 + 1 + 16) / 2), 12);
  expect(deviation([3])).toBeNaN();
  expect(withSpread([2, 4, 9], 1)).toBe('5.0 ± 3.6');
  expect(withSpread([2], 1)).toBe('2.0');
});

test("Student's own sleep data: t = −4.0621, p = 0.002833, interval −2.4599 … −0.7001", () => {
  const first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2];
  const second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
  const result = paired(
    first.map((value, i) => value - (second[i] as number)),
    0.95,
  );
  expect(result.mean).toBeCloseTo(-1.58, 10);
  expect(result.p).toBeCloseTo(0.002833, 6);
  expect(result.interval?.[0]).toBeCloseTo(-2.4598858, 6);
  expect(result.interval?.[1]).toBeCloseTo(-0.7001142, 6);
});

test('flipped signs, counted by hand', () => {
  expect(signFlipProbability([1, 2, 3])).toBe(2 / 8);
  expect(signFlipProbability([1, -2, 3])).toBe(6 / 8); // sums ±2, ±4, ±0 and ±6: all but ±0 are as far as 2
  expect(signFlipProbability([0, 0])).toBe(1);
  expect(signFlipProbability(Array.from({ length: 17 }, () => 1))).toBeUndefined();
});

test('no difference is no difference, and one seed has no interval', () => {
  expect(paired([0, 0, 0], 0.95)).toMatchObject({ mean: 0, interval: [0, 0], p: 1, signFlipP: 1 });
  expect(paired([0.4], 0.95)).toMatchObject({ mean: 0.4, interval: undefined, p: undefined, signFlipP: 1 });
});
