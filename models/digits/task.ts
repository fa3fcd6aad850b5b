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

/** One training run. The seed decides the split, the initial weights and the order of the images. */
export interface Task {
  readonly norm: Norm;
  readonly architecture: Architecture;
  readonly backend: Backend;
  readonly batchSize: number;
  readonly epochs: number;
  readonly seed: number;
}
