import * as tf from '@tensorflow/tfjs-core';
import type { LayerVariable, layers } from '@tensorflow/tfjs-layers';
import type { Kwargs } from '@tensorflow/tfjs-layers/dist/types.js';
import type { Statistics } from '../core/normalize.js';
import type { WithBatchMoments } from '../ops/batchInputs.js';

export type Training = 'auto' | boolean;

/** The two ways of a norm with a memory. */
export interface Ways {
  /** With this batch's statistics, over the positions a mask admits. */
  fromBatch(mask: tf.Tensor | undefined): WithBatchMoments;
  /** With the statistics remembered. */
  fromMemory(): tf.Tensor;
}

/** Gets the statistics of each batch while a model is calibrated, and of how many values a channel they are. */
export type Collector = (seen: Statistics, values: tf.Tensor) => void;

/**
 * A layer whose trainable weights are all frozen is frozen: a frozen model sets the weights' flags, not the layers'.
 */
export function isFrozen(layer: layers.Layer): boolean {
  if (!layer.trainable) return true;
  const own = (layer as unknown as { _trainableWeights: LayerVariable[] })._trainableWeights;
  return own.length > 0 && own.every((weight) => !weight.trainable);
}

/**
 * A mask for this input, or none: the host leaves the mask of an earlier layer in place, so one whose shape does not fit
 * is somebody else's.
 */
function fittingMask(x: tf.Tensor, kwargs: Kwargs): tf.Tensor | undefined {
  const given = kwargs.mask as tf.Tensor | tf.Tensor[] | null | undefined;
  const mask = Array.isArray(given) ? given[0] : given;
  if (!mask || mask.rank !== x.rank - 1) return undefined;
  return mask.shape.every((size, i) => size === x.shape[i]) ? mask : undefined;
}

/** How many values the statistics of a channel are of. */
function valuesPerChannel(x: tf.Tensor, mask: tf.Tensor | undefined, channels: number): tf.Tensor {
  if (!mask) return tf.scalar(x.size / channels);
  return tf.mul(tf.sum(tf.cast(mask, 'float32')), x.size / channels / Math.max(mask.size, 1));
}

/** The variables of the moving statistics that exist. */
type Moving = { readonly [P in keyof Statistics]?: LayerVariable | undefined };

/** A layer with a memory, as the memory sees it. */
export interface Owner extends layers.Layer {
  movingStatistics(): Moving;
}

/**
 * The moving statistics of a layer. `training` chooses the statistics; the memory moves only when the host trains, the
 * layer is not frozen, and a channel's moments are finite: an empty, fully masked or spoilt channel stays as it was.
 */
export class Memory {
  collector: Collector | undefined;

  constructor(
    private readonly layer: Owner,
    private readonly training: Training,
    private readonly momentum: number,
  ) {}

  /** The result by batch or by memory; a batch that trains is remembered. */
  recall(x: tf.Tensor, kwargs: Kwargs, ways: Ways): tf.Tensor {
    return tf.tidy(() => this.choose(x, kwargs, ways));
  }

  private choose(x: tf.Tensor, kwargs: Kwargs, ways: Ways): tf.Tensor {
    const hostTrains = kwargs.training === true && !isFrozen(this.layer);
    const useBatch = this.training === 'auto' ? hostTrains : this.training;
    if (!useBatch && !this.collector) return ways.fromMemory();
    const mask = fittingMask(x, kwargs);
    const { y, seen } = ways.fromBatch(mask);
    if (this.collector) this.collector(seen, valuesPerChannel(x, mask, seen.mean.size));
    else if (hostTrains) this.write(seen, this.momentum);
    return y;
  }

  /** Puts statistics in the place of the moving ones. */
  replace(statistics: Statistics): void {
    this.write(statistics, 0);
  }

  /** moving ← momentum·moving + (1 − momentum)·statistics: 1 keeps, 0 replaces. */
  private write(statistics: Statistics, momentum: number): void {
    tf.tidy(() => {
      const moving = this.layer.movingStatistics();
      const parts = (['mean', 'variance'] as const).filter((part) => moving[part]);
      const finite = parts.map((part) => tf.isFinite(statistics[part])).reduce((a, b) => tf.logicalAnd(a, b));
      for (const part of parts) {
        const variable = moving[part] as LayerVariable;
        const old = variable.read(); // [C]
        const batch = tf.reshape(statistics[part], old.shape); // [C]
        const kept = tf.mul(old, momentum); // [C]
        // Not `old·0 + batch`, by which a spoilt memory would never recover.
        const moved = momentum === 0 ? batch : tf.add(kept, tf.mul(batch, 1 - momentum)); // [C]
        variable.write(tf.where(tf.reshape(finite, old.shape), moved, old));
      }
    });
  }
}
