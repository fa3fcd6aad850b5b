import type { FactName } from './facts.js';

/** Numbers from `atLeast` on, and `below` the other; a fact that is no number is in no range. */
export interface Range {
  readonly atLeast?: number;
  readonly below?: number;
}

/**
 * What conditions can ask for besides the facts: `statisticsBatch`, the examples that share statistics (those of all devices
 * where they are synchronized); and once a norm is chosen, `norm`, whether it has a `memory` and is `frozen`, and what it is `of`.
 */
export type ConditionName = FactName | 'statisticsBatch' | 'norm' | 'memory' | 'frozen' | 'of';

/** Values one of which a fact must have (`'unknown'`: it was not given), or a range. */
export type Condition = readonly (string | boolean)[] | Range;

/** All of these must hold. An empty one always does. */
export type When = Readonly<Partial<Record<ConditionName, Condition>>>;

export type Known = Readonly<Partial<Record<ConditionName, string | number | boolean>>>;

function holds(condition: Condition, value: string | number | boolean | undefined): boolean {
  if (!isRange(condition)) return condition.includes((value ?? 'unknown') as string | boolean);
  const { atLeast = Number.NEGATIVE_INFINITY, below = Number.POSITIVE_INFINITY } = condition;
  return typeof value === 'number' && value >= atLeast && value < below;
}

export function isRange(condition: Condition): condition is Range {
  return !Array.isArray(condition);
}

/** Whether one of the conditions' lists holds for what is known. */
export function matches(anyOf: readonly When[], known: Known): boolean {
  return anyOf.some((when) =>
    Object.entries(when).every(([name, condition]) => holds(condition as Condition, known[name as ConditionName])),
  );
}
