/** Where a norm stands, and what stands beside it. */
import { dividesBySpread } from '../guide/programs.js';
import { type NormRow, normRow } from '../norms.js';
import { ending } from './ending.js';
import type { Kind } from './kinds.js';
import { axesOf, before, inner, isOfChannels, setting, soleBefore } from './near.js';
import type { GraphNode } from './node.js';
import { misses, orientation } from './orient.js';
import { isRecord, option, word } from './part.js';
import { type AuditRule, found, noted, type Subject } from './rule.js';

const isLinear = ({ config }: GraphNode) => ['', 'linear'].includes(word(option(config, 'activation')));

/** The layer before whose bias goes straight into the norm of its channels, and nowhere else. */
function biased(subject: Subject): GraphNode | undefined {
  const { node } = subject;
  const layer = soleBefore(node);
  if (!layer) return undefined;
  const { kind, config } = inner(layer);
  const mixes = (kind === 'convolution' || kind === 'dense') && !misses(subject, layer);
  return mixes && option(config, 'useBias') !== false && isLinear(inner(layer)) ? layer : undefined;
}

/** Whether the mean of each channel by itself is taken away: then a bias of the channel is, too. */
const takesChannelMean = (subject: Subject) =>
  subject.row.of === 'activations' && subject.row.centered && isOfChannels(subject);

const hasBeta = ({ weights }: NormRow) => weights.some(({ name }) => name === 'beta');

/** Kinds of layers that make an output. */
const COMPUTING: ReadonlySet<Kind> = new Set(['convolution', 'dense', 'recurrent']);

const isOfActivations = ({ norm }: GraphNode) => norm !== undefined && normRow(norm).of === 'activations';

/** Whether a regularizer is there, and not all of its factors are 0. One that tells no numbers is somebody's own. */
function decays(regularizer: unknown): boolean {
  const config = isRecord(regularizer) ? option(regularizer, 'config') : undefined;
  const factors = isRecord(config) ? Object.values(config) : [];
  return Boolean(regularizer) && (factors.length === 0 || factors.some((factor) => factor !== 0));
}

export const PLACE_RULES: readonly AuditRule[] = [
  {
    ...noted('no-bias-before'),
    severity: 'info',
    reads: 'structure',
    fix: 'useBias: false.',
    find: (subject) => {
      const layer = takesChannelMean(subject) ? biased(subject) : undefined;
      return layer && found({ norm: subject.node.path }, layer.path);
    },
  },
  {
    ...noted('beta-for-bias'),
    severity: 'info',
    reads: 'structure',
    fix: 'useBias: false.',
    find: (subject) => {
      const { node, row } = subject;
      const applies = row.centered && !takesChannelMean(subject) && hasBeta(row) && setting(subject, 'center') === true;
      const layer = applies ? biased(subject) : undefined;
      return layer && found({ norm: node.path }, layer.path);
    },
  },
  {
    ...noted('not-before-output'),
    severity: 'warning',
    reads: 'structure',
    fix: 'Take it away, or put the layer that makes the output after it.',
    find: ({ node, row }) => {
      const end = row.of === 'activations' ? ending(node) : undefined;
      if (end === 'activation') return found({});
      // What ends in a norm is an embedding, or an encoder, whose last norm stands on a sum.
      const stands = row.parametersOver === 'axes' && !COMPUTING.has(before(node)?.kind ?? 'other');
      return end && !stands ? { ...found({ result: 'the norm' }), severity: 'info' } : undefined;
    },
  },
  {
    id: 'double-norm',
    severity: 'warning',
    reads: 'structure',
    why: 'A norm right after a norm does its work again; of the first one only the parameters are left, which the second takes away where it averages over the same.',
    fix: 'Keep one of them.',
    source: 'articles',
    find: (subject) => {
      const { node, row } = subject;
      const last = row.of === 'activations' ? soleBefore(node) : undefined;
      const first = last?.norm ? last : last && inner(last);
      if (!first?.norm) return undefined;
      const twice = isOfActivations(first) || (takesChannelMean(subject) && dividesBySpread(row));
      return twice ? found({ first: first.path }) : undefined;
    },
  },
  {
    id: 'wrong-axis',
    severity: 'warning',
    reads: 'structure',
    why: 'The axis leaves out the channels of the layers beside it: statistics and parameters are of positions, and the model is bound to one image or sequence size.',
    fix: 'Use axis: -1 for channels last, axis: 1 for channels first.',
    source: 'layer',
    find: (subject) => {
      const oriented = subject.row.of === 'activations' ? orientation(subject) : undefined;
      if (!oriented || !misses(subject, oriented.by)) return undefined;
      return found({ axes: axesOf(subject), channels: oriented.channels, by: oriented.by.path });
    },
  },
  {
    ...noted('one-norm'),
    severity: 'info',
    reads: 'structure',
    fix: 'Use the norm that the rest of the network has, unless this part differs in kind.',
    find: ({ node, row, graph }) => {
      const norms = [...graph.norms.values()].reduce((all, n) => all + n, 0);
      const alike = node.norm ? (graph.norms.get(node.norm) ?? 0) : 0;
      const stray = row.of === 'activations' && norms > 2 && 2 * alike < norms;
      return stray ? found({ norm: node.norm, alike, norms }) : undefined;
    },
  },
  {
    id: 'weight-decay-on-norm',
    severity: 'warning',
    reads: 'structure',
    why: 'Weight decay on γ and β does not make the function simpler: it pulls the norm’s scale to 0 while the layers around it make up for it, which only changes the learning rate.',
    fix: 'Leave the regularizer out of norms: it belongs to kernels.',
    source: 'weightDecay',
    find: ({ node }) => {
      const names = ['gammaRegularizer', 'betaRegularizer', 'scaleRegularizer'];
      const decayed = names.filter((name) => decays(option(node.config, name)));
      return decayed.length > 0 ? found({ options: decayed }) : undefined;
    },
  },
];
