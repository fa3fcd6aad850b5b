import type { NormResult } from './verdict.js';

/** Seed by seed, from which kernels the norms started, a hash each. */
export type Starts = ReadonlyMap<number, readonly string[]>;

const differ = (values: readonly unknown[]) => new Set(values).size > 1;

/** Runs that were stopped took fewer steps for that reason. */
function stepsOf(results: readonly NormResult[], at: number): number[] {
  return results.flatMap(({ runs }) => {
    const run = runs[at];
    return run && !run.diverged ? [run.steps] : [];
  });
}

/** What is not equal though it should be, and the other way round. */
export function notesOf(starts: Starts, results: readonly NormResult[]): string[] {
  const perSeed = [...starts.values()];
  const notes: readonly (readonly [boolean, string])[] = [
    [
      perSeed.some(differ),
      'the norms did not start from equal kernels, so part of the differences is chance: pass seed to every initializer in build.',
    ],
    [
      perSeed.length > 1 && !differ(perSeed.map(([first]) => first)),
      'every seed started from the same kernels, so the spread is that of the data only: use seed in build.',
    ],
    [
      perSeed.some((_, at) => differ(stepsOf(results, at))),
      'the norms did not take equally many steps: data.train must give the same batches for the same seed and epoch.',
    ],
  ];
  return notes.flatMap(([isSo, text]) => (isSo ? [`Note: ${text}`] : []));
}
