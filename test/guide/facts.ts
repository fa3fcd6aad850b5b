import { FACTS, type FactName, type Facts, type Range, RULES, type When } from '../../src/guide/index.js';

/** Numbers around every threshold of the rules, and the words. */
const thresholds = RULES.flatMap(({ when }) => when).flatMap(({ statisticsBatch }) => {
  const { atLeast, below } = (statisticsBatch ?? {}) as Range;
  return [atLeast, below].filter((n) => n !== undefined);
});
const SIZES = [...new Set(thresholds.flatMap((n) => [n - 1, n]).filter((n) => n > 0)), 64, 'variable'];

/** Values to try for a fact, one of them unknown. */
export function valuesOf(name: FactName): unknown[] {
  const row = FACTS[name];
  if (row.kind === 'choice') return [...row.values, undefined];
  if (row.kind === 'flag') return [true, false, undefined];
  if (name === 'batchSize') return [...SIZES, undefined];
  if (name === 'rank') return [2, 3, 4, 5, 6, undefined];
  if (name === 'channels') return [1, 7, 32, 48, 64, undefined];
  return [1, 2, 8, undefined];
}

/** A seeded source of numbers in [0, 1). */
export function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Facts drawn at random: every architecture, most of the others left out now and then. */
export function randomFacts(random: () => number): Facts {
  const share = random() ** 2; // many facts at once are often in conflict
  const names = (Object.keys(FACTS) as FactName[]).filter((name) => name === 'architecture' || random() < share);
  const pick = (list: readonly unknown[]) => list[Math.floor(random() * list.length)];
  const given = names.map((name) => [name, pick(valuesOf(name))] as const);
  return Object.fromEntries(given.filter(([name, value]) => name !== 'architecture' || value !== undefined)) as never;
}

/** Facts for which the conditions hold, none of them more than needed. */
export function factsFor(when: When): Facts {
  const facts: Record<string, unknown> = { architecture: 'feedForward' };
  for (const [name, condition] of Object.entries(when)) {
    if (Array.isArray(condition)) {
      if (condition[0] !== 'unknown') facts[name === 'statisticsBatch' ? 'batchSize' : name] = condition[0];
    } else {
      const { atLeast, below = 2 } = condition as Range;
      facts[name === 'statisticsBatch' ? 'batchSize' : name] = atLeast ?? below - 1;
    }
  }
  return facts as unknown as Facts;
}
