import { input, type LayersModel, layers, model } from '@tensorflow/tfjs-layers';
import { createNormalization } from '../../src/index.js';
import { block } from './attention.js';
import { type Norm, through } from './norm.js';

export interface TransformerOptions {
  readonly norm: Norm;
  /** @default 50 */
  readonly words?: number;
  /** @default 8 */
  readonly positions?: number;
  /** @default 16 */
  readonly width?: number;
  /** Divides the width. @default 2 */
  readonly heads?: number;
  /** @default 2 */
  readonly blocks?: number;
}

/** Vaswani et al. 2017, pre-norm: words, blocks of attention and MLP, a last norm, a word for each position. */
export function transformer(options: TransformerOptions): LayersModel {
  const { norm, words = 50, positions = 8, width = 16, heads = 2, blocks = 2 } = options;
  const text = input({ shape: [positions] });
  let x = through(text, layers.embedding({ inputDim: words, outputDim: width }));
  for (let i = 0; i < blocks; i++) x = block(x, { norm, width, heads });
  return model({
    inputs: text,
    outputs: through(x, createNormalization(norm), layers.dense({ units: words, activation: 'softmax' })),
  });
}
