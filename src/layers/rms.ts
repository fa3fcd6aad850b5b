import type * as tf from '@tensorflow/tfjs-core';
import type { Axes } from '../core/axes.js';
import { problem } from '../core/errors.js';
import { normRow } from '../norms.js';
import { checkPartial, rmsNorm } from '../ops/rms.js';
import type { Identifier } from '../serialization/identifiers.js';
import type { LayerArgs } from './args.js';
import { NormalizationLayer } from './base.js';

/** Arguments of {@link rmsNormalization}. */
export interface RMSNormalizationArgs extends LayerArgs {
  /** Axis or axes to average over. @default -1 */
  axis?: number | number[];
  /** Greater than 0. @default 1e-6 */
  epsilon?: number;
  /** Whether there is a scale. @default true */
  scale?: boolean;
  /** @default 'ones', or 'zeros' where there is an offset */
  scaleInitializer?: Identifier;
  scaleRegularizer?: Identifier;
  scaleConstraint?: Identifier;
  /** Share of the features the mean square is taken over, in (0, 1]. @default 1 */
  partial?: number;
  /** Added to the scale. @default 0 */
  offset?: number;
}

/** The layer made by {@link rmsNormalization}. */
export class RMSNormalization extends NormalizationLayer {
  static readonly className = 'RMSNormalization';
  static readonly row = normRow('rms');

  constructor(args: RMSNormalizationArgs = {}) {
    super(RMSNormalization.row, { ...args });
    const axis = this.options.axis as Axes;
    checkPartial(this.subject, this.options.partial as number, typeof axis === 'number' ? [axis] : axis);
    const { offset, scale } = this.options;
    if (offset !== 0 && scale === false) {
      const rule = 'offset is added to scale, so there must be one';
      throw problem(this.subject, rule, { offset, scale }, 'Leave out one of them.');
    }
  }

  protected override initialWeightNames(): Record<string, string> {
    return this.options.offset === 0 ? {} : { scale: 'zeros' };
  }

  protected override normalize(x: tf.Tensor): tf.Tensor {
    const { axis, epsilon, partial, offset } = this.options as {
      axis: Axes;
      epsilon: number;
      partial: number;
      offset: number;
    };
    return rmsNorm(x, { axis, epsilon, partial, gamma: this.weight('scale'), offset });
  }
}

/**
 * Root mean square normalization layer, the same in training and inference.
 *
 * `y = x/√(mean(x²) + ε)·(scale + offset)`
 *
 * Averages over the chosen axes, not centred. Shapes: input of rank 2 to 6; weight `scale`: the averaged dimensions in
 * ascending order. Saved under Keras's name; options that Keras lacks are written only where they are used.
 *
 * @throws NormalizationError for a repeated axis, partial outside (0, 1] or over several axes, unknown options.
 *
 * @example
 * ```js
 * const model = tf.sequential();
 * model.add(rmsNormalization({ inputShape: [10, 64] }));
 * model.add(rmsNormalization({ offset: 1 })); // Gemma's: 1 + scale, which starts at 0
 * ```
 * Reference: Zhang, Sennrich, "Root Mean Square Layer Normalization", 2019, https://arxiv.org/abs/1910.07467
 */
export function rmsNormalization(args?: RMSNormalizationArgs): RMSNormalization {
  return new RMSNormalization(args);
}
