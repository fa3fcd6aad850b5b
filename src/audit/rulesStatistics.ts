/** Batch statistics: too few examples, the wrong ones, or none. */
import { normRow } from '../norms.js';
import { before, hasMemory, learnsStatistics, setting, statisticsBatch, takesBatch, upstream } from './near.js';
import type { GraphNode } from './node.js';
import { option } from './part.js';
import { type AuditRule, found, noted } from './rule.js';

const between = (n: number | undefined, least: number, below: number) => n !== undefined && n >= least && n < below;

const isRecurrentSequence = ({ kind, config }: GraphNode) =>
  kind === 'recurrent' && option(config, 'returnSequences') === true;

export const STATISTICS_RULES: readonly AuditRule[] = [
  {
    ...noted('batch-under-4'),
    severity: 'error',
    reads: 'facts',
    fix: "Freeze it (trainable: false), or use group or layer normalization: createNormalization('group').",
    find: (subject) =>
      learnsStatistics(subject) && between(statisticsBatch(subject), 0, 4)
        ? found({ statisticsBatch: statisticsBatch(subject) })
        : undefined,
  },
  {
    id: 'batch-under-8',
    severity: 'warning',
    reads: 'facts',
    why: 'Fewer than 8 examples share statistics: batch norm is worse there than norms of single examples in every published comparison.',
    fix: 'Use group or layer normalization, or a larger batch.',
    source: 'group',
    find: (subject) =>
      learnsStatistics(subject) && between(statisticsBatch(subject), 4, 8)
        ? found({ statisticsBatch: statisticsBatch(subject) })
        : undefined,
  },
  {
    ...noted('momentum-convention'),
    severity: 'warning',
    reads: 'structure',
    fix: 'Write 1 − momentum: 0.9 for PyTorch’s 0.1.',
    find: (subject) => {
      const momentum = setting(subject, 'momentum');
      return hasMemory(subject) && typeof momentum === 'number' && momentum < 0.5 ? found({ momentum }) : undefined;
    },
  },
  {
    ...noted('gradient-penalty'),
    severity: 'error',
    reads: 'facts',
    fix: 'Use layer normalization, or weight normalization around the layers.',
    find: (subject) =>
      subject.facts.gradientPenalty && takesBatch(subject) ? found({ gradientPenalty: true }) : undefined,
  },
  {
    ...noted('distribution-shift'),
    severity: 'warning',
    reads: 'facts',
    fix: 'Use group or layer normalization, or calibrateStatistics on data as at inference.',
    find: (subject) =>
      subject.facts.distributionShift && hasMemory(subject) ? found({ distributionShift: true }) : undefined,
  },
  {
    ...noted('per-device'),
    severity: 'info',
    reads: 'facts',
    fix: 'Count the batch of one device, or use a norm without batch statistics.',
    find: (subject) => {
      const { devices = 1, synchronized } = subject.facts;
      return learnsStatistics(subject) && devices > 1 && synchronized !== true ? found({ devices }) : undefined;
    },
  },
  {
    ...noted('synchronized'),
    severity: 'warning',
    reads: 'structure',
    fix: 'Here it computes the statistics of its own batch: see that this is large enough, or use group normalization.',
    find: (subject) =>
      hasMemory(subject) &&
      (option(subject.node.config, 'synchronized') === true || subject.node.className === 'SyncBatchNormalization')
        ? found({ synchronized: true })
        : undefined,
  },
  {
    id: 'dropout-before-batch',
    severity: 'warning',
    reads: 'structure',
    why: 'Dropout before batch norm raises the variance it sees in training above that of inference, for which its moving statistics are then wrong.',
    fix: 'Put the dropout after the last batch norm, or use a norm without moving statistics.',
    source: 'varianceShift',
    find: (subject) => {
      if (!learnsStatistics(subject)) return undefined;
      const dropout = upstream(
        subject.node,
        ({ kind, config }) => kind === 'dropout' && option(config, 'rate') !== 0,
        ({ norm }) => norm !== undefined && normRow(norm).of === 'activations',
      );
      return dropout && found({ dropout: dropout.path });
    },
  },
  {
    id: 'norm-in-rnn-step',
    severity: 'error',
    reads: 'structure',
    why: 'Batch statistics inside the step of a recurrent layer mix all steps, which differ, and move once a step instead of once a batch.',
    fix: 'Normalize the sequence that the layer returns, by layer normalization; inside the step use a norm without memory.',
    source: 'recurrentBatch',
    find: (subject) => {
      for (let { holder } = subject.node; holder && hasMemory(subject); holder = holder.holder) {
        if (holder.kind === 'recurrent') return found({ within: holder.path });
      }
      return undefined;
    },
  },
  {
    ...noted('no-batch-in-time'),
    severity: 'warning',
    reads: 'structure',
    fix: 'Use layer normalization on the sequence.',
    find: (subject) => {
      if (!hasMemory(subject)) return undefined;
      const last = before(subject.node);
      return last && [last, ...last.held].some(isRecurrentSequence) ? found({ after: last.path }) : undefined;
    },
  },
];
