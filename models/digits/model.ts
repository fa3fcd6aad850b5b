import { initializers, layers, type Sequential, sequential } from '@tensorflow/tfjs-layers';
import type { Facts } from '../../src/guide/index.js';
import * as pack from '../../src/index.js';
import { normRow } from '../../src/norms.js';
import { CLASSES, PIXELS } from './data.js';
import { factsOf, type Norm, type Training } from './task.js';

type Layer = InstanceType<typeof layers.Layer>;

/** Weight normalization, and what its paper combines it with. */
const WRAPPED: ReadonlySet<Norm> = new Set(['weight', 'meanOnlyBatch']);

/** A bias before a norm that subtracts a mean and adds its own beta has no effect. */
function needsBias(norm: Norm): boolean {
  return norm === 'none' || !normRow(norm).weights.some(({ name }) => name === 'beta');
}

/** Weights, norm, ReLU. The norm has the options the guide gives it for this network and batch size. */
function block(facts: Facts, norm: Norm, layer: Layer): Layer[] {
  const weights = WRAPPED.has(norm) ? pack.autoNormalization(facts, { norm: 'weight', layer }) : layer;
  const following = norm === 'none' || norm === 'weight' ? [] : [pack.autoNormalization(facts, { norm })];
  return [weights, ...following, layers.reLU()];
}

function mlp(facts: Facts, norm: Norm, seed: number): Layer[] {
  return [0, 1].flatMap((i) => {
    const kernelInitializer = initializers.heNormal({ seed: seed + i });
    const inputShape = i === 0 ? [PIXELS] : undefined;
    return block(facts, norm, layers.dense({ units: 128, useBias: needsBias(norm), kernelInitializer, inputShape }));
  });
}

function cnn(facts: Facts, norm: Norm, seed: number): Layer[] {
  const convolutions = [16, 32, 32].flatMap((filters, i) => {
    const kernelInitializer = initializers.heNormal({ seed: seed + i });
    const shape = { kernelSize: 3, strides: i === 1 ? 2 : 1, padding: 'same' } as const;
    return block(facts, norm, layers.conv2d({ filters, ...shape, useBias: needsBias(norm), kernelInitializer }));
  });
  const image = layers.reshape({ targetShape: [8, 8, 1], inputShape: [PIXELS] });
  return [image, ...convolutions, layers.flatten()];
}

const HIDDEN = { mlp, cnn };

/**
 * A small classifier of 8 × 8 digits: `mlp` is 64-128-128-10; `cnn` has three 3 × 3 convolutions of 16, 32 and 32
 * channels, the second with stride 2. (Averaging over space before the output would undo what an instance norm leaves.)
 */
export function digitsModel({ architecture, norm, batchSize, seed }: Training): Sequential {
  const first = seed * 1000; // Seeds of the layers: neighbouring runs must share none.
  const kernelInitializer = initializers.glorotNormal({ seed: first + 999 });
  const output = layers.dense({ units: CLASSES, activation: 'softmax', kernelInitializer });
  return sequential({ layers: [...HIDDEN[architecture](factsOf(architecture, batchSize), norm, first), output] });
}
