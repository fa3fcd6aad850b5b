/** What the guide has as data, in words. */
import { type Condition, FACTS, type FactName, type Range, type Source, type When } from '../guide/index.js';

function range({ atLeast, below }: Range): string {
  if (atLeast === undefined) return `fewer than ${below}`;
  return below === undefined ? `${atLeast} or more` : `${atLeast} to ${below - 1}`;
}

/** Every value a fact can have: then it only has to be given. */
function everyValue(name: string, values: readonly unknown[]): boolean {
  const row = FACTS[name as FactName];
  return row?.kind === 'choice' && row.values.every((value) => values.includes(value));
}

function inWords(name: string, condition: Condition): string {
  if ('includes' in condition) {
    if (everyValue(name, condition)) return `${name} is given`;
    return `${name} is ${condition.join(' or ')}`;
  }
  return `${name} is ${range(condition)}`;
}

function allOf(when: When): string {
  const parts = Object.entries(when).map(([name, condition]) => inWords(name, condition as Condition));
  return parts.length > 0 ? parts.join(' and ') : 'always';
}

/** `architecture is cnn and statisticsBatch is fewer than 8; or …`. */
export const whenInWords = (anyOf: readonly When[]): string => anyOf.map(allOf).join('; or ');

export const sourceText = ({ title, year, url }: Source): string =>
  [title, year, url].filter((part) => part !== null).join(', ');
