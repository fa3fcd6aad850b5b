import * as tf from '@tensorflow/tfjs-core';
import { type ParameterName, parametersOf } from '../data.js';
import type { Results } from '../float64.js';
import type { Candidate, CandidateName, Problem } from './types.js';

/** The data of a problem on tf's backend; variables, as parameters of a network are. */
export interface Inputs {
  readonly x: tf.Tensor;
  readonly dy: tf.Tensor;
  readonly parameters: Readonly<Record<ParameterName, tf.Tensor>>;
}

export function inputsOf({ given, data }: Problem): Inputs {
  const { x, dy, ...parameters } = data;
  const shape = [...given.shape];
  const tensors = Object.entries(parameters).map(([name, values]) => [name, tf.tensor1d(values)]);
  return { x: tf.tensor(x, shape), dy: tf.tensor(dy, shape), parameters: Object.fromEntries(tensors) };
}

export function disposeInputs({ x, dy, parameters }: Inputs): void {
  tf.dispose([x, dy, ...Object.values(parameters)]);
}

/** A forward pass, what it is differentiated by besides x. */
export interface Differentiable {
  readonly name: CandidateName;
  readonly forward: (x: tf.Tensor) => tf.Tensor;
  readonly variables: readonly tf.Tensor[];
  readonly enter?: (() => () => void) | undefined;
  readonly dispose?: (() => void) | undefined;
}

const GRADIENTS = ['dx', 'dgamma', 'dbeta'] as const;

function read(names: readonly string[], tensors: readonly tf.Tensor[]): Results {
  return Object.fromEntries(names.map((name, i) => [name, tensors[i]?.dataSync()]));
}

/** Any of tf's ways as a candidate: y alone, or the gradients of x and of all parameters for a given dy. */
export function tfCandidate(problem: Problem, { x, dy }: Inputs, given: Differentiable): Candidate {
  const { name, forward, variables, enter, dispose } = given;
  const wanted = [x, ...variables];
  const gradients = tf.grads((first: tf.Tensor) => forward(first));
  const backward = () => gradients(wanted, dy);
  const forwardOnly = problem.pass === 'forward';
  const tensors = () => (forwardOnly ? [forward(x)] : backward());
  const parameters = parametersOf(problem.given);
  return {
    name,
    ...(enter ? { enter } : {}),
    ...(dispose ? { dispose } : {}),
    tensors,
    run: forwardOnly
      ? () => forward(x).dispose()
      : () => {
          for (const t of backward()) t.dispose();
        },
    results(found) {
      if (forwardOnly) return read(['y'], found);
      const y = forward(x);
      const names = GRADIENTS.slice(0, parameters.includes('beta') ? 3 : 2);
      const results = { ...read(['y'], [y]), ...read(names, found) };
      y.dispose();
      return results;
    },
  };
}
