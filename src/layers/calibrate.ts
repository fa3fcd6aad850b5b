import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel, LayerVariable, layers } from '@tensorflow/tfjs-layers';
import { problem } from '../core/errors.js';
import type { Statistics } from '../core/normalize.js';
import { type CalibrationBatch, checkModel, inputsOf } from './inputs.js';
import { firstTensor, withCalls } from './intercept.js';
import type { Memory } from './memory.js';
import { Population } from './population.js';
import { isStockBatch, stockBatchNorm, weightsOf } from './stockMemory.js';
import { layersWithin } from './within.js';

/** A layer that remembers statistics. */
interface Remembering {
  readonly memory: Memory;
}

const CALIBRATE = 'calibrateStatistics';

/** Layers of this package that remember, and the host's own batch normalization. */
function rememberingLayers(model: LayersModel) {
  const all = layersWithin(model).map(({ layer }) => layer);
  const ours = all.filter((layer): layer is layers.Layer & Remembering => 'memory' in layer);
  return { ours, stock: all.filter(isStockBatch) };
}

/** Writes what there are finite values of: the rest stays as it was. */
function writeStock(layer: layers.Layer, statistics: Statistics): void {
  const finite = tf.logicalAnd(tf.isFinite(statistics.mean), tf.isFinite(statistics.variance));
  const { moving_mean: mean, moving_variance: variance } = weightsOf(layer) as Record<string, LayerVariable>;
  const write = (weight: LayerVariable | undefined, found: tf.Tensor) => {
    if (!weight) return;
    const old = weight.read(); // [C]
    weight.write(tf.where(tf.reshape(finite, old.shape), tf.reshape(found, old.shape), old));
  };
  write(mean, statistics.mean);
  write(variance, statistics.variance);
}

/** The run over the batches: collects with `add`, then writes. */
function calibration(model: LayersModel) {
  const { ours, stock } = rememberingLayers(model);
  const totals = new Map([...ours, ...stock].map((layer) => [layer as layers.Layer, new Population()]));
  const totalOf = (layer: layers.Layer) => totals.get(layer) as Population;
  const collect = (on: boolean) => {
    for (const layer of ours) {
      layer.memory.collector = on ? (seen, values) => totalOf(layer).add(seen, values) : undefined;
    }
  };
  const throughStock = (xs: tf.Tensor[]) =>
    withCalls(
      stock,
      ({ layer, inputs }) => {
        const x = firstTensor(inputs);
        const { y, seen } = stockBatchNorm(layer, x);
        totalOf(layer).add(seen, tf.scalar(x.size / seen.mean.size));
        return y;
      },
      () => tf.tidy(() => void model.apply(xs)),
    );
  let batches = 0;
  return {
    add(batch: CalibrationBatch): void {
      batches++;
      const xs = inputsOf(CALIBRATE, model, batch);
      collect(true);
      try {
        throughStock(xs);
      } finally {
        collect(false);
      }
    },
    write(): void {
      if (batches === 0) {
        throw problem(CALIBRATE, 'there must be at least one batch', { batches }, 'Pass some inputs.');
      }
      tf.tidy(() => {
        for (const [layer, total] of totals) {
          const statistics = total.result();
          if (!statistics) continue;
          if (isStockBatch(layer)) writeStock(layer, statistics);
          else (layer as layers.Layer & Remembering).memory.replace(statistics);
        }
      });
    },
    dispose(): void {
      for (const total of totals.values()) total.dispose();
    },
  };
}

/**
 * Replaces the moving statistics of a model's batch, batch-instance, switchable and mean-only batch layers, tfjs's own
 * BatchNormalization included, by those of some batches: the batch average of the Switchable paper, "precise" batch norm
 * elsewhere. Everything else of the model runs as in inference, no other weight changes. Frozen layers are calibrated too. A
 * channel's batch that is empty or not finite does not count; a channel of which no batch counts keeps what it had.
 *
 * `mean = Σ n_k·mean_k/n`, `variance = Σ n_k·(variance_k + mean_k²)/n − mean²`: those of the population. n_k is how many values
 * a channel has in batch k (examples times space, or what a mask admits), so batches of any sizes, and images of any sizes, count
 * as they weigh. A layer used twice gets the statistics of both its inputs together.
 *
 * @param model Models and wrappers within it are searched too.
 * @param batches Inputs of the model, a batch each (or `{xs}`, as data sets yield), in an array or any iterable. They
 *   stay the caller's.
 * @returns A promise, fulfilled when the statistics are written (for an array they are by the time it returns).
 * @throws NormalizationError for what is no model, without a batch, and for a batch that is not the inputs of the model.
 *
 * @example
 * ```js
 * const model = tf.sequential();
 * model.add(switchableNormalization({ inputShape: [4, 4, 2] }));
 * await calibrateStatistics(model, [tf.randomNormal([8, 4, 4, 2]), tf.randomNormal([8, 4, 4, 2])]);
 * ```
 */
export async function calibrateStatistics(
  model: LayersModel,
  batches: Iterable<CalibrationBatch> | AsyncIterable<CalibrationBatch>,
): Promise<void> {
  const source = batches as Partial<Iterable<unknown> & AsyncIterable<unknown>> | null;
  if (!source?.[Symbol.iterator] && !source?.[Symbol.asyncIterator]) {
    throw problem(CALIBRATE, 'batches must be a list of batches', {}, 'Pass a list, also of one batch.');
  }
  checkModel(CALIBRATE, model);
  const run = calibration(model);
  try {
    // Nothing is waited for with a list: it is done by the time this returns.
    if (Symbol.asyncIterator in batches) for await (const batch of batches) run.add(batch);
    else for (const batch of batches) run.add(batch);
    run.write();
  } finally {
    run.dispose();
  }
}
