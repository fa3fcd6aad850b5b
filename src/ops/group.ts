import type * as tf from '@tensorflow/tfjs-core';
import { canonicalChannelAxis } from '../core/axes.js';
import { resolveGroups } from '../core/groups.js';
import { normalize } from '../core/normalize.js';
import { groupView } from '../core/view.js';
import { normRow } from '../norms.js';
import { type AffineOptions, checkEpsilon, checkOptions, floatTensor, parameter } from './options.js';
import { makesResultOnly, scoped } from './scope.js';

const ROW = normRow('group').defaults as { groups: number; axis: number; epsilon: number };

/** Options of {@link groupNorm}. */
export interface GroupNormOptions extends AffineOptions {
  /** @default 32 */
  groups?: number | undefined;
  /** @default -1 */
  axis?: number | undefined;
  /** @default 1e-3 */
  epsilon?: number | undefined;
}

/**
 * Group normalization.
 *
 * `y = (x − mean)/√(variance + ε)·γ + β`
 *
 * Averages over space and the channels of a group, for every example and group; groups are contiguous channels. Shapes:
 * x of rank ≥ 2, γ and β `[channels]`, y as x, float32. One group has layer statistics with γ per channel.
 *
 * @param x Input; integers are converted.
 * @param options.groups A divisor of the channels, or −1: one channel a group. @default 32
 * @param options.axis The channel axis, not 0. @default -1
 * @param options.epsilon Finite, ≥ 0; with 0 a group without spread gives β. @default 1e-3
 * @param options.gamma Scale γ. @default none
 * @param options.beta Shift β. @default none
 * @throws NormalizationError for groups that do not divide the channels, a bad axis or epsilon, a wrong shape.
 *
 * @example
 * ```js
 * groupNorm(tf.randomNormal([2, 4, 4, 8]), { groups: 4 }).print();
 * ```
 * Reference: Wu, He, "Group Normalization", 2018, https://arxiv.org/abs/1803.08494
 */
export function groupNorm(x: tf.Tensor | tf.TensorLike, options: GroupNormOptions = {}): tf.Tensor {
  checkOptions('groupNorm', options, ['groups', 'axis', 'epsilon', 'gamma', 'beta']);
  return normalizeGroups('groupNorm', x, {
    ...options,
    groups: options.groups ?? ROW.groups,
    axis: options.axis ?? ROW.axis,
    epsilon: options.epsilon ?? ROW.epsilon,
  });
}

interface Resolved extends AffineOptions {
  groups: number;
  axis: number;
  epsilon: number;
}

/** Group normalization under the name of the op that was called; one channel a group is instance normalization. */
export function normalizeGroups(subject: string, x: tf.Tensor | tf.TensorLike, options: Resolved): tf.Tensor {
  const epsilon = checkEpsilon(subject, options.epsilon);
  return scoped(makesResultOnly(x, options), () => {
    const input = floatTensor(subject, 'x', x);
    const channelAxis = canonicalChannelAxis(subject, options.axis, input.rank);
    const channels = input.shape[channelAxis] as number;
    const groups = resolveGroups(subject, options.groups, channels);
    const gamma = parameter(subject, 'gamma', options.gamma, [channels]);
    const beta = parameter(subject, 'beta', options.beta, [channels]);
    return normalize(input, groupView(input.shape, channelAxis, groups), { gamma, beta, epsilon, center: true });
  });
}
