import type { SlabView } from '../contract.js';
import type { Stage } from './stage.js';
import { stagedGradient, stagedNormalize } from './staged.js';
import type { Loops } from './work.js';

/** Beyond these float32 squares overflow or vanish, and only the loops, in double, are right. */
const STEEP = 1e15;

function allFinite(values: Float32Array): boolean {
  let rest = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    rest += value - value; // NaN for an infinity too
  }
  return rest === 0;
}

/** Puts the samples that are `wrong` from one result's arrays into another's: those beside them keep theirs to the last bit. */
function replaceSamples(
  { B }: SlabView,
  into: readonly (Float32Array | Float64Array)[],
  from: readonly (Float32Array | Float64Array)[],
  wrong: (part: <A extends Float32Array | Float64Array>(values: A) => A) => boolean,
): void {
  for (let b = 0; b < B; b++) {
    const part = <A extends Float32Array | Float64Array>(values: A) => {
      const size = values.length / B;
      return values.subarray(b * size, (b + 1) * size) as A;
    };
    if (!wrong(part)) continue;
    into.forEach((values, i) => {
      part(values).set(part(from[i] as Float32Array | Float64Array));
    });
  }
}

const isSteep = (rstd: number) => rstd < 1 / STEEP || rstd > STEEP; // a NaN stays in its set either way

/**
 * The wasm kernels where float32 will do, else the plain loops. A sample that comes out not finite is computed again: in double it may
 * be (gradients of 1e37 meet halfway in a sum), and if not, it was so in x, which is rare.
 */
export function stagedOr(stage: Stage, plain: Loops): Loops {
  const [forward, backward] = [stagedNormalize(stage), stagedGradient(stage)];
  return {
    ...plain,
    normalize(x, view, options) {
      if (options.epsilon < 1 / STEEP ** 2) return plain.normalize(x, view, options);
      const found = forward(x, view, options);
      if (found && !found.sets.variance.includes(Number.POSITIVE_INFINITY)) return found;
      const exact = plain.normalize(x, view, options);
      if (!found) return exact;
      const arrays = ({ y, sets: { mean, variance, rstd } }: typeof found) => [y, mean, variance, rstd];
      replaceSamples(view, arrays(found), arrays(exact), (part) =>
        part(found.sets.variance).includes(Number.POSITIVE_INFINITY),
      );
      return found;
    },
    normalizeGrad(x, dy, view, known, center) {
      const found = known.rstd.every(isSteep) ? null : backward(x, dy, view, known, center);
      if (found && !known.rstd.some(isSteep) && allFinite(found.dx)) return found;
      const exact = plain.normalizeGrad(x, dy, view, known, center);
      if (!found) return exact;
      replaceSamples(
        view,
        [found.dx],
        [exact.dx],
        (part) => part(known.rstd).some(isSteep) || !allFinite(part(found.dx)),
      );
      return { ...exact, dx: found.dx };
    },
  };
}
