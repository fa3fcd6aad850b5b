import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { type Batch, predict } from './inputs.js';

/** How far the outputs of two models are apart on the same inputs. */
export interface Deviation {
  /** Largest absolute difference. */
  readonly max: number;
  /** Mean absolute difference. */
  readonly mean: number;
  /** The same in units of each output's scale, the root mean square of the old model's values. */
  readonly relative: { readonly max: number; readonly mean: number };
  /** Whose inputs: the caller's, or seeded random ones. */
  readonly input: 'given' | 'synthetic';
}

interface Apart {
  readonly max: number;
  readonly mean: number;
  readonly scale: number;
}

function apart(before: ArrayLike<number>, after: ArrayLike<number>): Apart {
  let [max, sum, square] = [0, 0, 0];
  for (let i = 0; i < before.length; i++) {
    const difference = Math.abs((after[i] as number) - (before[i] as number));
    max = difference > max || Number.isNaN(difference) ? difference : max;
    if (Number.isNaN(max)) break;
    sum += difference;
    square += (before[i] as number) ** 2;
  }
  const count = Math.max(1, before.length);
  return { max, mean: Number.isNaN(max) ? max : sum / count, scale: Math.sqrt(square / count) };
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

/** Runs both models on a batch, and compares output by output; a NaN on either side is a deviation of NaN. */
export async function measured(
  before: LayersModel,
  after: LayersModel,
  batch: Batch,
  input: Deviation['input'],
): Promise<Deviation> {
  const [old, made] = [await outputs(before, batch), await outputs(after, batch)];
  const each = old.map((values, i) => apart(values, made[i] as ArrayLike<number>));
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
