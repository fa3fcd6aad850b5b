import type * as tf from '@tensorflow/tfjs-core';
import { problem } from '../core/errors.js';
import { automaticGroups, resolveGroups } from '../core/groups.js';
import { normRow } from '../norms.js';
import { groupNorm } from '../ops/group.js';
import type { AffineArgs } from './args.js';
import { NormalizationLayer } from './base.js';

/** Arguments of {@link groupNormalization}. */
export interface GroupNormalizationArgs extends AffineArgs {
  /** Number of groups; −1 is one channel a group, `'auto'` the largest fitting number up to 32. @default 32 */
  groups?: number | 'auto';
  /** The channel axis. @default -1 */
  axis?: number;
  /** Greater than 0. @default 1e-3 */
  epsilon?: number;
}

/** The layer made by {@link groupNormalization}. */
export class GroupNormalization extends NormalizationLayer {
  static readonly className = 'GroupNormalization';
  static readonly row = normRow('group');

  constructor(args: GroupNormalizationArgs = {}) {
    super(GroupNormalization.row, { ...args });
  }

  /** Besides the shape itself: groups that divide it, and more than one value a group. */
  protected override checkShape(shape: (number | null)[]): number[] {
    const sizes = super.checkShape(shape);
    const channels = sizes[0] as number;
    const given = this.options.groups as number | 'auto';
    const groups = given === 'auto' ? automaticGroups(channels) : given;
    const resolved = resolveGroups(this.subject, groups, channels);
    if (shape.length === 2 && resolved === channels) {
      const advice = 'Use fewer groups, or layerNormalization.';
      throw problem(this.subject, 'a group must hold more than one value', { groups, channels }, advice);
    }
    return sizes;
  }

  /** The one option that build fills in: `'auto'` is an instruction, and the configuration then holds the number. */
  override build(inputShape: (number | null)[]): void {
    super.build(inputShape);
    if (this.options.groups !== 'auto') return;
    const [axis] = this.parameterAxes(inputShape.length);
    this.options.groups = automaticGroups(inputShape[axis as number] as number);
  }

  protected override normalize(x: tf.Tensor): tf.Tensor {
    const { groups, axis, epsilon } = this.options as { groups: number; axis: number; epsilon: number };
    return groupNorm(x, { groups, axis, epsilon, gamma: this.weight('gamma'), beta: this.weight('beta') });
  }
}

/**
 * Group normalization layer: statistics of each example and group of channels, the same in training and inference.
 *
 * `y = (x − mean)/√(variance + ε)·γ + β`
 *
 * Averages over space and the channels of a group. Shapes: input of rank 2 to 6; weights `gamma`, `beta`: `[channels]`.
 * Saved under Keras's name.
 *
 * @throws NormalizationError for groups that do not divide the channels, unknown options, values out of range.
 *
 * @example
 * ```js
 * const model = tf.sequential();
 * model.add(tf.layers.conv2d({ filters: 8, kernelSize: 3, useBias: false, inputShape: [8, 8, 1] }));
 * model.add(groupNormalization({ groups: 4 }));
 * ```
 * Reference: Wu, He, "Group Normalization", 2018, https://arxiv.org/abs/1803.08494
 */
export function groupNormalization(args?: GroupNormalizationArgs): GroupNormalization {
  return new GroupNormalization(args);
}
