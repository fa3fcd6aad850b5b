import type * as tf from '@tensorflow/tfjs-core';
import { type Axes, canonicalAxes } from '../core/axes.js';
import { normalize } from '../core/normalize.js';
import { arrangeRows } from '../core/view.js';
import { normRow } from '../norms.js';
import { type AffineOptions, checkEpsilon, checkOptions, floatTensor, parameter } from './options.js';
import { makesResultOnly, scoped } from './scope.js';

const ROW = normRow('layer').defaults as { axis: number; epsilon: number };

/** Options of {@link layerNorm}. */
export interface LayerNormOptions extends AffineOptions {
  /** @default -1 */
  axis?: Axes | undefined;
  /** @default 1e-3 */
  epsilon?: number | undefined;
}

/**
 * Layer normalization.
 *
 * `y = (x − mean)/√(variance + ε)·γ + β`
 *
 * Averages over the chosen axes, for every index of the others. Shapes: x any rank, scalars included; γ and β have the
 * averaged dimensions in ascending order; y as x, float32.
 *
 * @param x Input; integers are converted.
 * @param options.axis Axis or axes to average over; `[]` gives β, or 0. @default -1 (of a scalar: [])
 * @param options.epsilon Finite, ≥ 0; with 0 a slice without spread gives β. @default 1e-3
 * @param options.gamma Scale γ. @default none
 * @param options.beta Shift β. @default none
 * @throws NormalizationError for an unknown or repeated axis, a bad epsilon, a parameter of the wrong shape.
 *
 * @example
 * ```js
 * const x = tf.tensor2d([[1, 2, 3], [4, 6, 11]]);
 * layerNorm(x, { gamma: tf.tensor1d([1, 2, 1]) }).print();
 * ```
 * Reference: Ba, Kiros, Hinton, "Layer Normalization", 2016, https://arxiv.org/abs/1607.06450
 */
export function layerNorm(x: tf.Tensor | tf.TensorLike, options: LayerNormOptions = {}): tf.Tensor {
  checkOptions('layerNorm', options, ['axis', 'epsilon', 'gamma', 'beta']);
  const epsilon = checkEpsilon('layerNorm', options.epsilon ?? ROW.epsilon);
  const isLast = options.axis === undefined || options.axis === -1;
  return scoped(isLast && makesResultOnly(x, options), () => {
    const input = floatTensor('layerNorm', 'x', x);
    const axes = canonicalAxes('layerNorm', options.axis ?? (input.rank === 0 ? [] : ROW.axis), input.rank);
    const shape = axes.map((axis) => input.shape[axis] as number);
    const gamma = parameter('layerNorm', 'gamma', options.gamma, shape);
    const beta = parameter('layerNorm', 'beta', options.beta, shape);
    const arranged = arrangeRows(input, axes);
    return arranged.back(normalize(arranged.x, arranged.view, { gamma, beta, epsilon, center: true }));
  });
}
