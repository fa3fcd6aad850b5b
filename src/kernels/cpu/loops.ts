import type { SlabView } from '../contract.js';
import { apply } from './apply.js';
import { samplesPerBlock, withoutChannels } from './blocks.js';
import { collect } from './collect.js';
import { spread } from './spread.js';
import { theStage } from './stage.js';
import { fits } from './staged.js';
import { stagedOr } from './stagedOr.js';
import { emptySets, measure, reciprocalDeviation, type Sets } from './statistics.js';
import { type Affinity, type Known, nothingCollected } from './terms.js';
import type { Gradients, Loops, NormalizeOptions } from './work.js';

function moments(x: Float32Array, view: SlabView, center: boolean): Sets {
  const sets = emptySets(view);
  measure(x, view, center, sets, 0, view.B);
  return sets;
}

function normalize(x: Float32Array, view: SlabView, { epsilon, center, scale, shift }: NormalizeOptions) {
  const y = new Float32Array(x.length);
  const sets = emptySets(view);
  const { mean, variance, rstd } = sets;
  const by = { mean, rstd, scale, shift };
  const block = samplesPerBlock(view);
  for (let from = 0; from < view.B; from += block) {
    const to = Math.min(from + block, view.B);
    measure(x, view, center, sets, from, to);
    for (let set = from * view.G; set < to * view.G; set++) {
      rstd[set] = reciprocalDeviation(variance[set] as number, epsilon);
    }
    apply(x, y, view, by, from, to);
  }
  return { y, sets };
}

function normalizeGrad(x: Float32Array, dy: Float32Array, view: SlabView, known: Known, center: boolean): Gradients {
  const { B, S, G, K, T } = view;
  const dx = new Float32Array(x.length);
  const sums = nothingCollected(view);
  const line = { ...known, incline: new Float64Array(B * G), offset: new Float64Array(B * G) };
  const n = S * K * T;
  const block = samplesPerBlock(view);
  for (let from = 0; from < B; from += block) {
    const to = Math.min(from + block, B);
    collect(x, dy, view, known, sums, from, to);
    for (let set = from * G; set < to * G; set++) {
      const rstd = known.rstd[set] as number;
      const incline = (-rstd * rstd * rstd * (sums.slope[set] as number)) / n;
      line.incline[set] = incline;
      if (!center) continue; // mean(g) is absent, the mean 0
      line.offset[set] = (-rstd * (sums.level[set] as number)) / n - incline * (known.mean[set] as number);
    }
    spread(x, dy, dx, view, line, from, to);
  }
  return { dx, dgamma: sums.dgamma, dbeta: sums.dbeta };
}

/** As `apply`, but scale and shift have a value a set. Where S is 1 the sets of all samples lie in one row. */
function applyToSets(x: Float32Array, view: SlabView, { mean, rstd, scale, shift }: Affinity): Float32Array {
  const y = new Float32Array(x.length);
  const { B, S, G } = view;
  const each = S === 1 ? { ...withoutChannels(view), B: 1, G: B * G } : withoutChannels(view);
  for (let b = 0; b < each.B; b++) {
    const from = b * G;
    const to = from + each.G;
    const by = { mean, rstd, scale: scale.subarray(from, to), shift: shift.subarray(from, to) };
    apply(x, y, each, by, b, b + 1);
  }
  return y;
}

const plain: Loops = {
  moments,
  normalize,
  normalizeGrad,
  applyToSets,
  apply(x, view, by) {
    const y = new Float32Array(x.length);
    apply(x, y, view, by, 0, view.B);
    return y;
  },
  collect(x, dy, view, known) {
    const sums = nothingCollected(view);
    collect(x, dy, view, known, sums, 0, view.B);
    return sums;
  },
  spread(x, dy, view, line) {
    const dx = new Float32Array(x.length);
    spread(x, dy, dx, view, line, 0, view.B);
    return dx;
  },
};

/** Elements from which bringing them to the wasm kernels and back takes less time than the loops: measured, 8 k to 16 k. */
const STAGED = 1 << 14;

/** Who does the work on so many elements of a view. */
export function loopsFor(elements: number, view: SlabView): Loops {
  const stage = elements >= STAGED && fits(view) ? theStage() : null;
  return stage ? stagedOr(stage, plain) : plain;
}
