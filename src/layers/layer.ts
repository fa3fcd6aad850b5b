import type * as tf from '@tensorflow/tfjs-core';
import type { Axes } from '../core/axes.js';
import { normRow } from '../norms.js';
import { layerNorm } from '../ops/layer.js';
import type { AffineArgs } from './args.js';
import { NormalizationLayer } from './base.js';
import { savedClassName } from './stock.js';

/** Arguments of {@link layerNormalization}. */
export interface LayerNormalizationArgs extends AffineArgs {
  /** Axis or axes to average over. @default -1 */
  axis?: number | number[];
  /** Greater than 0. @default 1e-3 */
  epsilon?: number;
}

/** The layer made by {@link layerNormalization}. */
export class LayerNormalization extends NormalizationLayer {
  static readonly className = 'ExtendedLayerNormalization';
  static readonly row = normRow('layer');

  constructor(args: LayerNormalizationArgs = {}) {
    super(LayerNormalization.row, { ...args });
  }

  /** The standard name where the stock layer computes the same; it has no constraints. */
  override getClassName(): string {
    const constrained = this.parameters?.some(({ constraint }) => constraint !== null);
    return savedClassName(LayerNormalization.row, this.options, this.rank, constrained ?? false);
  }

  protected override normalize(x: tf.Tensor): tf.Tensor {
    const { axis, epsilon } = this.options as { axis: Axes; epsilon: number };
    return layerNorm(x, { axis, epsilon, gamma: this.weight('gamma'), beta: this.weight('beta') });
  }
}

/**
 * Layer normalization layer, the same in training and inference: any rank and axes, trainable without scale or center.
 *
 * `y = (x − mean)/√(variance + ε)·γ + β`
 *
 * Averages over the chosen axes. Shapes: input of rank 2 to 6; weights `gamma`, `beta`: the averaged dimensions in
 * ascending order. Saved as `LayerNormalization` where the stock layer computes the same (last axis, rank ≤ 4, with scale
 * and center), else as `ExtendedLayerNormalization`.
 *
 * @throws NormalizationError for a repeated axis, the batch axis, unknown options, values out of range.
 *
 * @example
 * ```js
 * const model = tf.sequential();
 * model.add(layerNormalization({ inputShape: [10, 64] }));
 * ```
 * Reference: Ba, Kiros, Hinton, "Layer Normalization", 2016, https://arxiv.org/abs/1607.06450
 */
export function layerNormalization(args?: LayerNormalizationArgs): LayerNormalization {
  return new LayerNormalization(args);
}
