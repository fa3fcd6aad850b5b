import type * as tf from '@tensorflow/tfjs-core';
import type { Kwargs } from '@tensorflow/tfjs-layers/dist/types.js';
import { normRow } from '../norms.js';
import { batchNorm, batchNormWithMoments } from '../ops/batch.js';
import type { AffineArgs, MemoryArgs, MovingVarianceArgs } from './args.js';
import { NormalizationLayer } from './base.js';
import { isFrozen, Memory, type Training } from './memory.js';
import { savedClassName } from './stock.js';

/** Arguments of {@link batchNormalization}. */
export interface BatchNormalizationArgs extends AffineArgs, MemoryArgs, MovingVarianceArgs {
  /** The channel axis. @default -1 */
  axis?: number;
  /** Share of the moving statistics that a batch leaves; PyTorch's 0.1 is 0.9 here. @default 0.99 */
  momentum?: number;
  /** Greater than 0. @default 1e-3 */
  epsilon?: number;
}

/** The layer made by {@link batchNormalization}. */
export class BatchNormalization extends NormalizationLayer {
  static readonly className = 'ExtendedBatchNormalization';
  static readonly row = normRow('batch');

  /** Internal: the moving statistics. */
  readonly memory: Memory;

  constructor(args: BatchNormalizationArgs = {}) {
    super(BatchNormalization.row, { ...args });
    this.memory = new Memory(this, this.options.training as Training, this.options.momentum as number);
  }

  /** The standard name where the stock layer computes the same; a frozen one it would go on training. */
  override getClassName(): string {
    return savedClassName(
      BatchNormalization.row,
      this.options,
      this.rank,
      this.options !== undefined && isFrozen(this),
    );
  }

  protected override normalize(x: tf.Tensor, kwargs: Kwargs): tf.Tensor {
    const { axis, epsilon } = this.options as { axis: number; epsilon: number };
    const options = { axis, epsilon, gamma: this.weight('gamma'), beta: this.weight('beta') };
    const ways = {
      fromBatch: (mask?: tf.Tensor) => batchNormWithMoments(x, { ...options, mask }),
      fromMemory: () =>
        batchNorm(x, { ...options, mean: this.weight('moving_mean'), variance: this.weight('moving_variance') }),
    };
    return this.memory.recall(x, kwargs, ways);
  }
}

/**
 * Batch normalization layer: any rank and axis, trainable without scale or center, frozen when it is frozen.
 *
 * `y = (x − mean)/√(variance + ε)·γ + β`, in training with the batch's statistics, else with the moving ones:
 * `moving ← momentum·moving + (1 − momentum)·batch` (biased variance, as Keras keeps it).
 *
 * Averages over all dimensions but the channels, and over the positions a mask admits. Shapes: input of rank 2 to 6;
 * weights `gamma`, `beta`, `moving_mean`, `moving_variance`: `[channels]`. Saved as `BatchNormalization` where the stock
 * layer computes the same (last axis, rank ≤ 4, with scale and center, not frozen, no option of ours), else as
 * `ExtendedBatchNormalization`.
 *
 * @throws NormalizationError for unknown options and values out of range.
 *
 * @example
 * ```js
 * const model = tf.sequential();
 * model.add(tf.layers.dense({ units: 8, useBias: false, inputShape: [4] }));
 * model.add(batchNormalization({ momentum: 0.9 }));
 * ```
 * Reference: Ioffe, Szegedy, "Batch Normalization", 2015, https://arxiv.org/abs/1502.03167
 */
export function batchNormalization(args?: BatchNormalizationArgs): BatchNormalization {
  return new BatchNormalization(args);
}
