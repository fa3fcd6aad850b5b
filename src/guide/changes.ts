/** What would change an answer: single facts, changed in turn. */
import { conflictOf } from './check.js';
import { type Choice, FACTS, type FactName, type Facts } from './facts.js';
import { RULES } from './rules.js';
import { isRange } from './when.js';

/**
 * Facts that a network can have otherwise, the likeliest reason first. What it is for cannot be changed to suit a norm, and
 * nobody adds a gradient penalty for one.
 */
const CHANGEABLE: readonly FactName[] = [
  'era',
  'style',
  'batchSize',
  'priority',
  'distributionShift',
  'variableLength',
  'realTime',
];

/** Batch sizes on either side of every threshold of the rules. */
function thresholds(): number[] {
  const conditions = RULES.flatMap(({ when }) => when).map(({ statisticsBatch }) => statisticsBatch);
  const ranges = conditions.filter((condition) => condition !== undefined).filter(isRange);
  const sizes = ranges.flatMap(({ atLeast = 0, below = 1 }) => [atLeast, below - 1]);
  return [...new Set(sizes)].filter((size) => size > 0).sort((a, b) => a - b);
}

const SIZES = thresholds();

/** The nearest first. Of a batch that is not known or varies, the smallest. */
function batchSizes({ batchSize }: Facts): readonly (number | string)[] {
  const from = typeof batchSize === 'number' ? batchSize : 0;
  return [...[...SIZES].sort((a, b) => Math.abs(a - from) - Math.abs(b - from)), 'variable'];
}

function valuesOf(name: FactName, facts: Facts): readonly (string | number | boolean)[] {
  const row = FACTS[name];
  if (row.kind === 'choice') return row.values;
  return row.kind === 'flag' ? [true, false] : batchSizes(facts);
}

/** For each norm the first change of a single fact that makes it the choice. */
export function changesFor(facts: Facts, choose: (facts: Facts) => Choice): ReadonlyMap<Choice, Partial<Facts>> {
  const found = new Map<Choice, Partial<Facts>>();
  for (const name of CHANGEABLE) {
    for (const value of valuesOf(name, facts)) {
      if (facts[name] === value) continue;
      const changed = { ...facts, [name]: value } as Facts;
      const choice = choose(changed);
      if (!found.has(choice) && !conflictOf(changed)) found.set(choice, { [name]: value });
    }
  }
  return found;
}
