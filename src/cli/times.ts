import type { Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Opened } from './tfjs.js';

/** Inference times of two models, measured in turn. */
export interface Times {
  /** Medians, in milliseconds. */
  readonly before: number;
  readonly after: number;
  /** How many times as fast the second is: the ratio of the medians. */
  readonly ratio: number;
  /** Of each. */
  readonly runs: number;
}

const [FEWEST, MOST, SECONDS] = [5, 50, 2];

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
};

/** Until the outputs can be read. */
async function timeOf({ tf, predict }: Opened, model: LayersModel, batch: readonly Tensor[]): Promise<number> {
  const start = performance.now();
  const outputs = tf.tidy(() => predict(model, batch));
  await Promise.all(outputs.map((output) => output.data()));
  const time = performance.now() - start;
  tf.dispose(outputs);
  return time;
}

/** Runs both in turn, each first as often as second, so that what slows the machine slows both. */
export async function timesOf(
  opened: Opened,
  [before, after]: readonly [LayersModel, LayersModel],
  batch: readonly Tensor[],
  show: (done: number) => void,
): Promise<Times> {
  const times = new Map<LayersModel, number[]>([before, after].map((model) => [model, []]));
  for (const model of times.keys()) await timeOf(opened, model, batch); // The first run compiles and allocates.
  const start = performance.now();
  const passed = () => (performance.now() - start) / 1000 / SECONDS;
  for (let i = 0; i < FEWEST || (i < MOST && passed() < 1); i++) {
    for (const model of i % 2 ? [after, before] : [before, after]) {
      times.get(model)?.push(await timeOf(opened, model, batch));
    }
    show(Math.min(1, Math.max(passed(), i / MOST)));
  }
  const [old = [], made = []] = [...times.values()];
  const medians = { before: median(old), after: median(made) };
  return { ...medians, ratio: medians.before / medians.after, runs: old.length };
}
