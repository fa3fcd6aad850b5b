import type * as tf from '@tensorflow/tfjs-core';
import { normRow } from '../norms.js';
import { instanceNorm } from '../ops/instance.js';
import type { AffineArgs } from './args.js';
import { NormalizationLayer } from './base.js';

/** Arguments of {@link instanceNormalization}. */
export interface InstanceNormalizationArgs extends AffineArgs {
  /** The channel axis. @default -1 */
  axis?: number;
  /** Greater than 0. @default 1e-3 */
  epsilon?: number;
}

/** The layer made by {@link instanceNormalization}. */
export class InstanceNormalization extends NormalizationLayer {
  static readonly className = 'InstanceNormalization';
  static readonly row = normRow('instance');

  constructor(args: InstanceNormalizationArgs = {}) {
    super(InstanceNormalization.row, { ...args });
  }

  protected override normalize(x: tf.Tensor): tf.Tensor {
    const { axis, epsilon } = this.options as { axis: number; epsilon: number };
    return instanceNorm(x, { axis, epsilon, gamma: this.weight('gamma'), beta: this.weight('beta') });
  }
}

/**
 * Instance normalization layer: statistics of each example and channel, the same in training and inference.
 *
 * `y = (x − mean)/√(variance + ε)·γ + β`
 *
 * Averages over space. Shapes: input of rank 3 to 6 (without space there is nothing to average); weights `gamma`,
 * `beta`: `[channels]`. Saved under the name of TensorFlow Addons and keras-contrib.
 *
 * @throws NormalizationError for an input without space, unknown options, values out of range.
 *
 * @example
 * ```js
 * const model = tf.sequential();
 * model.add(tf.layers.conv2d({ filters: 8, kernelSize: 3, inputShape: [8, 8, 3] }));
 * model.add(instanceNormalization());
 * ```
 * Reference: Ulyanov, Vedaldi, Lempitsky, "Instance Normalization", 2016, https://arxiv.org/abs/1607.08022
 */
export function instanceNormalization(args?: InstanceNormalizationArgs): InstanceNormalization {
  return new InstanceNormalization(args);
}
