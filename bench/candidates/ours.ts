import * as tf from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import * as ours from '../../src/layers/index.js';
import * as ops from '../../src/ops/index.js';
import type { Case } from '../cases.js';
import { parametersOf } from '../data.js';
import { layerCandidate } from './layers.js';
import { disposeInputs, type Inputs, inputsOf, tfCandidate } from './tensors.js';
import type { Absent, Candidate, CandidateName, Problem } from './types.js';

type Undo = () => void;

/** The op of a case with its parameters. */
function opOf({ norm, epsilon, groups, inference }: Case, { parameters: p }: Inputs): (x: tf.Tensor) => tf.Tensor {
  const affine = { gamma: p.gamma, beta: p.beta, epsilon };
  const memory = inference ? { mean: p.mean, variance: p.variance } : {};
  const weights = { meanWeight: p.mean_weight, varianceWeight: p.variance_weight };
  const byNorm: Record<Case['norm'], (x: tf.Tensor) => tf.Tensor> = {
    layer: (x) => ops.layerNorm(x, affine),
    rms: (x) => ops.rmsNorm(x, { gamma: p.gamma, epsilon }),
    group: (x) => ops.groupNorm(x, { ...affine, groups }),
    instance: (x) => ops.instanceNorm(x, affine),
    batch: (x) => ops.batchNorm(x, { ...affine, ...memory }),
    batchInstance: (x) => ops.batchInstanceNorm(x, { ...affine, rho: p.rho }),
    switchable: (x) => ops.switchNorm(x, { ...affine, ...weights }),
  };
  return byNorm[norm];
}

function layerOf({ norm, epsilon, groups }: Case): layers.Layer {
  const byNorm: Record<Case['norm'], () => layers.Layer> = {
    layer: () => ours.layerNormalization({ epsilon }),
    rms: () => ours.rmsNormalization({ epsilon }),
    group: () => ours.groupNormalization({ epsilon, ...(groups ? { groups } : {}) }),
    instance: () => ours.instanceNormalization({ epsilon }),
    batch: () => ours.batchNormalization({ epsilon }),
    batchInstance: () => ours.batchInstanceNormalization({ epsilon }),
    switchable: () => ours.switchableNormalization({ epsilon }),
  };
  return byNorm[norm]();
}

/** The op alone: all that the gate needs. */
export function ourOp(problem: Problem, inputs: Inputs, name: CandidateName = 'op', enter?: () => Undo): Candidate {
  const forward = opOf(problem.given, inputs);
  const variables = parametersOf(problem.given).map((parameter) => inputs.parameters[parameter]);
  return tfCandidate(problem, inputs, { name, forward, variables, enter });
}

/** `aliasWasmIdentity` replaces a kernel of tfjs-wasm's, and is the user's choice: hence timed apart. */
export async function findAliasing(): Promise<(() => Undo) | undefined> {
  const exported = (await import('../../src/index.js')) as { aliasWasmIdentity?: () => Undo };
  return exported.aliasWasmIdentity;
}

/** Our op on wasm beside the one on tensorflow: tensors of its own, and its backend while a sample is taken. */
async function ourOpOnWasm(problem: Problem): Promise<Candidate> {
  const { backend } = problem;
  await tf.setBackend('wasm');
  const inputs = inputsOf(problem);
  await tf.setBackend(backend);
  // At once: a backend that has been used before is there by the time the call returns.
  const enter = () => {
    void tf.setBackend('wasm');
    return () => void tf.setBackend(backend);
  };
  return { ...ourOp(problem, inputs, 'op, wasm', enter), dispose: () => disposeInputs(inputs) };
}

/** Our op and our layer; on wasm their backward passes with the aliasing Identity too. */
export async function ourCandidates(problem: Problem, inputs: Inputs): Promise<(Candidate | Absent)[]> {
  const layer = (name: CandidateName, enter?: () => Undo) =>
    layerCandidate(problem, inputs, { name, layer: layerOf(problem.given), enter });
  const plain = [ourOp(problem, inputs), layer('layer')];
  if (problem.backend === 'tensorflow') return [...plain, await ourOpOnWasm(problem)];
  if (problem.backend !== 'wasm' || problem.pass === 'forward') return plain;
  const alias = await findAliasing();
  if (!alias) return [...plain, { name: 'op, aliasing', why: 'the package exports no aliasWasmIdentity yet' }];
  const enter = () => alias();
  return [...plain, ourOp(problem, inputs, 'op, aliasing', enter), layer('layer, aliasing', enter)];
}
