/** Weights of a trained model. */
import type { NormRow, WeightRow } from '../norms.js';
import { some, where } from './channels.js';
import { startOf } from './initial.js';
import { epsilonOf, inner, setting } from './near.js';
import { numberOf } from './part.js';
import { type AuditRule, found, type Subject } from './rule.js';

const every = (values: Float32Array | undefined, value: number) =>
  values !== undefined && values.length > 0 && values.every((x) => x === value);

/** Against epsilon: below the first share the input is constant, below the second epsilon decides. */
const NOTHING = 1e-3;
/** A few weak channels are usual. */
const SHARE = 0.1;

/** Of the statistics that the norm keeps. */
const stillInitial = ({ values }: Subject) =>
  every(values?.moving_mean, 0) && (values?.moving_variance === undefined || every(values.moving_variance, 1));

const begun = ({ values }: Subject) => ({ mean: 0, ...(values?.moving_variance ? { variance: 1 } : {}) });

/** The weight that a channel is multiplied with. */
const factorOf = ({ weights }: NormRow) =>
  weights.find(({ option, initializer }) => option === 'gamma' || option === 'scale' || initializer === 'given');

/** Whether it begins at 0; what is taken from a kernel does where the kernel does. */
const beginsDead = ({ node, row }: Subject, { name, initializer }: WeightRow) =>
  (initializer === 'given' ? startOf(inner(node).config, 'kernel') : startOf(node.config, name, row)) === 0;

export const VALUE_RULES: readonly AuditRule[] = [
  {
    id: 'statistics-never-updated',
    severity: 'warning',
    reads: 'weights',
    why: 'The model has learned, but the moving statistics are 0 and 1, as they begin: inference passes the input through unnormalized.',
    fix: 'calibrateStatistics(model, batches), or train with fit, which moves them.',
    source: 'articles',
    find: (subject) => (subject.trained && stillInitial(subject) ? found(begun(subject)) : undefined),
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
    why: 'γ, or g of weight norm, is 0: the channel says β, or its bias, whatever comes in, and what it is multiplied with no longer learns.',
    fix: 'Prune the channel, or train with less decay on γ.',
    source: 'weightDecay',
    find: (subject) => {
      const factor = factorOf(subject.row);
      const gamma = factor && subject.values?.[factor.name];
      if (!gamma) return undefined;
      const offset = numberOf(setting(subject, 'offset')) ?? 0;
      const dead = where(gamma, (value) => Math.abs(value + offset) < 1e-6);
      // All of them: so a residual branch begins.
      const asBegun = dead.length === gamma.length && beginsDead(subject, factor);
      return asBegun ? undefined : some(dead, gamma.length);
    },
  },
];
