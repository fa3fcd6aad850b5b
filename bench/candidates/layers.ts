import type * as tf from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import { type ParameterName, parametersOf } from '../data.js';
import { type Inputs, tfCandidate } from './tensors.js';
import type { Candidate, CandidateName, Problem } from './types.js';

/** Weights whose names are not the parameters'. */
const RENAMED: Readonly<Record<string, ParameterName>> = {
  scale: 'gamma',
  moving_mean: 'mean',
  moving_variance: 'variance',
};

/** Gives a built layer the problem's values, by the last part of each weight's name. */
function fill(layer: layers.Layer, { parameters }: Inputs): void {
  for (const weight of layer.weights) {
    const name = weight.name.split('/').pop()?.replace(/_\d+$/, '') ?? '';
    const values = parameters[RENAMED[name] ?? (name as ParameterName)];
    if (values) weight.write(values);
  }
}

interface LayerOptions {
  readonly name: CandidateName;
  readonly layer: layers.Layer;
  readonly enter?: (() => () => void) | undefined;
}

/** A layer as it stands in a model: `apply` on a tensor, differentiated by x and its own weights. */
export function layerCandidate(problem: Problem, inputs: Inputs, { name, layer, enter }: LayerOptions): Candidate {
  const { given } = problem;
  layer.build([...given.shape]);
  layer.built = true;
  fill(layer, inputs);
  const training = ['batch', 'batchInstance', 'switchable'].includes(given.norm) ? { training: !given.inference } : {};
  const variables = layer.trainableWeights.slice(0, parametersOf(given).length).map((weight) => weight.read());
  const forward = (x: tf.Tensor) => layer.apply(x, training) as tf.Tensor;
  // Not the layer's own `dispose`, which wants it to have been part of a model.
  const dispose = () => {
    for (const weight of layer.weights) weight.dispose();
  };
  return tfCandidate(problem, inputs, { name, forward, variables, enter, dispose });
}
