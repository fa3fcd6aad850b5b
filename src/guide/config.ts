/** Options of a chosen norm: those the table's row has, with values from data. */
import { automaticGroups } from '../core/groups.js';
import { NORMS, type NormRow, type OptionValue } from '../norms.js';
import { type Choice, type Facts, USUAL_RANK } from './facts.js';
import type { NoteRow } from './notes.js';
import type { SourceId } from './sources.js';
import { type Known, matches, type When } from './when.js';

export type Config = Readonly<Record<string, OptionValue>>;

/** A value for an option: the first row that holds decides. */
interface OptionRow extends NoteRow {
  /** Absent: the norm's default. */
  readonly value?: OptionValue;
}

const option = (id: string, when: readonly When[], source: SourceId, text: string, value?: OptionValue): OptionRow => ({
  id,
  when,
  source,
  text,
  ...(value === undefined ? {} : { value }),
});

/** Options in the order of a call, each with its rows. `groups` waits for the channels. */
export const OPTION_ROWS: Readonly<Record<string, readonly OptionRow[]>> = {
  statistics: [
    option(
      'statistics-without-space',
      [{ rank: { below: 3 } }],
      'switchable',
      'Without space an example has no statistics of one channel: layer and batch are mixed.',
      ['layer', 'batch'],
    ),
  ],
  momentum: [
    option(
      'momentum-large-batch',
      [{ statisticsBatch: { atLeast: 32 } }],
      'pytorch',
      'momentum 0.9: with 32 examples or more ten steps are enough to average over (PyTorch’s 0.1).',
      0.9,
    ),
    option(
      'momentum-small-batch',
      [{}],
      'keras',
      'momentum 0.99: a hundred steps, since a small or unknown batch makes each one noisy (PyTorch’s 0.01).',
      0.99,
    ),
  ],
  epsilon: [
    option(
      'epsilon-half',
      [{ mixedPrecision: [true] }],
      'mixedPrecision',
      'epsilon 1e-5: 1e-8 vanishes in half precision.',
      1e-5,
    ),
    option('epsilon-rms', [{ norm: ['rms'] }], 'llama', 'epsilon 1e-6, as in the large language models.', 1e-6),
    option(
      'epsilon-float',
      [{}],
      'pytorch',
      'epsilon 1e-5, as PyTorch has it; 1e-5 to 1e-8 do in float32, and Keras’s 1e-3 damps what varies little.',
      1e-5,
    ),
  ],
};

/** Options that the shape asks for, whatever a model was trained with. */
const OF_SHAPE: ReadonlySet<string> = new Set(['statistics']);

export interface Configured {
  readonly config: Config;
  /** The rows that decided, as reasons. */
  readonly because: readonly NoteRow[];
}

const ROWS: Readonly<Partial<Record<Choice, NormRow>>> = Object.fromEntries(NORMS.map((row) => [row.id, row]));

/** The row of a choice; none has none. */
export const rowOf = (choice: Choice): NormRow | undefined => ROWS[choice];

/** The rank that is given, or usual, and in any case one that a pretrained norm can have. */
export function rankOf({ rank, architecture, pretrained = 'none' }: Facts): number {
  return rank ?? Math.max(USUAL_RANK[architecture], rowOf(pretrained)?.minRank ?? 0);
}

/** Finds the options of a norm for facts. A pretrained model's own stay what they are: only what the shape asks for is given. */
export function configure(choice: Choice, facts: Facts, known: Known): Configured {
  const row = rowOf(choice);
  if (!row) return { config: {}, because: [] };
  const config: Record<string, OptionValue> = {};
  const because: NoteRow[] = [];
  if ('groups' in row.defaults) config.groups = facts.channels === undefined ? 'auto' : automaticGroups(facts.channels);
  for (const [name, rows] of Object.entries(OPTION_ROWS)) {
    if (!(name in row.defaults) || (facts.pretrained === choice && !OF_SHAPE.has(name))) continue;
    const found = rows.find(({ when }) => matches(when, { ...known, norm: choice }));
    if (found?.value === undefined) continue;
    config[name] = Array.isArray(found.value) ? [...found.value] : found.value;
    because.push(found);
  }
  return { config, because };
}
