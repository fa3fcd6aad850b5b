import * as tf from '@tensorflow/tfjs-core';
import { type Axes, canonicalAxes } from '../core/axes.js';
import { problem } from '../core/errors.js';
import { applyStatistics, moments, normalize } from '../core/normalize.js';
import { type Arranged, arrangeRows } from '../core/view.js';
import { normRow } from '../norms.js';
import { checkEpsilon, checkOptions, floatTensor, parameter } from './options.js';
import { makesResultOnly, scoped } from './scope.js';

const ROW = normRow('rms').defaults as { axis: number; epsilon: number; partial: number; offset: number };

/** Options of {@link rmsNorm}. */
export interface RmsNormOptions {
  /** @default -1 */
  axis?: Axes | undefined;
  /** @default 1e-6 */
  epsilon?: number | undefined;
  /** Scale γ. Absent: 1. */
  gamma?: tf.Tensor | undefined;
  /** Share of the features the mean square is taken over, in (0, 1]. @default 1 */
  partial?: number | undefined;
  /** Added to γ. @default 0 */
  offset?: number | undefined;
}

/** `partial` in (0, 1], and of one axis. */
export function checkPartial(subject: string, partial: number, axes: readonly number[]): number {
  if (typeof partial !== 'number' || !(partial > 0 && partial <= 1)) {
    throw problem(subject, 'partial must be greater than 0 and at most 1', { partial }, 'Use 1 for all features.');
  }
  if (partial < 1 && axes.length !== 1) {
    throw problem(subject, 'partial needs exactly one axis', { partial, axes }, 'Use axis: -1, or partial: 1.');
  }
  return partial;
}

/** The mean square of the first k features of every row, applied to all of them. */
function normalizePartial({ x, view }: Arranged, gamma: tf.Tensor | undefined, epsilon: number, k: number): tf.Tensor {
  const rows = tf.reshape(x, [view.B, view.K]);
  const statistics = moments(tf.slice(rows, [0, 0], [view.B, k]), { ...view, K: k }, false); // [B, 1]
  return applyStatistics(x, view, statistics, { gamma, epsilon });
}

/**
 * Root mean square normalization.
 *
 * `y = x/√(mean(x²) + ε)·(γ + offset)`, with `partial` p the mean over the first `max(1, ⌊p·n⌋)` features (pRMSNorm).
 *
 * Averages over the chosen axes, not centred. Shapes: γ has the averaged dimensions in ascending order; y as x, float32.
 *
 * @param x Input; integers are converted.
 * @param options.axis Axis or axes to average over; one axis if `partial` < 1. @default -1
 * @param options.epsilon Finite, ≥ 0, inside the root. @default 1e-6
 * @param options.gamma Scale γ. @default none
 * @param options.partial In (0, 1]. @default 1
 * @param options.offset Added to γ: 1 with a γ that starts at 0 is Gemma's form. @default 0
 * @throws NormalizationError for an unknown axis, a bad epsilon or partial, an offset without gamma.
 *
 * @example
 * ```js
 * rmsNorm(tf.tensor2d([[3, 4]]), { epsilon: 0 }).print(); // [[0.8485, 1.1314]]
 * ```
 * Reference: Zhang, Sennrich, "Root Mean Square Layer Normalization", 2019, https://arxiv.org/abs/1910.07467
 */
export function rmsNorm(x: tf.Tensor | tf.TensorLike, options: RmsNormOptions = {}): tf.Tensor {
  checkOptions('rmsNorm', options, ['axis', 'epsilon', 'gamma', 'partial', 'offset']);
  const epsilon = checkEpsilon('rmsNorm', options.epsilon ?? ROW.epsilon);
  const offset = checkOffset(options);
  const isWhole = (options.axis ?? -1) === -1 && (options.partial ?? 1) === 1 && offset === 0;
  return scoped(isWhole && makesResultOnly(x, options), () => {
    const input = floatTensor('rmsNorm', 'x', x);
    const axes = canonicalAxes('rmsNorm', options.axis ?? ROW.axis, input.rank);
    const partial = checkPartial('rmsNorm', options.partial ?? ROW.partial, axes);
    const shape = axes.map((axis) => input.shape[axis] as number);
    const scale = parameter('rmsNorm', 'gamma', options.gamma, shape);
    const gamma = scale && offset !== 0 ? tf.add(scale, offset) : scale;
    const arranged = arrangeRows(input, axes);
    const n = arranged.view.K;
    const k = Math.max(1, Math.floor(partial * n + 1e-9));
    if (k < n) return arranged.back(normalizePartial(arranged, gamma, epsilon, k));
    return arranged.back(normalize(arranged.x, arranged.view, { gamma, epsilon, center: false }));
  });
}

function checkOffset({ offset = ROW.offset, gamma }: RmsNormOptions): number {
  if (typeof offset !== 'number' || !Number.isFinite(offset)) {
    throw problem('rmsNorm', 'offset must be a finite number', { offset }, 'Use 0, or 1 for a gamma that starts at 0.');
  }
  if (offset !== 0 && !gamma) {
    throw problem('rmsNorm', 'offset is added to gamma, so there must be one', { offset }, 'Pass gamma, or no offset.');
  }
  return offset;
}
