/** Weights of a trained model, and what a batch shows. */
import { startOf } from './initial.js';
import { epsilonOf, setting } from './near.js';
import { numberOf } from './part.js';
import { type AuditRule, found, type Subject } from './rule.js';

const every = (values: Float32Array | undefined, value: number) =>
  values !== undefined && values.length > 0 && values.every((x) => x === value);

const where = (values: Float32Array, holds: (value: number) => boolean): number[] =>
  [...values.keys()].filter((i) => holds(values[i] as number));

/** Channels with a fault, as a finding tells them: how many, and the first. */
const some = (channels: readonly number[], of: number) =>
  channels.length > 0 ? found({ channels: channels.slice(0, 8), count: channels.length, of }) : undefined;

/** Against epsilon: below the first share the input is constant, below the second epsilon decides. */
const NOTHING = 1e-3;
/** A few weak channels are usual. */
const SHARE = 0.1;

const stillInitial = ({ values }: Subject) => every(values?.moving_mean, 0) && every(values?.moving_variance, 1);

export const VALUE_RULES: readonly AuditRule[] = [
  {
    id: 'statistics-never-updated',
    severity: 'warning',
    reads: 'weights',
    why: 'The model has learned, but the moving statistics are 0 and 1, as they begin: inference passes the input through unnormalized.',
    fix: 'calibrateStatistics(model, batches), or train with fit, which moves them.',
    source: 'articles',
    find: (subject) => (subject.trained && stillInitial(subject) ? found({ mean: 0, variance: 1 }) : undefined),
  },
  {
    id: 'not-finite',
    severity: 'error',
    reads: 'weights',
    why: 'Weights or moving statistics are not finite, or a variance is negative: the output is NaN from here on.',
    fix: 'Find the batch that did it; then calibrateStatistics, or load an earlier file.',
    source: 'articles',
    find: ({ values = {} }) => {
      const spoilt = Object.entries(values).filter(
        ([name, data]) => !data.every(Number.isFinite) || (name === 'moving_variance' && data.some((v) => v < 0)),
      );
      return spoilt.length > 0 ? found({ weights: spoilt.map(([name]) => name) }) : undefined;
    },
  },
  {
    id: 'variance-near-zero',
    severity: 'warning',
    reads: 'weights',
    why: 'The moving variance is next to nothing: the channel was constant in training, and whatever is not constant later is blown up by 1/√ε.',
    fix: 'Look for dead units before it, or an input that never varies; prune the channel.',
    source: 'batch',
    find: (subject) => {
      const variance = subject.values?.moving_variance ?? new Float32Array();
      return some(
        where(variance, (v) => v >= 0 && v < NOTHING * epsilonOf(subject)),
        variance.length,
      );
    },
  },
  {
    id: 'epsilon-dominates',
    severity: 'warning',
    reads: 'weights',
    why: 'Epsilon is larger than the moving variance of many channels: they are damped, not normalized.',
    fix: 'Use a smaller epsilon (1e-5), or scale the input.',
    source: 'pytorch',
    find: (subject) => {
      const variance = subject.values?.moving_variance ?? new Float32Array();
      const epsilon = epsilonOf(subject);
      const weak = where(variance, (v) => v >= NOTHING * epsilon && v < epsilon);
      return weak.length >= SHARE * variance.length ? some(weak, variance.length) : undefined;
    },
  },
  {
    id: 'dead-gamma',
    severity: 'warning',
    reads: 'weights',
    why: 'γ is 0: the channel says β whatever comes in, and what it is multiplied with no longer learns.',
    fix: 'Prune the channel, or train with less decay on γ.',
    source: 'weightDecay',
    find: (subject) => {
      const { values = {}, row, node } = subject;
      const name = row.weights.find(({ option: of }) => of === 'gamma' || of === 'scale')?.name ?? 'gamma';
      const gamma = values[name] ?? new Float32Array();
      const offset = numberOf(setting(subject, 'offset')) ?? 0;
      const dead = where(gamma, (value) => Math.abs(value + offset) < 1e-6);
      // All of them: so a residual branch begins.
      const asBegun = dead.length === gamma.length && startOf(node.config, name, row) === 0;
      return asBegun ? undefined : some(dead, gamma.length);
    },
  },
  {
    id: 'statistics-stale',
    severity: 'warning',
    reads: 'batch',
    why: 'The batch’s statistics are far from the moving ones: inference normalizes this data by those of another.',
    fix: 'calibrateStatistics(model, batches) on data as at inference, or train on.',
    source: 'rethinkingBatch',
    find: (subject) => {
      const { values, batch } = subject;
      const [mean, variance] = [values?.moving_mean, values?.moving_variance];
      if (!batch || !mean || !variance || batch.count < ENOUGH || mean.length !== batch.mean.length) return undefined;
      const far = [...mean.keys()].filter((i) => isFar(subject, i));
      return far.length > mean.length / 4 ? some(far, mean.length) : undefined;
    },
  },
  {
    id: 'constant-channel',
    severity: 'warning',
    reads: 'batch',
    why: 'A channel has one value over the whole batch: nothing is left of it but β.',
    fix: 'Look for dead units or saturated activations before it.',
    source: 'batch',
    find: ({ batch }) =>
      batch && batch.count > 1
        ? some(
            where(batch.variance, (v) => v === 0),
            batch.variance.length,
          )
        : undefined,
  },
  {
    id: 'input-not-finite',
    severity: 'error',
    reads: 'batch',
    why: 'Its input has values that are not finite in this batch.',
    fix: 'Look at the layers before it, and at the batch itself.',
    source: 'articles',
    find: ({ batch }) =>
      batch && batch.count > 0
        ? some(
            where(batch.mean, (m) => !Number.isFinite(m)),
            batch.mean.length,
          )
        : undefined,
  },
];

/** Values that a channel's statistics should be of, to be compared. */
const ENOUGH = 8;

/** More than three deviations off, or ten times as wide or narrow. */
function isFar(subject: Subject, i: number): boolean {
  const { values, batch } = subject;
  const epsilon = epsilonOf(subject);
  const at = (list: Float32Array | undefined) => list?.[i] ?? 0;
  const spread = at(values?.moving_variance) + epsilon;
  const ratio = (at(batch?.variance) + epsilon) / spread;
  const off = Math.abs(at(batch?.mean) - at(values?.moving_mean)) / Math.sqrt(spread);
  return off > 3 || ratio > 10 || ratio < 0.1;
}
