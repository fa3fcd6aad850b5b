// Statistics of a set as three floats, [sets] each: the mean rounded to float (c), what the rounding left (e = mean − c), and
// 1/deviation (r). x − c is exact for x near c, so ((x − c) − e)·r has the digits of a mean in double.
import { reciprocalDeviation } from './simd';

/** Where a kernel puts statistics: c, e, r one after the other (0: nowhere), and mean and variance (0: nowhere). */
// @ts-ignore: decorator
@inline export function keep(saved: usize, sets: usize, i: usize, c: f32, e: f32, r: f32): void {
  if (saved == 0) return;
  const at = saved + (i << 2), far = sets << 2;
  store<f32>(at, c);
  store<f32>(at + far, e);
  store<f32>(at + 2 * far, r);
}

/** Below this share of a deviation what the rounding of the mean left is not worth an operation an element. */
@inline export const NEGLIGIBLE: f64 = 4e-7;

// @ts-ignore: decorator
@inline export function isNegligible(e: f64, r: f64): bool {
  return Math.abs(e * r) < NEGLIGIBLE;
}

// @ts-ignore: decorator
@inline export function deviation(variance: f64, epsilon: f64): f64 {
  return reciprocalDeviation(variance < 0 ? 0 : variance, epsilon);
}

/** c, e, r of statistics that are given. */
export function givenStatistics(mean: usize, variance: usize, sets: usize, epsilon: f64, saved: usize): void {
  for (let i: usize = 0; i < sets; i++) {
    const o = i << 2;
    keep(saved, sets, i, load<f32>(mean + o), 0, <f32>reciprocalDeviation(<f64>load<f32>(variance + o), epsilon));
  }
}

/** c, e, a, b of dx = ((x − c) − e)·a + b, the gradient of moments of n values: a = 2·dvariance/n, b = dmean/n. */
export function momentsCoefficients(
  saved: usize, dmean: usize, dvariance: usize, sets: usize, n: f64, center: bool, values: usize,
): void {
  const far = sets << 2;
  memory.copy(values, saved, far << 1);
  for (let i: usize = 0; i < sets; i++) {
    const o = i << 2;
    store<f32>(values + 2 * far + o, <f32>(2 * <f64>load<f32>(dvariance + o) / n));
    store<f32>(values + 3 * far + o, center ? <f32>(<f64>load<f32>(dmean + o) / n) : 0);
  }
}
