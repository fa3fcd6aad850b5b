import { type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers';
import { type Norm, needsBias, normed } from './norm.js';

export interface GanOptions {
  readonly norm: Norm;
  /** Height and width of the image, divisible by 4. @default 16 */
  readonly size?: number;
  /** Of the layer next to the image. @default 8 */
  readonly filters?: number;
  /** Length of the noise. @default 16 */
  readonly noise?: number;
}

/** Radford et al. 2015 (DCGAN), the generator: noise to an image by transposed convolutions. */
export function generator({ norm, size = 16, filters = 8, noise = 16 }: GanOptions): LayersModel {
  const small = size / 4;
  const useBias = needsBias(norm);
  const up = { kernelSize: 4, strides: 2, padding: 'same' } as const;
  return sequential({
    layers: [
      layers.dense({ units: small * small * 2 * filters, useBias, inputShape: [noise] }),
      layers.reshape({ targetShape: [small, small, 2 * filters] }),
      ...normed(norm),
      layers.conv2dTranspose({ filters, ...up, useBias }),
      ...normed(norm),
      layers.conv2dTranspose({ filters: 3, ...up, activation: 'tanh' }),
    ],
  });
}

/** The critic of Gulrajani et al. 2017 (WGAN-GP): an image to a number; its norm must not take statistics of a batch. */
export function critic({ norm, size = 16, filters = 8 }: GanOptions): LayersModel {
  const useBias = needsBias(norm);
  const down = { kernelSize: 4, strides: 2, padding: 'same' } as const;
  return sequential({
    layers: [
      layers.conv2d({ filters, ...down, inputShape: [size, size, 3] }),
      layers.leakyReLU({ alpha: 0.2 }),
      layers.conv2d({ filters: 2 * filters, ...down, useBias }),
      ...normed(norm),
      layers.flatten(),
      layers.dense({ units: 1 }),
    ],
  });
}
