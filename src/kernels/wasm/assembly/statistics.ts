// Statistics of a set as three floats, [sets] each: the mean rounded to float (c), what the rounding left (e = mean − c), and
// 1/deviation (r). x − c is exact for x near c, so ((x − c) − e)·r has the digits of a mean in double.
import { reciprocalDeviation } from './simd';

/** Where a kernel puts statistics: c, e, r one after the other (0: nowhere), and mean and variance (0: nowhere). */
export function keep(saved: usize, sets: usize, i: usize, c: f32, e: f32, r: f32): void {
  if (saved == 0) return;
  const at = saved + (i << 2), far = sets << 2;
  store<f32>(at, c);
  store<f32>(at + far, e);
  store<f32>(at + 2 * far, r);
}

/** Below this share of a deviation, squared, what the rounding of the mean left is not worth an operation an element. */
@inline export const NEGLIGIBLE: f64 = 1.6e-13;

// @ts-ignore: decorator
@inline export function isNegligible(e: f64, variance: f64): bool {
  return e == 0 || e * e < NEGLIGIBLE * variance;
}

export function deviation(variance: f64, epsilon: f64): f64 {
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

/** dγ and dβ of their sums in double, where asked (0: not). */
export function writeParameters(tg: usize, tb: usize, C: usize, dgamma: usize, dbeta: usize): void {
  for (let i: usize = 0; i < C; i++) {
    if (dgamma) store<f32>(dgamma + (i << 2), <f32>load<f64>(tg + (i << 3)));
    if (dbeta) store<f32>(dbeta + (i << 2), <f32>load<f64>(tb + (i << 3)));
  }
}

/**
 * One channel's share of a set's gradient sums, and of dγ and dβ: of d = Σ dy and t = Σ dy·(x − c). Adds to the doubles at `sums`
 * (level, slope) and at the channel's place in tg and tb.
 */
export function addChannel(d: f64, t: f64, e: f64, rstd: f64, gamma: usize, channel: usize, tg: usize, tb: usize, sums: usize): void {
  const h = (t - e * d) * rstd, g = gamma ? <f64>load<f32>(gamma + (channel << 2)) : 1, o = channel << 3;
  store<f64>(sums, load<f64>(sums) + g * d);
  store<f64>(sums, load<f64>(sums, 8) + g * h, 8);
  store<f64>(tb + o, load<f64>(tb + o) + d);
  store<f64>(tg + o, load<f64>(tg + o) + h);
}

/**
 * What a set's sums (level = Σ dy·γ, slope = Σ dy·γ·x̂) make of dx = dy·γ·r − ((x − c)·h + k): h and k take their place. With `dmean`
 * the statistics were given: they get gradients, and h and k are 0. Without a dx, the second is that of 1/deviation, Σ dy·γ·(x − mean),
 * whose size float32 holds where the variance's is beyond it.
 */
export function setGradient(
  sums: usize, i: usize, n: f64, e: f64, rstd: f64, center: bool, dx: usize, dmean: usize, dvariance: usize,
): void {
  const level = load<f64>(sums), slope = load<f64>(sums, 8);
  let h: f64 = 0, k: f64 = 0;
  if (dmean) {
    store<f32>(dmean + (i << 2), <f32>(-rstd * level));
    store<f32>(dvariance + (i << 2), <f32>(dx ? -0.5 * rstd * rstd * slope : rstd == 0 ? 0 : slope / rstd));
  } else {
    h = rstd * rstd * slope / n;
    k = (center ? rstd * level / n : 0) - e * h;
  }
  store<f64>(sums, h);
  store<f64>(sums, k, 8);
}

/** h and k of a set that the caller computed, to the doubles at `sums`. */
export function givenLine(line: usize, sets: usize, i: usize, sums: usize): void {
  const at = line + (i << 2);
  store<f64>(sums, <f64>load<f32>(at));
  store<f64>(sums, <f64>load<f32>(at + (sets << 2)), 8);
}
