import type * as tf from '@tensorflow/tfjs-core';
import { batchInstanceNorm, switchNorm } from '../baseline/mixtures.js';
import { layerNorm, rmsNorm } from '../baseline/rows.js';
import { batchNorm, batchNormInference, groupNorm, instanceNorm } from '../baseline/slab.js';
import type { Norm } from '../cases.js';
import { parametersOf } from '../data.js';
import { type Inputs, tfCandidate } from './tensors.js';
import type { Candidate, Problem } from './types.js';

/** What a user composes of tf's ops. */
export function baselineCandidate(problem: Problem, inputs: Inputs): Candidate {
  const { norm, epsilon, groups, inference } = problem.given;
  const { gamma, beta, rho, mean_weight, variance_weight, ...memory } = inputs.parameters;
  const byNorm: Record<Norm, (x: tf.Tensor) => tf.Tensor> = {
    layer: (x) => layerNorm(x, gamma, beta, epsilon),
    rms: (x) => rmsNorm(x, gamma, epsilon),
    group: (x) => groupNorm(x, gamma, beta, epsilon, groups as number),
    instance: (x) => instanceNorm(x, gamma, beta, epsilon),
    batch: (x) =>
      inference ? batchNormInference(x, gamma, beta, memory, epsilon) : batchNorm(x, gamma, beta, epsilon),
    batchInstance: (x) => batchInstanceNorm(x, gamma, beta, rho, epsilon),
    switchable: (x) => switchNorm(x, gamma, beta, mean_weight, variance_weight, epsilon),
  };
  const variables = parametersOf(problem.given).map((parameter) => inputs.parameters[parameter]);
  return tfCandidate(problem, inputs, { name: 'baseline', forward: byNorm[norm], variables });
}
