import { deviationGradients, mixDeviations } from './gate.js';
import type { Mixable, Mixed, MixedGradients } from './mixable.js';
import { mixVariances, varianceGradients } from './switch.js';

/** Means and reciprocal deviations of every `[b, c]`. */
export function mix(given: Mixable): Mixed {
  return 'rho' in given.weights ? mixDeviations(given, given.weights) : mixVariances(given, given.weights);
}

/** Gradients from those of the mixed means and of the reciprocal deviations, which are `rstd`. */
export function mixGradients(
  given: Mixable,
  rstd: Float64Array,
  dmean: Float64Array,
  drstd: Float64Array,
): MixedGradients {
  return 'rho' in given.weights
    ? deviationGradients(given, given.weights, dmean, drstd)
    : varianceGradients(given, given.weights, rstd, dmean, drstd);
}
