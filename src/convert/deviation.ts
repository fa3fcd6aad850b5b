import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { type Batch, predict } from './inputs.js';

/** How far the outputs of two models are apart on the same inputs; values that are NaN or infinite in both count as equal. */
export interface Deviation {
  /** Largest absolute difference. */
  readonly max: number;
  /** Mean absolute difference. */
  readonly mean: number;
  /** The same in units of each output's scale, the root mean square of the old model's values. */
  readonly relative: { readonly max: number; readonly mean: number };
  /** Whose inputs: the caller's (of `calibration` the first batch), or seeded random ones. */
  readonly input: 'given' | 'synthetic';
}

interface Apart {
  /** Whether there was something to compare. */
  readonly isKnown: boolean;
  readonly max: number;
  readonly mean: number;
  readonly scale: number;
}

/** The same NaN or infinity on both sides is equal, and says nothing else; on one side it is a difference without measure. */
function apart(before: ArrayLike<number>, after: ArrayLike<number>): Apart {
  let [max, sum, square, count] = [0, 0, 0, 0];
  for (let i = 0; i < before.length; i++) {
    const [x, y] = [before[i] as number, after[i] as number];
    if (!Number.isFinite(x) && Object.is(x, y)) continue;
    const difference = Math.abs(y - x);
    count++;
    max = difference > max || Number.isNaN(difference) ? difference : max;
    if (Number.isNaN(max)) break;
    sum += difference;
    square += x ** 2;
  }
  const values = Math.max(1, count);
  const mean = Number.isNaN(max) ? max : sum / values;
  return { isKnown: count > 0 || before.length === 0, max, mean, scale: Math.sqrt(square / values) };
}

/** Outputs as numbers; nothing stays. */
async function outputs(model: LayersModel, batch: Batch): Promise<ArrayLike<number>[]> {
  const tensors = tf.tidy(() => predict(model, batch));
  try {
    return await Promise.all(tensors.map((tensor) => tensor.data()));
  } finally {
    tf.dispose(tensors);
  }
}

const relative = (value: number, scale: number) => (value === 0 ? 0 : value / scale);
const largest = (values: number[]) => values.reduce((a, b) => (b > a || Number.isNaN(b) ? b : a), 0);
const average = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;

const NOT_FINITE = 'an output is NaN or infinite everywhere; give input of the kind of the data';
const ELSEWHERE = 'random input makes NaN or infinities in one of the models only; give input of the kind of the data';

/**
 * Runs both models on a batch, and compares output by output; says why where that tells nothing. A NaN on one side only is
 * a deviation of NaN, but of random input it may be the fault.
 */
export async function measured(
  before: LayersModel,
  after: LayersModel,
  batch: Batch,
  input: Deviation['input'],
): Promise<Deviation | string> {
  const [old, made] = [await outputs(before, batch), await outputs(after, batch)];
  const each = old.map((values, i) => apart(values, made[i] as ArrayLike<number>));
  if (!each.every(({ isKnown }) => isKnown)) return NOT_FINITE;
  if (input === 'synthetic' && !each.every(({ max }) => Number.isFinite(max))) return ELSEWHERE;
  return {
    max: largest(each.map(({ max }) => max)),
    mean: average(each.map(({ mean }) => mean)),
    relative: {
      max: largest(each.map(({ max, scale }) => relative(max, scale))),
      mean: average(each.map(({ mean, scale }) => relative(mean, scale))),
    },
    input,
  };
}
