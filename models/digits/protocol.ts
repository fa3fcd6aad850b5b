import type { io } from '@tensorflow/tfjs-core';
import type { Task } from './task.js';
import type { Progress } from './train.js';

/** What a worker is asked to do. Of a model that is kept the answer holds everything needed to save and compare it. */
export type Job =
  | { readonly kind: 'train'; readonly task: Task; readonly keep: boolean }
  | { readonly kind: 'predict'; readonly task: Task; readonly folder: string };

export interface KeptModel {
  readonly artifacts: io.ModelArtifacts;
  readonly predictions: Float32Array;
}

export interface TrainingResult {
  readonly testError: number;
  readonly secondsPerEpoch: number;
  readonly parameters: number;
  readonly kept?: KeptModel;
}

/** What a worker answers: any number of `progress`, then one of the others. */
export type Report =
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'trained'; readonly result: TrainingResult }
  | { readonly kind: 'predicted'; readonly predictions: Float32Array }
  | { readonly kind: 'failed'; readonly reason: string };
