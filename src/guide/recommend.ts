import { changesFor } from './changes.js';
import { checkFacts } from './check.js';
import { snippet } from './code.js';
import { type Config, configure, rankOf, rowOf } from './config.js';
import { type Cost, type CostOptions, type GivenShape, normalizationCost } from './cost.js';
import type { Choice, Facts } from './facts.js';
import { COST_NOTES, type NoteRow, PLACEMENT, WARNINGS } from './notes.js';
import { type Rival, RULES, type Rule } from './rules.js';
import { SOURCES, type Source, type SourceId } from './sources.js';
import { type Known, matches } from './when.js';

/** A sentence with the rule or note it comes from, and where to read so. */
export interface Note {
  readonly id: string;
  readonly text: string;
  readonly source: Source;
}

/** Another choice. */
export interface Alternative {
  readonly norm: Choice;
  readonly config: Config;
  /** What it trades for the first choice. */
  readonly trade: string;
  readonly source: Source;
  /** A change of one fact under which the guide would choose it, the nearest batch size say; `null` where none does. */
  readonly wins: Readonly<Partial<Facts>> | null;
}

export interface Recommendation {
  readonly norm: Choice;
  /** Options for the norm's factory; of weight norm besides the layer. */
  readonly config: Config;
  readonly placement: readonly Note[];
  /** The rule that decided first, then what decided its options. */
  readonly reasons: readonly Note[];
  readonly alternatives: readonly Alternative[];
  readonly warnings: readonly Note[];
  /** `null` where nothing is normalized. */
  readonly cost: (Cost & { readonly notes: readonly Note[] }) | null;
  /** A program that runs as printed. */
  readonly code: string;
}

/** Internal: the examples that share statistics, those of all devices where they are synchronized. */
export function statisticsBatchOf({ batchSize, devices = 1, synchronized }: Facts): Facts['batchSize'] {
  return synchronized === true && typeof batchSize === 'number' ? batchSize * devices : batchSize;
}

/** Facts, and what follows from them. */
function know(facts: Facts): Known {
  const shared = statisticsBatchOf(facts);
  return { ...facts, rank: rankOf(facts), ...(shared === undefined ? {} : { statisticsBatch: shared }) };
}

function ruleFor(known: Known): Rule {
  return RULES.find(({ when }) => matches(when, known)) as Rule; // the last one always matches
}

function chosen({ choose }: Rule, known: Known): Choice {
  return typeof choose === 'string' ? choose : (known[choose.fact] as Choice);
}

const choiceFor = (facts: Facts): Choice => {
  const known = know(facts);
  return chosen(ruleFor(known), known);
};

const note = ({ id, text, source }: { id: string; text: string; source: SourceId }): Note => ({
  id,
  text,
  source: SOURCES[source],
});

const notes = (rows: readonly NoteRow[], known: Known): Note[] =>
  rows.filter(({ when }) => matches(when, known)).map(note);

function alternativesOf(rivals: readonly Rival[], facts: Facts, known: Known): Alternative[] {
  const wins = changesFor(facts, choiceFor);
  const possible = rivals.filter(({ norm, when }) => {
    const least = rowOf(norm)?.minRank ?? 0;
    return (known.rank as number) >= least && (when === undefined || matches(when, known));
  });
  // What has moving statistics comes last where they would be of other data.
  const last = (norm: Choice) => Number(facts.distributionShift === true && rowOf(norm)?.memory === true);
  const ordered = [...possible].sort((a, b) => last(a.norm) - last(b.norm));
  return ordered.map(({ norm, trade, source }) => ({
    norm,
    config: configure(norm, facts, known).config,
    trade,
    source: SOURCES[source],
    wins: wins.get(norm) ?? null,
  }));
}

function shapeOf({ batchSize, channels }: Facts, rank: number): GivenShape {
  const examples = typeof batchSize === 'number' ? batchSize : null;
  return [examples, ...Array<null>(rank - 2).fill(null), channels ?? null];
}

function costOf(choice: Choice, facts: Facts, known: Known, config: Config): Recommendation['cost'] {
  const row = rowOf(choice);
  if (!row) return null;
  const shape = shapeOf(facts, known.rank as number);
  return { ...normalizationCost(row.id, shape, config as CostOptions), notes: notes(COST_NOTES, known) };
}

/** Internal: the options of a norm for checked facts. */
export function configurationFor(norm: Choice, facts: Facts): Config {
  return configure(norm, facts, know(facts)).config;
}

/**
 * Recommends a normalization for an architecture, with reasons: the first rule of {@link RULES} that holds decides.
 *
 * Pure: the same facts give the same answer. Without tfjs; `autoNormalization` makes the layer.
 *
 * @param facts What is known; only `architecture` is needed.
 * @returns The norm (`'none'` where there should be none), options for its factory, where to put it, why (the rule first),
 *   alternatives with what they trade and the change of the facts under which they would be chosen, warnings, what it costs,
 *   and a program that runs as printed.
 * @throws NormalizationError for unknown facts or values (with what was probably meant), and for facts in conflict.
 *
 * @example
 * ```js
 * const { norm, config, reasons } = recommendNormalization({ architecture: 'cnn', batchSize: 2, channels: 48 });
 * console.log(norm, config, reasons[0].text); // group { groups: 24, epsilon: 0.00001 } Below 8 examples …
 * ```
 */
export function recommendNormalization(facts: Facts): Recommendation {
  const checked = checkFacts(facts);
  const before = know(checked);
  const rule = ruleFor(before);
  const norm = chosen(rule, before);
  const row = rowOf(norm);
  const isFrozen = rule.config?.trainable === false;
  const known: Known = { ...before, norm, frozen: isFrozen, ...(row ? { memory: row.memory, of: row.of } : {}) };
  const { config: options, because } = configure(norm, checked, known);
  const config = { ...options, ...rule.config };
  return {
    norm,
    config,
    placement: notes(PLACEMENT, known),
    reasons: [note({ id: rule.id, text: rule.because, source: rule.source }), ...because.map(note)],
    alternatives: alternativesOf(rule.alternatives, checked, known),
    warnings: notes(WARNINGS, known),
    cost: costOf(norm, checked, known, config),
    code: snippet({ choice: norm, facts: checked, config }),
  };
}
