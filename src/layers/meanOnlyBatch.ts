import type * as tf from '@tensorflow/tfjs-core';
import type { Kwargs } from '@tensorflow/tfjs-layers/dist/types.js';
import { normRow } from '../norms.js';
import { meanOnlyBatchNorm } from '../ops/meanOnlyBatch.js';
import type { BetaArgs, LayerArgs, MemoryArgs } from './args.js';
import { NormalizationLayer } from './base.js';
import { Memory, type Training } from './memory.js';

/** Arguments of {@link meanOnlyBatchNormalization}. */
export interface MeanOnlyBatchNormalizationArgs extends LayerArgs, BetaArgs, MemoryArgs {
  /** The channel axis. @default -1 */
  axis?: number;
  /** Share of the moving mean that a batch leaves. @default 0.9 */
  momentum?: number;
}

/** The layer made by {@link meanOnlyBatchNormalization}. */
export class MeanOnlyBatchNormalization extends NormalizationLayer {
  static readonly className = 'MeanOnlyBatchNormalization';
  static readonly row = normRow('meanOnlyBatch');

  /** Internal: the moving mean. */
  readonly memory: Memory;

  constructor(args: MeanOnlyBatchNormalizationArgs = {}) {
    super(MeanOnlyBatchNormalization.row, { ...args });
    this.memory = new Memory(this, this.options.training as Training, this.options.momentum as number);
  }

  protected override normalize(x: tf.Tensor, kwargs: Kwargs): tf.Tensor {
    const options = { axis: this.options.axis as number, beta: this.weight('beta') };
    const ways = {
      fromBatch: (mask?: tf.Tensor) => meanOnlyBatchNorm(x, { ...options, mask }),
      fromMemory: () => meanOnlyBatchNorm(x, { ...options, mean: this.weight('moving_mean') }).y,
    };
    return this.memory.recall(x, kwargs, ways);
  }
}

/**
 * Mean-only batch normalization layer, the companion of weight normalization.
 *
 * `y = x − mean + β`, in training with the batch's mean, else with the moving one.
 *
 * Averages over all dimensions but the channels. Shapes: input of rank 2 to 6; weights `beta`, `moving_mean`:
 * `[channels]`. The layer before it needs no bias.
 *
 * @throws NormalizationError for unknown options and values out of range.
 *
 * @example
 * ```js
 * const model = tf.sequential();
 * const layer = tf.layers.dense({ units: 8, useBias: false });
 * model.add(weightNormalization({ layer, inputShape: [4] }));
 * model.add(meanOnlyBatchNormalization());
 * ```
 * Reference: Salimans, Kingma, "Weight Normalization", 2016, section 4, https://arxiv.org/abs/1602.07868
 */
export function meanOnlyBatchNormalization(args?: MeanOnlyBatchNormalizationArgs): MeanOnlyBatchNormalization {
  return new MeanOnlyBatchNormalization(args);
}
