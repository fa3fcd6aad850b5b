import { layers, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { createNormalization } from '../../src/index.js';
import { type Norm, through } from './norm.js';

/** Sizes of one block. */
export interface BlockOptions {
  readonly norm: Norm;
  readonly width: number;
  readonly heads: number;
}

/** One head. The division by the root of its size is left to the weights of the query: a stock layer for it there is none. */
function head(x: SymbolicTensor, size: number): SymbolicTensor {
  // Keys have no bias: the softmax would not see it.
  const project = (useBias: boolean) => through(x, layers.dense({ units: size, useBias }));
  const [query, key, value] = [project(true), project(false), project(true)];
  const scores = layers.dot({ axes: [2, 2] }).apply([query, key] as SymbolicTensor[]) as SymbolicTensor;
  const weights = through(scores, layers.activation({ activation: 'softmax' }));
  return layers.dot({ axes: [2, 1] }).apply([weights, value] as SymbolicTensor[]) as SymbolicTensor;
}

/** Self-attention of plain layers, so that a file loads anywhere: softmax(q·kᵀ)·v, head by head, since `dot` takes rank 3. */
function attention(x: SymbolicTensor, width: number, heads: number): SymbolicTensor {
  const all = Array.from({ length: heads }, () => head(x, width / heads));
  const [one] = all as [SymbolicTensor];
  const joined = heads === 1 ? one : (layers.concatenate().apply(all) as SymbolicTensor);
  return through(joined, layers.dense({ units: width }));
}

const sum = (a: SymbolicTensor, b: SymbolicTensor) => layers.add().apply([a, b]) as SymbolicTensor;

/** Pre-norm: a norm first in each branch, attention and then the MLP. */
export function block(x: SymbolicTensor, { norm, width, heads }: BlockOptions): SymbolicTensor {
  const attended = sum(x, attention(through(x, createNormalization(norm)), width, heads));
  const mlp = [layers.dense({ units: 2 * width, activation: 'relu' }), layers.dense({ units: width })];
  return sum(attended, through(attended, createNormalization(norm), ...mlp));
}
