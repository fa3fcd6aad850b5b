import {
  batchOf,
  type GateWeights,
  type Mixable,
  type Mixed,
  type MixedGradients,
  reciprocalDeviation,
  spreadBatch,
} from './mixable.js';
import { add, at, noMoments } from './totals.js';

/** By a gate: one mean and one reciprocal deviation of two. */
export function mixDeviations(given: Mixable, { rho }: GateWeights): Mixed {
  const { B, C, epsilon, instance } = given;
  const batch = batchOf(given);
  const mixed = { mean: new Float64Array(B * C), rstd: new Float64Array(B * C), batch };
  for (let c = 0; c < C; c++) {
    const fromBatch = at(rho, c) * reciprocalDeviation(at(batch.variance, c), epsilon);
    for (let i = c; i < B * C; i += C) {
      const rstd = fromBatch + (1 - at(rho, c)) * reciprocalDeviation(at(instance.variance, i), epsilon);
      const share = rstd === 0 ? 0 : fromBatch / rstd;
      mixed.mean[i] = at(instance.mean, i) + share * (at(batch.mean, c) - at(instance.mean, i));
      mixed.rstd[i] = rstd;
    }
  }
  return mixed;
}

export function deviationGradients(
  given: Mixable,
  { rho }: GateWeights,
  dmean: Float64Array,
  drstd: Float64Array,
): MixedGradients {
  const { B, C, epsilon, instance } = given;
  const batch = batchOf(given);
  const [into, ofBatch, drho] = [noMoments(B * C), noMoments(C), new Float64Array(C)];
  for (let c = 0; c < C; c++) {
    const ofGate = at(rho, c);
    const r = reciprocalDeviation(at(batch.variance, c), epsilon);
    let dr = 0;
    for (let i = c; i < B * C; i += C) {
      const own = reciprocalDeviation(at(instance.variance, i), epsilon);
      const rstd = ofGate * r + (1 - ofGate) * own;
      const share = rstd === 0 ? 0 : (ofGate * r) / rstd;
      const dshare = rstd === 0 ? 0 : (at(dmean, i) * (at(batch.mean, c) - at(instance.mean, i))) / rstd;
      const dwhole = at(drstd, i) - dshare * share;
      into.mean[i] = at(dmean, i) * (1 - share);
      into.variance[i] = -0.5 * dwhole * (1 - ofGate) * own * own * own;
      add(ofBatch.mean, c, at(dmean, i) * share);
      add(drho, c, (dwhole + dshare) * r - dwhole * own);
      dr += (dwhole + dshare) * ofGate;
    }
    ofBatch.variance[c] = -0.5 * dr * r * r * r;
  }
  return { instance: into, memory: spreadBatch(given, batch, ofBatch, into), weights: [drho] };
}
