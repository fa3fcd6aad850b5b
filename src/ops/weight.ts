import * as tf from '@tensorflow/tfjs-core';
import { type Axes, canonicalAxes } from '../core/axes.js';
import { problem } from '../core/errors.js';
import { applyStatistics, moments } from '../core/normalize.js';
import { arrangeKept } from '../core/view.js';
import { checkOptions, floatTensor, parameter } from './options.js';

/** Below this a kernel counts as zero: its direction is not defined, and the result stays finite. */
const SMALLEST_SQUARE = 1e-12;

/**
 * Internal: the length of every output's kernel, `√max(Σv², 1e-12)`: with it as g {@link weightNorm} gives v back.
 */
export function kernelLength(v: tf.Tensor, axis: Axes): tf.Tensor {
  return tf.tidy(() => {
    const outputs = canonicalAxes('weightNorm', axis, v.rank);
    const shape = outputs.map((output) => v.shape[output] as number);
    if (v.size === 0) return tf.zeros(shape);
    const { x, view } = arrangeKept(v, outputs);
    const n = view.S * view.T;
    const { variance } = moments(x, view, false); // the mean square, [1, outputs]
    const square = tf.maximum(tf.mul(variance, n), SMALLEST_SQUARE); // [1, outputs]
    return tf.reshape(tf.sqrt(square), shape);
  });
}

/** Options of {@link weightNorm}. */
export interface WeightNormOptions {
  /** Length of every output's kernel. Absent: 1. */
  g?: tf.Tensor | undefined;
  /** @default -1 */
  axis?: Axes | undefined;
}

/**
 * Weight normalization of a kernel: its direction v, and its length g per output.
 *
 * `w = g·v/√max(Σv², 1e-12)`
 *
 * Sums over all dimensions but the output's. Shapes: v any kernel; g has the output dimensions; w as v, float32.
 *
 * @param v Kernel; its length does not matter.
 * @param options.axis The output axis or axes of the kernel: −1 for dense and convolution kernels, −2 for transposed
 *   ones, `[-2, -1]` for depthwise ones, 0 for the rows of an embedding. @default -1
 * @param options.g Length per output. @default none, that is 1
 * @throws NormalizationError for an unknown axis or a g of the wrong shape.
 *
 * @example
 * ```js
 * weightNorm(tf.tensor2d([[3], [4]]), { g: tf.tensor1d([10]) }).print(); // [[6], [8]]
 * ```
 * Reference: Salimans, Kingma, "Weight Normalization", 2016, https://arxiv.org/abs/1602.07868
 */
export function weightNorm(v: tf.Tensor | tf.TensorLike, options: WeightNormOptions = {}): tf.Tensor {
  checkOptions('weightNorm', options, ['g', 'axis']);
  return tf.tidy(() => {
    const kernel = floatTensor('weightNorm', 'v', v);
    const outputs = canonicalAxes('weightNorm', options.axis ?? -1, kernel.rank);
    if (outputs.length === 0) {
      throw problem('weightNorm', 'axis must name an output dimension', { axis: options.axis }, 'Use -1.');
    }
    const shape = outputs.map((axis) => kernel.shape[axis] as number);
    const g = parameter('weightNorm', 'g', options.g, shape);
    const { x, view, back } = arrangeKept(kernel, outputs);
    const n = view.S * view.T;
    if (kernel.size === 0) return tf.clone(kernel);
    const { mean, variance } = moments(x, view, false); // the mean square, [1, outputs]
    const square = tf.maximum(variance, SMALLEST_SQUARE / n); // [1, outputs]
    const length = g ?? tf.ones([view.G]);
    const gamma = tf.div(tf.reshape(length, [view.G]), Math.sqrt(n)); // [outputs]
    return back(applyStatistics(x, view, { mean, variance: square }, { gamma, epsilon: 0 }));
  });
}
