import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel, layers } from '@tensorflow/tfjs-layers';
import { problem } from '../core/errors.js';
import type { Memory } from './memory.js';
import { Population } from './population.js';
import { layersWithin } from './within.js';

/** A layer that remembers statistics. */
interface Remembering {
  readonly memory: Memory;
}

type Inputs = tf.Tensor | tf.Tensor[];
/** Inputs of a model, or what a data set yields: `{xs}` or `[xs, ys]`-like objects hold them under `xs`. */
export type CalibrationBatch = Inputs | { xs: Inputs };

function inputsOf(batch: CalibrationBatch): Inputs {
  const inputs = batch instanceof tf.Tensor || Array.isArray(batch) ? batch : batch?.xs;
  if ([inputs].flat().every((input) => input instanceof tf.Tensor)) return inputs;
  throw problem(
    'calibrateStatistics',
    'a batch must be the inputs of the model',
    { batch: typeof batch },
    'Pass tensors.',
  );
}

/** The run over the batches: collects with `add`, then writes. */
function calibration(model: LayersModel) {
  const remembering = layersWithin(model)
    .map(({ layer }) => layer)
    .filter((layer): layer is layers.Layer & Remembering => (layer as Partial<Remembering>).memory !== undefined);
  const totals = new Map(remembering.map((layer) => [layer, new Population()]));
  const collect = (on: boolean) => {
    for (const [layer, total] of totals) layer.memory.collector = on ? (seen) => total.add(seen) : undefined;
  };
  let batches = 0;
  return {
    add(batch: CalibrationBatch): void {
      batches++;
      const xs = inputsOf(batch);
      collect(true);
      try {
        tf.tidy(() => void model.apply(xs));
      } finally {
        collect(false);
      }
    },
    write(): void {
      if (batches === 0) {
        throw problem('calibrateStatistics', 'there must be at least one batch', { batches }, 'Pass some inputs.');
      }
      for (const [layer, total] of totals) {
        tf.tidy(() => {
          const statistics = total.result();
          if (statistics) layer.memory.replace(statistics);
        });
      }
    },
    dispose(): void {
      for (const total of totals.values()) total.dispose();
    },
  };
}

/**
 * Replaces the moving statistics of a model's batch, batch-instance, switchable and mean-only batch layers by those of
 * some batches: the batch average of the Switchable paper, "precise" batch norm elsewhere. Everything else of the model
 * runs as in inference, no other weight changes. Frozen layers are calibrated too. A channel's batch that is empty or not
 * finite does not count; a channel of which no batch counts keeps what it had.
 *
 * `mean = Σ mean_k/n`, `variance = Σ (variance_k + mean_k²)/n − mean²`
 *
 * @param model A model with layers of this package; models and wrappers within it are searched too.
 * @param batches Inputs of the model, a batch each (or `{xs}`, as data sets yield), in an array or any iterable. They
 *   stay the caller's. Equal sizes are assumed.
 * @returns A promise, fulfilled when the statistics are written (for an array they are by the time it returns).
 * @throws NormalizationError without a batch.
 *
 * @example
 * ```js
 * const model = tf.sequential();
 * model.add(switchableNormalization({ inputShape: [4, 4, 2] }));
 * await calibrateStatistics(model, [tf.randomNormal([8, 4, 4, 2]), tf.randomNormal([8, 4, 4, 2])]);
 * ```
 */
export function calibrateStatistics(
  model: LayersModel,
  batches: Iterable<CalibrationBatch> | AsyncIterable<CalibrationBatch>,
): Promise<void> {
  const source = batches as Partial<Iterable<unknown> & AsyncIterable<unknown>> | null;
  if (!source?.[Symbol.iterator] && !source?.[Symbol.asyncIterator]) {
    const advice = 'Pass a list, also of one batch.';
    return Promise.reject(problem('calibrateStatistics', 'batches must be a list of batches', {}, advice));
  }
  const run = calibration(model);
  if (Symbol.asyncIterator in batches) return calibrateFrom(run, batches);
  try {
    for (const batch of batches) run.add(batch);
    run.write();
  } catch (error) {
    return Promise.reject(error);
  } finally {
    run.dispose();
  }
  return Promise.resolve();
}

async function calibrateFrom(
  run: ReturnType<typeof calibration>,
  batches: AsyncIterable<CalibrationBatch>,
): Promise<void> {
  try {
    for await (const batch of batches) run.add(batch);
    run.write();
  } finally {
    run.dispose();
  }
}
