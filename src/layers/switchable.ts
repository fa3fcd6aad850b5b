import * as tf from '@tensorflow/tfjs-core';
import type { Kwargs } from '@tensorflow/tfjs-layers/dist/types.js';
import { problem } from '../core/errors.js';
import type { Statistic } from '../kernels/contract.js';
import { normRow, type WeightRow } from '../norms.js';
import { switchNorm, switchNormWithMoments } from '../ops/switchable.js';
import type { Identifier } from '../serialization/identifiers.js';
import type { AffineArgs, MemoryArgs, MovingVarianceArgs } from './args.js';
import { NormalizationLayer } from './base.js';
import { Memory, type Training } from './memory.js';

/** Arguments of {@link switchableNormalization}. */
export interface SwitchableNormalizationArgs extends AffineArgs, MemoryArgs, MovingVarianceArgs {
  /** The channel axis. @default -1 */
  axis?: number;
  /** Share of the moving statistics that a batch leaves. @default 0.9 */
  momentum?: number;
  /** Greater than 0. @default 1e-5 */
  epsilon?: number;
  /** Two or three of `'instance'`, `'layer'`, `'batch'`. @default all three in this order */
  statistics?: Statistic[];
  /** Logits. @default 'ones' */
  meanWeightInitializer?: Identifier;
  meanWeightRegularizer?: Identifier;
  meanWeightConstraint?: Identifier;
  /** Logits. @default 'ones' */
  varianceWeightInitializer?: Identifier;
  varianceWeightRegularizer?: Identifier;
  varianceWeightConstraint?: Identifier;
}

/** The share of each statistic, adding up to 1. */
export type SwitchShares = Partial<Record<Statistic, number>>;

/** The layer made by {@link switchableNormalization}. */
export class SwitchableNormalization extends NormalizationLayer {
  static readonly className = 'SwitchableNormalization';
  static readonly row = normRow('switchable');

  /** Internal: the moving statistics. */
  readonly memory: Memory;

  constructor(args: SwitchableNormalizationArgs = {}) {
    super(SwitchableNormalization.row, { ...args });
    this.memory = new Memory(this, this.options.training as Training, this.options.momentum as number);
  }

  private get statistics(): Statistic[] {
    return this.options.statistics as Statistic[];
  }

  /** Without batch statistics there is nothing to remember. */
  protected override wants(row: WeightRow): boolean {
    return super.wants(row) && (row.trainable || this.statistics.includes('batch'));
  }

  protected override checkShape(shape: (number | null)[]): number[] {
    const sizes = super.checkShape(shape);
    if (shape.length === 2 && this.statistics.includes('instance')) {
      const advice = "Use statistics: ['layer', 'batch'].";
      throw problem(this.subject, 'instance statistics need spatial dimensions', { shape }, advice);
    }
    return sizes;
  }

  protected override normalize(x: tf.Tensor, kwargs: Kwargs): tf.Tensor {
    const { axis, epsilon } = this.options as { axis: number; epsilon: number };
    const options = {
      axis,
      epsilon,
      statistics: this.statistics,
      gamma: this.weight('gamma'),
      beta: this.weight('beta'),
      meanWeight: this.weight('mean_weight'),
      varianceWeight: this.weight('variance_weight'),
    };
    if (!this.statistics.includes('batch')) return switchNorm(x, options);
    const memory = { mean: this.weight('moving_mean'), variance: this.weight('moving_variance') };
    const ways = {
      fromBatch: (mask?: tf.Tensor) => switchNormWithMoments(x, { ...options, mask }),
      fromMemory: () => switchNorm(x, { ...options, ...memory }),
    };
    return this.memory.recall(x, kwargs, ways);
  }

  /**
   * What the layer has learned to use: the softmaxes of its mean and variance weights.
   *
   * @throws NormalizationError before the layer is built.
   *
   * @example
   * ```js
   * const layer = switchableNormalization({ inputShape: [8, 8, 3] });
   * tf.sequential({ layers: [layer] });
   * console.log(layer.currentWeights().mean); // { instance: 0.333…, layer: 0.333…, batch: 0.333… }
   * ```
   */
  currentWeights(): { mean: SwitchShares; variance: SwitchShares } {
    return { mean: this.shares('mean_weight'), variance: this.shares('variance_weight') };
  }

  private shares(name: string): SwitchShares {
    const logits = this.weight(name);
    if (!logits) throw problem(this.subject, 'the layer has no weights before it is built', {}, 'Call build first.');
    // biome-ignore lint/plugin: two or three values, read when somebody asks for them
    const shares = tf.tidy(() => tf.softmax(logits).dataSync());
    return Object.fromEntries(this.statistics.map((statistic, k) => [statistic, shares[k] as number]));
  }
}

/**
 * Switchable normalization layer: learns how much of instance, layer and batch statistics to use, for means and for
 * variances.
 *
 * `y = (x − Σ w_k·mean_k)/√(Σ u_k·variance_k + ε)·γ + β`; in inference the batch statistics are the moving ones
 * (`calibrateStatistics` replaces them by the paper's batch average).
 *
 * Averages over space, over space and channels, over batch and space. Shapes: input of rank 3 to 6, or rank 2 with
 * `statistics: ['layer', 'batch']`; weights `gamma`, `beta`: `[channels]`, `mean_weight`, `variance_weight`:
 * `[statistics.length]`, `moving_mean`, `moving_variance`: `[channels]` where batch statistics are used. Variances are
 * biased, so that they stay finite for one value.
 *
 * @throws NormalizationError for empty, repeated or unknown statistics, unknown options, values out of range.
 *
 * @example
 * ```js
 * const model = tf.sequential();
 * model.add(tf.layers.conv2d({ filters: 8, kernelSize: 3, useBias: false, inputShape: [8, 8, 3] }));
 * model.add(switchableNormalization());
 * ```
 * Reference: Luo et al., "Differentiable Learning-to-Normalize via Switchable Normalization", 2019,
 * https://arxiv.org/abs/1806.10779
 */
export function switchableNormalization(args?: SwitchableNormalizationArgs): SwitchableNormalization {
  return new SwitchableNormalization(args);
}
