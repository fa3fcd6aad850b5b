import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Choice } from '../guide/facts.js';
import type { NormId } from '../norms.js';
import type { Deviation } from './deviation.js';
import type { Weights } from './transfer.js';

/** What became of one normalization layer. */
export interface Replacement {
  /** Where it stands: `encoder/bn1` is `bn1` in the model, or wrapper, `encoder`. */
  readonly path: string;
  readonly from: NormId;
  /** What is there now: the same norm where it could not be replaced; `'none'` where it went into another layer. */
  readonly to: Choice | (string & {});
  /**
   * `kept`: γ, β and statistics taken over; `folded`: into the layer before, or its kernel; `calibrated`: fitted to the old
   * output; `reset`: some start anew (see the warnings).
   */
  readonly weights: Weights;
  /** The path of the layer it was folded into. */
  readonly into?: string;
  /** Why it is left as it was. Absent where it was replaced. */
  readonly reason?: string;
}

/** What {@link convertNormalization} and {@link foldNormalization} return. */
export interface Conversion<Model extends LayersModel | null = LayersModel> {
  /** The new model, not compiled; null for a dry run. */
  readonly model: Model;
  /** One entry for every norm that was asked about, front to back. */
  readonly replaced: readonly Replacement[];
  readonly warnings: readonly string[];
  /** How far the new outputs are from the old ones; null where that could not be measured, and for a dry run. */
  readonly deviation: Deviation | null;
  /** The same as text: a line for every norm. */
  toString(): string;
}

const HEAD = ['layer', 'from', 'to', 'weights', ''];

function lineOf({ path, from, to, weights, into, reason }: Replacement): string[] {
  return [path, from, reason ? 'left' : to, reason ? '' : weights, reason ?? (into ? `into ${into}` : '')];
}

function table(rows: readonly string[][]): string[] {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => (row[column] as string).length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] as number))
      .join('  ')
      .trimEnd(),
  );
}

function deviationLine({ max, mean, relative, input }: Deviation): string {
  const digits = (value: number) => value.toPrecision(3);
  const share = `${digits(relative.max)} and ${digits(relative.mean)} of the old output's scale`;
  return `deviation on ${input} input: at most ${digits(max)}, ${digits(mean)} in the mean (${share})`;
}

function text({ replaced, warnings, deviation }: Omit<Conversion<LayersModel | null>, 'model' | 'toString'>): string {
  const lines = replaced.length > 0 ? table([HEAD, ...replaced.map(lineOf)]) : ['no normalization layer is meant'];
  const notes = warnings.map((warning) => `warning: ${warning}`);
  return [...lines, ...(deviation ? [deviationLine(deviation)] : []), ...notes].join('\n');
}

/** Puts a result together. */
export function conversion<Model extends LayersModel | null>(
  result: Omit<Conversion<Model>, 'toString'>,
): Conversion<Model> {
  return { ...result, toString: () => text(result) };
}
