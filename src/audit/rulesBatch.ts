/** What a batch shows. */
import type { BatchStatistics } from './batch.js';
import { average, some, where } from './channels.js';
import { epsilonOf, isOfChannels } from './near.js';
import { type AuditRule, found, type Subject } from './rule.js';

/** Values that a channel's statistics should be of, to be compared. */
const ENOUGH = 8;

/** More than three deviations off, or ten times as wide or narrow. Where no variance is kept, the batch’s is the measure. */
function isFar(subject: Subject, i: number): boolean {
  const { values, batch } = subject;
  const epsilon = epsilonOf(subject);
  const at = (list: Float32Array | undefined) => list?.[i] ?? 0;
  const spread = at(values?.moving_variance ?? batch?.variance) + epsilon;
  if (spread === 0) return false;
  const ratio = (at(batch?.variance) + epsilon) / spread;
  const off = Math.abs(at(batch?.mean) - at(values?.moving_mean)) / Math.sqrt(spread);
  return off > 3 || ratio > 10 || ratio < 0.1;
}

/** Of epsilon: less is damped to a third. Embeddings that begin just below epsilon grow out of it. */
const DAMPED = 0.1;

/**
 * What epsilon is added to, on average over the sets: their variance, or mean square. It is at most that of all values a set may
 * hold, of each channel or of all channels.
 */
function spreadOf(subject: Subject, { mean, variance }: BatchStatistics): number {
  const within = average(variance);
  if (!subject.row.centered) return within + average(mean.map((m) => m * m));
  const center = average(mean);
  return isOfChannels(subject) ? within : within + average(mean.map((m) => (m - center) ** 2));
}

export const BATCH_RULES: readonly AuditRule[] = [
  {
    id: 'statistics-stale',
    severity: 'warning',
    reads: 'batch',
    why: 'The batch’s statistics are far from the moving ones: inference normalizes this data by those of another.',
    fix: 'calibrateStatistics(model, batches) on data as at inference, or train on.',
    source: 'rethinkingBatch',
    find: (subject) => {
      const { values, batch } = subject;
      const mean = values?.moving_mean;
      if (!batch || !mean || batch.count < ENOUGH || mean.length !== batch.mean.length) return undefined;
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
    id: 'epsilon-over-batch',
    severity: 'warning',
    reads: 'batch',
    why: 'Epsilon is more than ten times the variance of the input in this batch: it is damped, not normalized.',
    fix: 'Use a smaller epsilon (1e-5), or scale the input.',
    source: 'pytorch',
    find: (subject) => {
      const { batch, values } = subject;
      // Moving variances decide in inference, and have a rule of their own.
      if (!batch || batch.count < 2 || values?.moving_variance) return undefined;
      const epsilon = epsilonOf(subject);
      const variance = spreadOf(subject, batch);
      return variance > 0 && variance < DAMPED * epsilon ? found({ epsilon, variance }) : undefined;
    },
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
