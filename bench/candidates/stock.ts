import { layers } from '@tensorflow/tfjs-layers';
import { layerCandidate } from './layers.js';
import type { Inputs } from './tensors.js';
import type { Candidate, Problem } from './types.js';

/** tfjs-layers' own: it has these two norms. */
export function stockCandidate(problem: Problem, inputs: Inputs): Candidate | undefined {
  const { norm, epsilon } = problem.given;
  const name = 'stock';
  if (norm === 'layer') return layerCandidate(problem, inputs, { name, layer: layers.layerNormalization({ epsilon }) });
  if (norm === 'batch') return layerCandidate(problem, inputs, { name, layer: layers.batchNormalization({ epsilon }) });
  return undefined;
}
