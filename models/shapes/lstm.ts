import { type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers';
import { createNormalization } from '../../src/index.js';
import type { Norm } from './norm.js';

export interface LstmOptions {
  readonly norm: Norm;
  /** Steps, or null for sequences of any length. @default 12 */
  readonly steps?: number | null;
  /** @default 4 */
  readonly features?: number;
  /** @default 16 */
  readonly units?: number;
}

/** Two LSTMs, a norm on the sequence that each returns (the last one its last step), and one number. */
export function lstm({ norm, steps = 12, features = 4, units = 16 }: LstmOptions): LayersModel {
  // The host's orthogonal default needs methods that tfjs-core leaves off its tensors.
  const recurrentInitializer = 'glorotUniform';
  return sequential({
    layers: [
      layers.lstm({ units, recurrentInitializer, returnSequences: true, inputShape: [steps, features] }),
      createNormalization(norm),
      layers.lstm({ units, recurrentInitializer }),
      createNormalization(norm),
      layers.dense({ units: 1 }),
    ],
  });
}
