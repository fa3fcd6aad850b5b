/** Means and biased variances in double, as arrays that JavaScript reaches: of sets, channels or samples. */
export interface Moments {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

export function noMoments(length: number): Moments {
  return { mean: new Float64Array(length), variance: new Float64Array(length) };
}

/** Which of the `[B, C]` Instance statistics make one of Layer (a sample's) or Batch (a channel's). */
export interface Direction {
  /** How many there are, and of how many each is made. */
  readonly count: number;
  readonly n: number;
  /** From one to the next, and from part to part. */
  readonly step: number;
  readonly stride: number;
}

export const overChannels = (B: number, C: number): Direction => ({ count: B, n: C, step: C, stride: 1 });
export const overBatch = (B: number, C: number): Direction => ({ count: C, n: B, step: 1, stride: C });

export const at = (values: Float64Array, i: number): number => values[i] as number;

export function add(values: Float64Array, i: number, value: number): void {
  values[i] = at(values, i) + value;
}

/** The laws of total mean and variance: σ² = mean of the parts' variances + variance of their means. */
export function totals({ mean, variance }: Moments, { count, n, step, stride }: Direction): Moments {
  const found = noMoments(count);
  for (let i = 0; i < count; i++) {
    const first = at(mean, i * step); // from the first, so that the mean of equal means is that mean
    const end = i * step + n * stride;
    let sum = 0;
    for (let j = i * step; j < end; j += stride) sum += at(mean, j) - first;
    const common = first + sum / n;
    let squares = 0;
    for (let j = i * step; j < end; j += stride) {
      const off = at(mean, j) - common;
      squares += at(variance, j) + off * off;
    }
    found.mean[i] = common;
    found.variance[i] = squares / n;
  }
  return found;
}

/** Adds to the gradients of the parts what the gradients of their totals make of them. */
export function spreadTotals(
  parts: Moments,
  whole: Moments,
  gradient: Moments,
  { count, n, step, stride }: Direction,
  into: Moments,
): void {
  const { mean, variance } = into;
  const own = parts.mean;
  for (let i = 0; i < count; i++) {
    const common = at(whole.mean, i);
    const dmean = at(gradient.mean, i) / n;
    const dvariance = at(gradient.variance, i) / n;
    const end = i * step + n * stride;
    for (let j = i * step; j < end; j += stride) {
      add(mean, j, dmean + 2 * dvariance * (at(own, j) - common));
      add(variance, j, dvariance);
    }
  }
}
