import type { Direction } from './metric.js';
import { mean, type PairedDifference, paired } from './statistics.js';
import type { Run } from './trial.js';

/** A norm's runs, one a seed, in the order of the seeds. */
export interface NormResult {
  readonly norm: string;
  readonly runs: readonly Run[];
  /** Mean and sample standard deviation of the metric over the runs that ended; NaN where none did (one, for the deviation). */
  readonly mean: number;
  readonly deviation: number;
  /** How many runs were stopped. */
  readonly diverged: number;
  readonly parameters: number;
  readonly secondsPerEpoch: number;
}

/** By how much the best norm is better than another, seed by seed; above 0 is better, whichever way the metric goes. */
export interface Difference extends PairedDifference {
  readonly norm: string;
  readonly against: string;
  /** Whether the whole interval lies above 0, and there are seeds enough to say so. */
  readonly clear: boolean;
}

export interface ComparisonAdvice {
  /** The norm that is clearly better than every other; undefined where the differences may be noise. */
  readonly norm: string | undefined;
  readonly clear: boolean;
  /** The best one and all that are not clearly worse. */
  readonly candidates: readonly string[];
  readonly text: string;
}

export interface Verdict {
  readonly differences: readonly Difference[];
  readonly recommendation: ComparisonAdvice;
}

/** Below that, an interval of two differences would be a guess about a guess. */
export const FEWEST_SEEDS = 3;
/** That all intervals hold together. */
export const LEVEL = 0.95;

const valuesOf = ({ runs }: NormResult) => runs.map(({ value }) => value as number);

/** Best first; norms of which a run was stopped come last: the mean of the others would flatter them. */
export function ranked(results: readonly NormResult[], direction: Direction): NormResult[] {
  const sign = direction === 'max' ? -1 : 1;
  const key = ({ mean: value }: NormResult) => (Number.isFinite(value) ? sign * value : Number.POSITIVE_INFINITY);
  const order = (a: NormResult, b: NormResult) => (key(a) === key(b) ? 0 : key(a) - key(b));
  return [...results].sort((a, b) => Math.sign(a.diverged) - Math.sign(b.diverged) || order(a, b));
}

function differencesOf(finished: readonly NormResult[], direction: Direction, level: number): Difference[] {
  const [best, ...others] = finished;
  if (!best) return [];
  const sign = direction === 'max' ? 1 : -1;
  const of = valuesOf(best);
  return others.map((other) => {
    const values = valuesOf(other);
    const result = paired(
      of.map((value, i) => sign * (value - (values[i] as number))),
      level,
    );
    const clear = of.length >= FEWEST_SEEDS && (result.interval?.[0] ?? 0) > 0;
    return { norm: best.norm, against: other.norm, ...result, clear };
  });
}

function recommend(results: readonly NormResult[], finished: readonly NormResult[], differences: Difference[]) {
  const [best] = finished;
  const seeds = results[0]?.runs.length ?? 0;
  const undecided = (candidates: string[], text: string) => ({ norm: undefined, clear: false, candidates, text });
  if (!best) return undecided([], 'No norm trained from every seed: lower the learning rate, or look at the data.');
  const tied = differences.filter(({ clear }) => !clear).map(({ against }) => against);
  const candidates = [best.norm, ...tied];
  if (seeds < FEWEST_SEEDS) {
    const count = seeds === 1 ? 'One seed says' : 'Two seeds say';
    return undecided(
      candidates,
      `${count} nothing about chance: no norm is recommended. Take ${FEWEST_SEEDS} or more.`,
    );
  }
  const left = results.length > finished.length ? ' of those that trained from every seed' : '';
  if (finished.length === 1) {
    const text =
      results.length > 1
        ? `${best.norm} is the only norm that trained from every seed.`
        : 'Alone a norm is not better than any.';
    return { norm: results.length > 1 ? best.norm : undefined, clear: results.length > 1, candidates, text };
  }
  if (tied.length === 0) {
    const text = `${best.norm} is better than every other norm${left}, by more than the seeds explain.`;
    return { norm: best.norm, clear: true, candidates, text };
  }
  const text =
    `${best.norm} has the best mean${left}, but the difference to ${tied.join(', ')} may be noise: ` +
    `choose among ${candidates.join(', ')} by cost, or take more seeds.`;
  return undecided(candidates, text);
}

/** What ranked results say. */
export function verdictOf(results: readonly NormResult[], direction: Direction): Verdict {
  const finished = results.filter(({ diverged }) => diverged === 0);
  const pairs = Math.max(1, (finished.length * (finished.length - 1)) / 2);
  // The best is known only afterwards: any pair might have been looked at, so each gets its share (Bonferroni).
  const differences = differencesOf(finished, direction, 1 - (1 - LEVEL) / pairs);
  return { differences, recommendation: recommend(results, finished, differences) };
}

/** Seconds and the like, over the runs that ended. */
export const meanOfFinite = (values: readonly number[]) => mean(values.filter(Number.isFinite));
