import { input, type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { type Norm, needsBias, normed, through } from './norm.js';

export interface DetectorOptions {
  readonly norm: Norm;
  /** Sizes of the feature maps it reads. @default [8, 4] */
  readonly sizes?: readonly number[];
  /** @default 16 */
  readonly channels?: number;
  /** Boxes at each position. @default 3 */
  readonly anchors?: number;
  /** @default 4 */
  readonly classes?: number;
}

/** Lin et al. 2017 (RetinaNet): on each feature map a tower of convolutions for classes, and one for boxes. */
export function detector(options: DetectorOptions): LayersModel {
  const { norm, sizes = [8, 4], channels = 16, anchors = 3, classes = 4 } = options;
  const tower = (x: SymbolicTensor, outputs: number, activation: 'sigmoid' | 'linear') => {
    const block = () => [
      layers.conv2d({ filters: channels, kernelSize: 3, padding: 'same', useBias: needsBias(norm) }),
      ...normed(norm),
    ];
    const result = layers.conv2d({ filters: outputs, kernelSize: 3, padding: 'same', activation });
    return through(x, ...block(), ...block(), result);
  };
  const maps = sizes.map((size) => input({ shape: [size, size, channels] }));
  const outputs = maps.flatMap((x) => [tower(x, anchors * classes, 'sigmoid'), tower(x, anchors * 4, 'linear')]);
  return model({ inputs: maps, outputs });
}
