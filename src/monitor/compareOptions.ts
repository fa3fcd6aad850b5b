import type { Optimizer } from '@tensorflow/tfjs-core';
import type { LayersModel, ModelCompileArgs } from '@tensorflow/tfjs-layers';
import type { NormalizationSpec } from '../auto/create.js';
import { problem } from '../core/errors.js';
import type { NormFactory } from './candidate.js';
import { COMPARE, type Examples } from './data.js';
import type { Direction } from './metric.js';
import type { ComparisonData } from './sources.js';

/** How far a comparison is. */
export interface ComparisonProgress {
  readonly norm: string;
  readonly seed: number;
  /** Epochs done of this run. */
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  /** Of the last batch; at the end of an epoch its mean. */
  readonly loss: number;
  /** The metric on the validation data, at the end of an epoch. */
  readonly value?: number;
  /** Why the run was stopped. */
  readonly diverged?: string;
  /** Of the whole comparison, 0 to 1. */
  readonly done: number;
}

/** Options of {@link compareNormalizations}. */
export interface CompareOptions {
  /** Makes a new model, compiled or not. Pass `seed` on to every initializer and dropout layer. */
  build(norm: NormFactory, context: { readonly seed: number }): LayersModel | Promise<LayersModel>;
  data: ComparisonData | Examples;
  /** What `createNormalization` takes (no layers), in a list, or by the name it is to have in the table. */
  norms: readonly NormalizationSpec[] | Readonly<Record<string, NormalizationSpec>>;
  /** How many (from 1: tfjs's initializers take a seed of 0 for none), or which whole numbers. @default 5 */
  seeds?: number | readonly number[];
  /** @default 5 */
  epochs?: number;
  /** Of tensors and arrays; data sets make their own batches. @default 32 */
  batchSize?: number;
  /** For models that `build` did not compile; the optimizer by name or as a function, so that every run has its own. */
  compile?: Omit<ModelCompileArgs, 'optimizer'> & { optimizer: string | (() => Optimizer) };
  /** `'loss'`, or what the model was compiled with. @default 'loss' */
  metric?: string;
  /** Which is better. @default known for losses, errors, accuracies and the like, by name */
  direction?: Direction;
  /** A run stops when the mean loss of ten batches is so many times that of the start; not where a loss is below 0. @default 4 */
  divergence?: number;
  /** Called after every step and waited for. */
  onProgress?(progress: ComparisonProgress): void | Promise<void>;
  /** Stops everything: the promise is rejected with its reason. */
  signal?: AbortSignal;
}

export const DEFAULTS = { seeds: 5, epochs: 5, batchSize: 32, metric: 'loss', divergence: 4 };

/** More is a slip. */
const MOST_SEEDS = 1000;

export function seedsOf(seeds: number | readonly number[]): readonly number[] {
  const isCount = typeof seeds === 'number';
  const count = isCount && Number.isInteger(seeds) && seeds > 0 && seeds <= MOST_SEEDS ? seeds : 0;
  const list = isCount ? Array.from({ length: count }, (_, i) => i + 1) : [...(seeds ?? [])];
  if (list.length > 0 && list.every(Number.isInteger) && new Set(list).size === list.length) return list;
  throw problem(COMPARE, 'seeds must be a count or different whole numbers', { seeds }, 'Try 5.');
}

export function checkNumbers(options: { epochs: number; batchSize: number; divergence: number }): void {
  for (const name of ['epochs', 'batchSize'] as const) {
    const value = options[name];
    if (!(Number.isInteger(value) && value > 0))
      throw problem(COMPARE, `${name} must be a whole number above 0`, { [name]: value });
  }
  const { divergence } = options;
  if (!(divergence > 1)) {
    throw problem(COMPARE, 'divergence must be above 1', { divergence }, 'Infinity stops only what is not finite.');
  }
}
