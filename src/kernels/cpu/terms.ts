import type { SlabView } from '../contract.js';

/** What the loops take and give, beside the arrays: doubles, one a set `(b, g)` or one a channel. */

/**
 * `y = (x − mean)·rstd·scale + shift` with a mean and an rstd a set and a scale and a shift a channel, in double. The mean
 * is subtracted, not folded into the shift: x equal to the mean must give the shift to the last bit.
 */
export interface Affinity {
  readonly mean: Float64Array;
  readonly rstd: Float64Array;
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

/** What the gradients know of a set, and the scale of every channel. */
export interface Known {
  readonly mean: Float64Array;
  readonly rstd: Float64Array;
  readonly scale: Float64Array;
}

/** Sums over a set of g = dy·γ and of g·(x − mean); over the batch, dγ and dβ. */
export interface Collected {
  readonly level: Float64Array;
  readonly slope: Float64Array;
  readonly dgamma: Float64Array;
  readonly dbeta: Float64Array;
}

export function nothingCollected({ B, G, K }: SlabView): Collected {
  return {
    level: new Float64Array(B * G),
    slope: new Float64Array(B * G),
    dgamma: new Float64Array(G * K),
    dbeta: new Float64Array(G * K),
  };
}

/**
 * dx = rstd·(g − mean(g) − x̂·mean(g·x̂)) as `dy·rstd·scale + x·incline + offset`: a scale a channel, the others a set. The
 * mean of x is part of the offset, which in double costs no digit that a float32 x has.
 */
export interface Line {
  readonly rstd: Float64Array;
  readonly scale: Float64Array;
  readonly incline: Float64Array;
  readonly offset: Float64Array;
}
