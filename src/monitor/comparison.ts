import type { Direction } from './metric.js';
import { withSpread } from './statistics.js';
import { decimalsFor, short, textTable } from './text.js';
import { type Difference, FEWEST_SEEDS, LEVEL, type NormResult, type Verdict } from './verdict.js';

/** What was compared, as plain values. */
export interface ComparisonReport extends Verdict {
  readonly metric: string;
  readonly direction: Direction;
  readonly seeds: readonly number[];
  readonly epochs: number;
  readonly batchSize: number;
  /** Best first; norms of which a run was stopped come last. */
  readonly results: readonly NormResult[];
  /** What was not equal, or makes the spread say less than it seems to. */
  readonly notes: readonly string[];
}

/** What {@link compareNormalizations} returns. */
export interface Comparison extends ComparisonReport {
  /** A table and what it says. */
  readonly text: string;
  toString(): string;
  /** The report without its text. NaN becomes null in JSON. */
  toJSON(): ComparisonReport;
}

function differenceText(difference: Difference | undefined, decimals: number): string {
  if (!difference) return '';
  const { mean, interval } = difference;
  const worse = (-mean).toFixed(decimals);
  return interval ? `${worse} ± ${((interval[1] - interval[0]) / 2).toFixed(decimals)}` : worse;
}

function rowsOf({ results, differences, metric }: ComparisonReport): [string[], string[][]] {
  const ended = ({ runs }: NormResult) => runs.flatMap(({ value }) => (value === undefined ? [] : [value]));
  const decimals = decimalsFor(results.flatMap(ended));
  const head = ['norm', `${metric} ± deviation`, 'to the best, paired', 'runs', 's/epoch', 'parameters'];
  const rows = results.map((result) => {
    const { norm, runs, diverged, secondsPerEpoch, parameters } = result;
    const values = ended(result);
    return [
      norm,
      values.length > 0 ? withSpread(values, decimals) : 'diverged',
      differenceText(
        differences.find(({ against }) => against === norm),
        decimals,
      ),
      diverged > 0 ? `${runs.length}, ${diverged} diverged` : String(runs.length),
      short(secondsPerEpoch),
      String(parameters),
    ];
  });
  return [head, rows];
}

function limits({ seeds, differences, results }: ComparisonReport): string {
  const n = seeds.length;
  const plural = results.length > 2 ? ', all pairs of norms together (Bonferroni)' : '';
  if (n < FEWEST_SEEDS) return '';
  const least = n <= 16 ? ` A sign-flip test of ${n} seeds cannot give a p below ${short(2 / 2 ** n)}.` : '';
  const p = differences.map(({ against, p: value, signFlipP }) => {
    const exact = signFlipP === undefined ? '' : `, sign flips p = ${short(signFlipP)}`;
    const student = value === undefined ? 'every seed the same, so no t test' : `p = ${short(value)}`;
    return `${against}: ${student}${exact}`;
  });
  return [
    `Intervals: paired t over ${n} seeds, ${100 * LEVEL} %${plural}; it takes the differences to be normal, which ${n} cannot show.${least}`,
    ...(p.length > 0 ? [`The best against ${p.join('; ')}.`] : []),
  ].join('\n');
}

function textOf(report: ComparisonReport): string {
  const { metric, direction, epochs, batchSize, seeds, results, recommendation, notes } = report;
  const better = direction === 'max' ? 'higher' : 'lower';
  const [head, rows] = rowsOf(report);
  const stopped = results.flatMap(({ norm, runs }) =>
    runs.flatMap(({ seed, diverged }) =>
      diverged ? [`${norm}, seed ${seed}: stopped at step ${diverged.step}, ${diverged.reason}.`] : [],
    ),
  );
  const budget = `${epochs} epochs, batches of ${batchSize}, seeds ${seeds.join(', ')}; ${metric}: ${better} is better`;
  return [budget, textTable(head, rows), recommendation.text, limits(report), ...stopped, ...notes]
    .filter(Boolean)
    .join('\n');
}

export function comparisonOf(report: ComparisonReport): Comparison {
  const text = textOf(report);
  return { ...report, text, toString: () => text, toJSON: () => report };
}
