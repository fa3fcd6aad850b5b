import type * as tf from '@tensorflow/tfjs-core';
import { canonicalChannelAxis } from '../core/axes.js';
import { problem } from '../core/errors.js';
import type { Statistics } from '../core/normalize.js';
import { type AffineOptions, checkEpsilon, floatTensor, parameter } from './options.js';

/** Options of the ops that can be given batch statistics. */
export interface BatchStatisticsOptions extends AffineOptions {
  /** The channel axis. */
  axis?: number | undefined;
  epsilon?: number | undefined;
  /** Batch mean and variance to use, `[channels]`; absent: the batch's own. */
  mean?: tf.Tensor | undefined;
  variance?: tf.Tensor | undefined;
}

/** Internal, for layers: what positions the batch statistics are taken over. */
export interface Masked {
  mask?: tf.Tensor | undefined;
}

/** A norm's result with what its memory is to learn of this batch. */
export type WithBatchMoments = {
  readonly y: tf.Tensor;
  /** The batch's own statistics, or those that were given, one a channel; NaN where there was nothing to see. */
  readonly seen: Statistics;
};

export interface BatchInputs {
  readonly x: tf.Tensor;
  readonly axis: number;
  readonly channels: number;
  readonly epsilon: number;
  readonly gamma: tf.Tensor | undefined;
  readonly beta: tf.Tensor | undefined;
  /** Given statistics, `[channels]`. */
  readonly given: Statistics | undefined;
}

export const BATCH_OPTIONS = ['axis', 'epsilon', 'gamma', 'beta', 'mean', 'variance'] as const;

/** Checks what all ops with batch statistics have in common. */
export function batchInputs(
  subject: string,
  value: tf.Tensor | tf.TensorLike,
  options: BatchStatisticsOptions,
  defaults: { axis: number; epsilon: number },
  batchAllowed = false,
): BatchInputs {
  const epsilon = checkEpsilon(subject, options.epsilon ?? defaults.epsilon);
  const x = floatTensor(subject, 'x', value);
  const axis = canonicalChannelAxis(subject, options.axis ?? defaults.axis, x.rank, batchAllowed);
  const channels = x.shape[axis] as number;
  const of = (name: 'gamma' | 'beta' | 'mean' | 'variance') =>
    parameter(subject, name, options[name], [channels]) as tf.Tensor | undefined;
  const mean = of('mean');
  const variance = of('variance');
  if (!mean !== !variance) {
    const missing = mean ? 'variance' : 'mean';
    throw problem(subject, 'mean and variance go together', { missing }, 'Pass both, or neither.');
  }
  const given = mean && variance ? { mean, variance } : undefined;
  return { x, axis, channels, epsilon, gamma: of('gamma'), beta: of('beta'), given };
}
