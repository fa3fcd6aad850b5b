import type * as tf from '@tensorflow/tfjs-core';
import { normRow } from '../norms.js';
import { normalizeGroups } from './group.js';
import { type AffineOptions, checkOptions } from './options.js';

const ROW = normRow('instance').defaults as { axis: number; epsilon: number };

/** Options of {@link instanceNorm}. */
export interface InstanceNormOptions extends AffineOptions {
  /** @default -1 */
  axis?: number | undefined;
  /** @default 1e-3 */
  epsilon?: number | undefined;
}

/**
 * Instance normalization.
 *
 * `y = (x − mean)/√(variance + ε)·γ + β`
 *
 * Averages over space, for every example and channel. Shapes: x of rank ≥ 2 (without space every value is its own mean
 * and y is β), γ and β `[channels]`, y as x, float32.
 *
 * @param x Input; integers are converted.
 * @param options.axis The channel axis, not 0. @default -1
 * @param options.epsilon Finite, ≥ 0; with 0 a channel without spread gives β. @default 1e-3
 * @param options.gamma Scale γ. @default none
 * @param options.beta Shift β. @default none
 * @throws NormalizationError for a bad axis or epsilon, or a parameter of the wrong shape.
 *
 * @example
 * ```js
 * instanceNorm(tf.randomNormal([2, 4, 4, 3])).print();
 * ```
 * Reference: Ulyanov, Vedaldi, Lempitsky, "Instance Normalization", 2016, https://arxiv.org/abs/1607.08022
 */
export function instanceNorm(x: tf.Tensor | tf.TensorLike, options: InstanceNormOptions = {}): tf.Tensor {
  checkOptions('instanceNorm', options, ['axis', 'epsilon', 'gamma', 'beta']);
  const { axis = ROW.axis, epsilon = ROW.epsilon } = options;
  return normalizeGroups('instanceNorm', x, { ...options, groups: -1, axis, epsilon });
}
