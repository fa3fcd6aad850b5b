import * as tf from '@tensorflow/tfjs-core';
import { maskedMoments } from '../core/masked.js';
import { applyStatistics, moments, type Statistics } from '../core/normalize.js';
import { keepView } from '../core/view.js';
import { normRow } from '../norms.js';
import { type BatchStatisticsOptions, batchInputs, type Masked, type WithBatchMoments } from './batchInputs.js';

const ROW = normRow('meanOnlyBatch').defaults as { axis: number };

/** Options of mean-only batch normalization: it has no scale. */
export type MeanOnlyBatchNormOptions = Pick<BatchStatisticsOptions, 'axis' | 'beta' | 'mean'> & Masked;

const same = (statistics: Statistics) => ({ statistics, seen: statistics });

/**
 * `y = x − mean + β`, averaging over all dimensions but the channels': statistics of variance 1 and ε = 0. Of what is
 * seen only the mean is of use.
 */
export function meanOnlyBatchNorm(x: tf.Tensor, options: MeanOnlyBatchNormOptions = {}): WithBatchMoments {
  const { mask, mean: memory, ...rest } = options;
  return tf.tidy(() => {
    const checked = batchInputs('meanOnlyBatchNorm', x, rest, { ...ROW, epsilon: 0 });
    const view = keepView(checked.x.shape, checked.axis);
    const ones = tf.ones([1, checked.channels]);
    const found = () => {
      if (memory) return same({ mean: memory, variance: ones });
      return mask ? maskedMoments(checked.x, view, mask) : same(moments(checked.x, view));
    };
    const { statistics, seen } = found();
    const centered = { mean: statistics.mean, variance: ones };
    return { y: applyStatistics(checked.x, view, centered, { beta: checked.beta, epsilon: 0 }), seen };
  });
}
