/** Sets of which no statistic can be taken, and numbers that vanish. */
import { isDegenerate } from '../auto/degenerate.js';
import { product } from '../guide/cost.js';
import { averagesOf, axesOf, channelsOf, epsilonOf, setting } from './near.js';
import { numberOf } from './part.js';
import { type AuditRule, found, noted, type Subject } from './rule.js';

const needsSpace = (subject: Subject) => averagesOf(subject).some((list) => list.length === 1 && list[0] === 'space');

const groupsOf = (subject: Subject) => numberOf(setting(subject, 'groups'));

/** Whether a set is a single value. The number of examples is another rule's. */
function collapses(subject: Subject): boolean {
  const { node, row } = subject;
  if (!node.input || row.of === 'weights' || node.input.length < 2) return false;
  const shape = [null, ...node.input.slice(1)];
  const groups = groupsOf(subject);
  if (groups === 0 || (groups !== undefined && !Number.isInteger(groups))) return false;
  const statistics = setting(subject, 'statistics');
  return isDegenerate(row.id, shape, {
    axis: axesOf(subject) ?? -1,
    ...(groups === undefined ? {} : { groups }),
    ...(Array.isArray(statistics) ? { statistics } : {}),
  });
}

export const SET_RULES: readonly AuditRule[] = [
  {
    id: 'collapsed-group',
    severity: 'error',
    reads: 'structure',
    why: 'Its sets hold one value each: every value is its own mean, so the output is β whatever the input, and the network learns nothing through it.',
    fix: "Use fewer groups (groups: 'auto'), or layer normalization.",
    source: 'group',
    find: (subject) =>
      !needsSpace(subject) && collapses(subject)
        ? found({ shape: subject.node.input, groups: groupsOf(subject) })
        : undefined,
  },
  {
    ...noted('no-space'),
    severity: 'error',
    reads: 'structure',
    fix: 'Use layer or group normalization there, or put it before the pooling.',
    find: (subject) =>
      needsSpace(subject) && collapses(subject)
        ? found({ shape: subject.node.input, values: product(subject.node.input?.slice(1, -1) ?? []) })
        : undefined,
  },
  {
    ...noted('groups-divide'),
    severity: 'error',
    reads: 'structure',
    fix: "Use groups: 'auto', or a divisor of the channels.",
    find: (subject) => {
      const groups = setting(subject, 'groups');
      const channels = channelsOf(subject);
      if (typeof groups !== 'number' || groups === -1 || channels === undefined) return undefined;
      return groups > 0 && channels % groups === 0 ? undefined : found({ groups, channels });
    },
  },
  {
    ...noted('half-precision'),
    severity: 'warning',
    reads: 'facts',
    fix: 'Use epsilon: 1e-5, or 1e-3 as Keras has it.',
    find: (subject) => {
      const vanishes = 'epsilon' in subject.row.defaults && epsilonOf(subject) < 1e-6;
      return subject.facts.mixedPrecision && vanishes ? found({ epsilon: epsilonOf(subject) }) : undefined;
    },
  },
  {
    ...noted('style-erased'),
    severity: 'warning',
    reads: 'facts',
    fix: 'Use batchInstance normalization, which learns which channels keep them.',
    find: (subject) => {
      const only = averagesOf(subject).length === 1 && needsSpace(subject);
      return only && subject.facts.style === 'keep' ? found({ style: 'keep' }) : undefined;
    },
  },
];
