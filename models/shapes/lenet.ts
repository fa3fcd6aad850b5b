import { type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers';
import { type Norm, needsBias, normed } from './norm.js';

export interface LeNetOptions {
  readonly norm: Norm;
  /** Height and width. @default 16 */
  readonly size?: number;
  /** @default 10 */
  readonly classes?: number;
}

/** LeCun et al. 1998: two convolutions with pooling, then dense layers; a norm after each convolution. */
export function lenet({ norm, size = 16, classes = 10 }: LeNetOptions): LayersModel {
  const useBias = needsBias(norm);
  return sequential({
    layers: [
      layers.conv2d({ filters: 6, kernelSize: 5, padding: 'same', useBias, inputShape: [size, size, 1] }),
      ...normed(norm),
      layers.averagePooling2d({ poolSize: 2 }),
      layers.conv2d({ filters: 16, kernelSize: 5, padding: 'same', useBias }),
      ...normed(norm),
      layers.averagePooling2d({ poolSize: 2 }),
      layers.flatten(),
      layers.dense({ units: 84, activation: 'relu' }),
      layers.dense({ units: classes, activation: 'softmax' }),
    ],
  });
}
