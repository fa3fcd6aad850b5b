/** Small samples, in float64: means, deviations, and what a paired difference is worth. */

export const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The sample standard deviation (n − 1); NaN of one value, which has none. */
export function deviation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
}

/** `0.93 ± 0.02`; without ± for one value. */
export function withSpread(values: readonly number[], digits: number): string {
  const middle = mean(values).toFixed(digits);
  return values.length < 2 ? middle : `${middle} ± ${deviation(values).toFixed(digits)}`;
}

/** P(|T| ≤ t) of Student's distribution, the finite sums for whole degrees of freedom (Abramowitz and Stegun, 26.7.3–4). */
export function studentWithin(t: number, freedom: number): number {
  const theta = Math.atan(t / Math.sqrt(freedom));
  const [sine, cosine] = [Math.sin(theta), Math.cos(theta)];
  const odd = freedom % 2 === 1;
  let term = odd ? cosine : 1;
  let sum = freedom === 1 ? 0 : term;
  for (let k = odd ? 3 : 2; k <= freedom - 2; k += 2) {
    term *= (cosine * cosine * (k - 1)) / k;
    sum += term;
  }
  return odd ? (2 / Math.PI) * (theta + sine * sum) : sine * sum;
}

/** The t within which Student's distribution keeps this share. */
export function studentQuantile(within: number, freedom: number): number {
  let [low, high] = [0, 1];
  while (studentWithin(high, freedom) < within) high *= 2;
  for (let step = 0; step < 100; step++) {
    const middle = (low + high) / 2;
    if (studentWithin(middle, freedom) < within) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** More differences than that make too many signs to count. */
const COUNTABLE = 16;

/**
 * The share of all ways to flip the differences' signs that give a mean at least as far from 0: exact, without assuming a
 * distribution; 2/2ⁿ at the least. Undefined for more than 16 differences.
 */
export function signFlipProbability(differences: readonly number[]): number | undefined {
  const n = differences.length;
  if (n === 0 || n > COUNTABLE) return undefined;
  const total = (signs: number) => differences.reduce((sum, d, i) => sum + (signs & (1 << i) ? -d : d), 0);
  const observed = Math.abs(total(0)) * (1 - 1e-12); // sums of the same numbers in another order are the same
  const flips = Array.from({ length: 2 ** n }, (_, signs) => Math.abs(total(signs)) >= observed);
  return flips.filter(Boolean).length / flips.length;
}

/** Two norms' results, seed by seed. */
export interface PairedDifference {
  /** Mean of the differences. */
  readonly mean: number;
  /** Their sample standard deviation; NaN from one seed. */
  readonly deviation: number;
  /** The interval of Student's t at the level asked for; `undefined` from one seed, and where all differences are equal. */
  readonly interval: readonly [low: number, high: number] | undefined;
  /** Two-sided, of the paired t test; `undefined` where the interval is. */
  readonly p: number | undefined;
  /** Two-sided, of the exact sign-flip test; undefined for more than 16 seeds. */
  readonly signFlipP: number | undefined;
}

/** Equal but for rounding: a spread that was not seen cannot be estimated. */
const ROUNDING = 1e-12;

/** What the differences of pairs say at a level, 0.95 say. */
export function paired(differences: readonly number[], level: number): PairedDifference {
  const n = differences.length;
  const [middle, spread] = [mean(differences), deviation(differences)];
  const signFlipP = signFlipProbability(differences);
  const scale = Math.max(...differences.map(Math.abs));
  const isKnown = n > 1 && (scale === 0 || spread > ROUNDING * scale);
  if (!isKnown) return { mean: middle, deviation: spread, interval: undefined, p: undefined, signFlipP };
  const error = spread / Math.sqrt(n);
  const reach = studentQuantile(level, n - 1) * error;
  const t = middle === 0 ? 0 : Math.abs(middle) / error;
  return {
    mean: middle,
    deviation: spread,
    interval: [middle - reach, middle + reach],
    p: 1 - studentWithin(t, n - 1),
    signFlipP,
  };
}
