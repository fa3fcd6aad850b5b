import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { problem } from '../core/errors.js';
import { COMPARE, sizeOf, type TrainingBatch } from './data.js';

export type Direction = 'min' | 'max';

/**
 * Which way a metric is better, by a word of its name. The host's cosine proximity is minus the cosine; what others call cosine
 * similarity may be either.
 */
const BETTER: readonly (readonly [RegExp, Direction | undefined])[] = [
  [/^similarity$/, undefined],
  [/^(ce|mse|mae|mape|rmse|nll|cosine|proximity)$|(loss|error|entropy|perplexity|hinge|divergence|distance)$/, 'min'],
  [/^(acc|auc|f1|iou|dice|r2|score|psnr|ssim)$|(accuracy|precision|recall)$/, 'max'],
];

/** `meanIoU`, `mean_iou`: mean, iou. */
const wordsOf = (name: string) =>
  name
    .replace(/IoU/g, 'Iou')
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z\d]+/);

/** The last word that tells decides: an output called `score` has a `score_loss`. */
function directionBy(metric: string): Direction | undefined {
  const told = wordsOf(metric).map((word) => BETTER.find(([pattern]) => pattern.test(word)));
  return told.reverse().find(Boolean)?.[1];
}

/** @throws NormalizationError for a metric whose name does not say. */
export function directionOf(metric: string, direction: Direction | undefined): Direction {
  if (direction === 'min' || direction === 'max') return direction;
  const found = directionBy(metric);
  if (found && direction === undefined) return found;
  throw problem(COMPARE, 'direction must say which is better', { metric, direction }, "Pass 'min' or 'max'.");
}

/** The host shortens accuracy. */
const SHORT: Readonly<Record<string, string>> = { accuracy: 'acc', crossentropy: 'ce' };

/** @throws NormalizationError for a metric that the model was not compiled with. */
export function metricIndex(model: LayersModel, metric: string): number {
  const { metricsNames } = model;
  const found = [metric, SHORT[metric] ?? metric].map((name) => metricsNames.indexOf(name)).find((at) => at >= 0);
  if (found !== undefined) return found;
  const advice = 'Name it in the metrics of compile, or choose one of these.';
  throw problem(COMPARE, 'the model does not measure this metric', { metric, measured: metricsNames }, advice);
}

/** Loss and metrics over all batches, each by its size; of no batch NaN. */
export async function measure(model: LayersModel, batches: AsyncIterable<TrainingBatch>): Promise<number[]> {
  const sums: number[] = [];
  let examples = 0;
  for await (const batch of batches) {
    const size = sizeOf(batch);
    const scalars = [model.evaluate(batch.xs as tf.Tensor, batch.ys as tf.Tensor, { batchSize: size })].flat();
    const values = await Promise.all(scalars.map(async (scalar) => (await scalar.data())[0] as number));
    tf.dispose(scalars);
    examples += size;
    values.forEach((value, i) => {
      sums[i] = (sums[i] ?? 0) + size * value;
    });
  }
  return sums.map((sum) => sum / examples);
}
