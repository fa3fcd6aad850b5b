import { initializers, layers, type Sequential, sequential } from '@tensorflow/tfjs-layers';
import * as pack from '../../src/index.js';
import { normRow } from '../../src/norms.js';
import { CLASSES, PIXELS } from './data.js';
import type { Architecture, Norm } from './task.js';

type Layer = InstanceType<typeof layers.Layer>;

/** The layer that follows the weights, or none where the weights themselves are normalized. */
const FOLLOWING: Readonly<Record<Norm, (architecture: Architecture) => Layer | null>> = {
  batch: () => pack.batchNormalization(),
  layer: () => pack.layerNormalization(),
  instance: () => pack.instanceNormalization(),
  group: () => pack.groupNormalization({ groups: 8 }),
  rms: () => pack.rmsNormalization(),
  weight: () => null,
  batchInstance: () => pack.batchInstanceNormalization(),
  // Without pixels an image has no statistics of its own per channel.
  switchable: (architecture) =>
    pack.switchableNormalization(architecture === 'mlp' ? { statistics: ['layer', 'batch'] } : {}),
  meanOnlyBatch: () => pack.meanOnlyBatchNormalization(),
  none: () => null,
};

/** Weight normalization, and what its paper combines it with. */
const WRAPPED: ReadonlySet<Norm> = new Set(['weight', 'meanOnlyBatch']);

/** A bias before a norm that subtracts a mean and adds its own beta has no effect. */
function needsBias(norm: Norm): boolean {
  return norm === 'none' || !normRow(norm).weights.some(({ name }) => name === 'beta');
}

/** Weights, norm, ReLU. */
function block(architecture: Architecture, norm: Norm, layer: Layer): Layer[] {
  const weights = WRAPPED.has(norm) ? pack.weightNormalization({ layer }) : layer;
  const following = FOLLOWING[norm](architecture);
  return [weights, ...(following ? [following] : []), layers.reLU()];
}

function mlp(norm: Norm, seed: number): Layer[] {
  return [0, 1].flatMap((i) => {
    const kernelInitializer = initializers.heNormal({ seed: seed + i });
    const inputShape = i === 0 ? [PIXELS] : undefined;
    return block('mlp', norm, layers.dense({ units: 128, useBias: needsBias(norm), kernelInitializer, inputShape }));
  });
}

function cnn(norm: Norm, seed: number): Layer[] {
  const convolutions = [16, 32, 32].flatMap((filters, i) => {
    const kernelInitializer = initializers.heNormal({ seed: seed + i });
    const shape = { kernelSize: 3, strides: i === 1 ? 2 : 1, padding: 'same' } as const;
    return block('cnn', norm, layers.conv2d({ filters, ...shape, useBias: needsBias(norm), kernelInitializer }));
  });
  const image = layers.reshape({ targetShape: [8, 8, 1], inputShape: [PIXELS] });
  return [image, ...convolutions, layers.flatten()];
}

const HIDDEN = { mlp, cnn };

/**
 * A small classifier of 8 × 8 digits: `mlp` is 64-128-128-10; `cnn` has three 3 × 3 convolutions of 16, 32 and 32
 * channels, the second with stride 2. (Averaging over space before the output would undo what an instance norm leaves.)
 */
export function digitsModel(architecture: Architecture, norm: Norm, seed: number): Sequential {
  const first = seed * 1000; // Seeds of the layers: neighbouring runs must share none.
  const kernelInitializer = initializers.glorotNormal({ seed: first + 999 });
  const output = layers.dense({ units: CLASSES, activation: 'softmax', kernelInitializer });
  return sequential({ layers: [...HIDDEN[architecture](norm, first), output] });
}
