import type { LayersModel } from '@tensorflow/tfjs-layers';
import { problem } from '../core/errors.js';
import { meant } from '../core/near.js';
import { type CalibrationBatch, checkModel } from '../layers/inputs.js';
import type { LayerFilter } from '../layers/select.js';
import { containersOf } from './graph.js';

/** What every way of changing a model's norms takes. */
export interface MeasureOptions {
  /** Which layers: globs over their paths (`encoder/*`, `**` across levels), or a function of path and layer. @default all */
  only?: LayerFilter;
  /** Inputs on which the outputs are compared; they stay the caller's. @default the first batch of `calibration`, or seeded random ones */
  input?: CalibrationBatch;
  /** Of the random inputs. @default 1 */
  seed?: number;
}

/** Options of {@link convertNormalization}. */
export interface ConvertOptions extends MeasureOptions {
  /** One batch of inputs, or any iterable of them, on which the new norms are fitted to the old ones; they stay the caller's. */
  calibration?: CalibrationBatch | Iterable<CalibrationBatch> | AsyncIterable<CalibrationBatch>;
  /** Only says what would be done, and prints it. @default false */
  dryRun?: boolean;
  /** What prints a dry run. @default console.log */
  print?: (plan: string) => void;
}

/** Options of {@link foldNormalization}. */
export interface FoldOptions extends MeasureOptions {
  /** Largest difference between the outputs that counts as rounding, in units of the output's scale. @default 1e-4 */
  tolerance?: number;
}

/** Refuses what is no model, or not built, and options nobody knows. */
export function checkCall(subject: string, model: LayersModel, options: object, known: readonly string[]): void {
  checkModel(subject, model);
  const empty = containersOf(model).find(({ outputs: ends }) => ends.length === 0);
  if (empty) throw problem(subject, 'the model must have layers', { model: empty.name }, 'Add layers first.');
  const unknown = Object.keys(options ?? {}).find((key) => !known.includes(key));
  if (unknown) throw problem(subject, 'unknown option', { option: unknown }, meant(unknown, known));
}
