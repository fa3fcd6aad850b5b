import { type Facts, recommendNormalization } from '../../src/guide/index.js';
import { NORMS, type NormId } from '../../src/norms.js';

export const NORM_CHOICES: readonly Norm[] = [...NORMS.map((row) => row.id), 'none'];
export const ARCHITECTURES = ['mlp', 'cnn'] as const;
export const BACKENDS = ['wasm', 'cpu'] as const;

export type Norm = NormId | 'none';
export type Architecture = (typeof ARCHITECTURES)[number];
export type Backend = (typeof BACKENDS)[number];

/** What the learning rate is at batch size 32; it grows in proportion to the batch (Goyal et al., 2017). */
export const LEARNING_RATE = 0.1;
export const MOMENTUM = 0.9;

export const learningRate = (batchSize: number) => (LEARNING_RATE * batchSize) / 32;

/** What the guide is told of a network. The convolutions have different channels, so they are left out. */
export function factsOf(architecture: Architecture, batchSize: number): Facts {
  const network: Facts =
    architecture === 'cnn' ? { architecture } : { architecture: 'feedForward', channels: 128, rank: 2 };
  return { ...network, task: 'classification', batchSize };
}

/** Batch norm and what the guide chooses; where it chooses batch norm, its first alternative that the network can have. */
export function normsToCompare(facts: Facts): Norm[] {
  const { norm, alternatives } = recommendNormalization(facts);
  const others = [norm, ...alternatives.map((alternative) => alternative.norm)].filter((id) => id !== 'batch');
  return ['batch', others[0] ?? 'layer'];
}

/** One training run. The seed decides the split, the initial weights and the order of the images. */
export interface Training {
  readonly norm: Norm;
  readonly architecture: Architecture;
  readonly batchSize: number;
  readonly epochs: number;
  readonly seed: number;
  /** Trains on no more than so many images an epoch: for tests. */
  readonly images?: number;
}

/** A run, and what computes it in Node. */
export interface Task extends Training {
  readonly backend: Backend;
}
