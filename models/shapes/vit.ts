import { input, type LayersModel, layers, model } from '@tensorflow/tfjs-layers';
import { createNormalization } from '../../src/index.js';
import { block } from './attention.js';
import { type Norm, through } from './norm.js';

export interface VitOptions {
  readonly norm: Norm;
  /** Height and width, divisible by `patch`. @default 16 */
  readonly size?: number;
  /** @default 4 */
  readonly patch?: number;
  /** @default 16 */
  readonly width?: number;
  /** Divides the width. @default 2 */
  readonly heads?: number;
  /** @default 2 */
  readonly blocks?: number;
  /** @default 10 */
  readonly classes?: number;
}

/** Dosovitskiy et al. 2020: patches of an image, blocks of attention and MLP, a last norm, the mean of the patches. */
export function vit(options: VitOptions): LayersModel {
  const { norm, size = 16, patch = 4, width = 16, heads = 2, blocks = 2, classes = 10 } = options;
  const image = input({ shape: [size, size, 3] });
  const positions = (size / patch) ** 2;
  const patches = layers.conv2d({ filters: width, kernelSize: patch, strides: patch });
  let x = through(image, patches, layers.reshape({ targetShape: [positions, width] }));
  for (let i = 0; i < blocks; i++) x = block(x, { norm, width, heads });
  const head = [createNormalization(norm), layers.globalAveragePooling1d({}), layers.dense({ units: classes })];
  return model({ inputs: image, outputs: through(x, ...head) });
}
