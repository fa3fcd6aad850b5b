import { input, type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { createNormalization } from '../../src/index.js';
import { type Norm, needsBias, normed, through } from './norm.js';

export interface ResNetOptions {
  readonly norm: Norm;
  /** Height and width. @default 16 */
  readonly size?: number;
  /** Of the first stage; doubled from stage to stage. @default 8 */
  readonly filters?: number;
  /** Blocks of each stage. @default [1, 1] */
  readonly stages?: readonly number[];
  /** @default 10 */
  readonly classes?: number;
}

/** Two 3 × 3 convolutions beside a shortcut, which is a 1 × 1 convolution where the shape changes. */
function block(x: SymbolicTensor, norm: Norm, filters: number, strides: number): SymbolicTensor {
  const useBias = needsBias(norm);
  const conv = (step: number) => layers.conv2d({ filters, kernelSize: 3, strides: step, padding: 'same', useBias });
  const changes = strides > 1 || x.shape[3] !== filters;
  const projection = () => layers.conv2d({ filters, kernelSize: 1, strides, useBias });
  const shortcut = changes ? through(x, projection(), createNormalization(norm)) : x;
  const y = through(x, conv(strides), ...normed(norm), conv(1), createNormalization(norm));
  return through(layers.add().apply([y, shortcut]) as SymbolicTensor, layers.reLU());
}

/** He et al. 2015: a stem, stages of residual blocks, a global mean. */
export function resnet({ norm, size = 16, filters = 8, stages = [1, 1], classes = 10 }: ResNetOptions): LayersModel {
  const image = input({ shape: [size, size, 3] });
  const stem = layers.conv2d({ filters, kernelSize: 3, padding: 'same', useBias: needsBias(norm) });
  let x = through(image, stem, ...normed(norm));
  stages.forEach((blocks, stage) => {
    for (let i = 0; i < blocks; i++) x = block(x, norm, filters * 2 ** stage, stage > 0 && i === 0 ? 2 : 1);
  });
  const head = [layers.globalAveragePooling2d({}), layers.dense({ units: classes, activation: 'softmax' })];
  return model({ inputs: image, outputs: through(x, ...head) });
}
