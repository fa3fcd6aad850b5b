import { input, type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { type Norm, needsBias, normed, through } from './norm.js';

export interface UNetOptions {
  readonly norm: Norm;
  /** Height and width, divisible by 2 to the power of `depth`. @default 16 */
  readonly size?: number;
  /** Of the first level; doubled from level to level. @default 8 */
  readonly filters?: number;
  /** Levels below the first. @default 2 */
  readonly depth?: number;
  /** @default 3 */
  readonly classes?: number;
}

const double = (norm: Norm, filters: number): layers.Layer[] =>
  [0, 1].flatMap(() => [
    layers.conv2d({ filters, kernelSize: 3, padding: 'same', useBias: needsBias(norm) }),
    ...normed(norm),
  ]);

/** Ronneberger et al. 2015: down by pooling, up by upsampling, each level joined with its twin; a class for each pixel. */
export function unet({ norm, size = 16, filters = 8, depth = 2, classes = 3 }: UNetOptions): LayersModel {
  const image = input({ shape: [size, size, 1] });
  const twins: SymbolicTensor[] = [];
  let x: SymbolicTensor = image;
  for (let level = 0; level < depth; level++) {
    x = through(x, ...double(norm, filters * 2 ** level));
    twins.push(x);
    x = through(x, layers.maxPooling2d({ poolSize: 2 }));
  }
  x = through(x, ...double(norm, filters * 2 ** depth));
  for (let level = depth - 1; level >= 0; level--) {
    const up = through(x, layers.upSampling2d({ size: [2, 2] }));
    const joined = layers.concatenate().apply([up, twins[level] as SymbolicTensor]) as SymbolicTensor;
    x = through(joined, ...double(norm, filters * 2 ** level));
  }
  const perPixel = layers.conv2d({ filters: classes, kernelSize: 1, activation: 'softmax' });
  return model({ inputs: image, outputs: through(x, perPixel) });
}
