/** Questions about a norm and its neighbours, that several rules ask. */
import { averages } from '../guide/cost.js';
import { statisticsBatchOf } from '../guide/recommend.js';
import type { NormRow } from '../norms.js';
import { classMap } from '../serialization/registry.js';
import type { GraphNode } from './node.js';
import { numberOf, option, word } from './part.js';
import type { Subject } from './rule.js';
import { isStockClass } from './stock.js';

/** An option of the norm, or the default of its row. */
export const setting = ({ node, row }: Subject, name: string): unknown =>
  option(node.config, name) ?? row.defaults[name];

export const epsilonOf = (subject: Subject): number => numberOf(setting(subject, 'epsilon')) ?? 0;

/** Axes as the norm has them, counted from the front. */
export function axesOf(subject: Subject): number[] | undefined {
  const rank = subject.node.input?.length;
  if (rank === undefined) return undefined;
  const axes = [setting(subject, 'axis')].flat().map((axis) => numberOf(axis) ?? -1);
  return axes.map((axis) => (axis < 0 ? axis + rank : axis));
}

export function channelsOf(subject: Subject): number | undefined {
  const [axis] = axesOf(subject) ?? [];
  const size = axis === undefined ? null : subject.node.input?.[axis];
  return typeof size === 'number' ? size : undefined;
}

/** What it averages over: of a mixture, the statistics it was given. */
export function averagesOf(subject: Subject): NormRow['averagesOver'] {
  const statistics = setting(subject, 'statistics');
  return averages(subject.row, Array.isArray(statistics) ? { statistics } : {});
}

/** Takes statistics of a batch in training. */
export const takesBatch = (subject: Subject): boolean => averagesOf(subject).some((list) => list.includes('batch'));

/** Its sets are of one channel each. */
export const isOfChannels = (subject: Subject): boolean =>
  averagesOf(subject).every((list) => list.every((dimension) => dimension === 'batch' || dimension === 'space'));

/** Keeps moving statistics. */
export const hasMemory = (subject: Subject): boolean => subject.row.memory && takesBatch(subject);

export const learnsStatistics = (subject: Subject): boolean =>
  takesBatch(subject) && !subject.node.frozen && option(subject.node.config, 'training') !== false;

export const statisticsBatch = ({ facts }: Subject): number | undefined => numberOf(statisticsBatchOf(facts));

/** The class that a file with this name would load as. */
export function registered(className: string): unknown {
  const map = classMap();
  return Object.hasOwn(map, className) ? map[className]?.[0] : undefined;
}

/** Whether the host's own layer computes this: the one in memory, or the one that a file would load as. */
export function isStock({ node, row }: Subject): boolean {
  const { className, layer } = node;
  const cls = layer ? layer.constructor : registered(className);
  return cls === undefined ? row.stockClassName === className : isStockClass(row, className, cls);
}

/** Passes values on as they are, in inference at least. */
export const passes = ({ kind, config, className }: GraphNode): boolean =>
  kind === 'dropout' ||
  className === 'GaussianNoise' ||
  (kind === 'activation' && className === 'Activation' && word(option(config, 'activation')) === 'linear');

const LONGEST = 64;

/** The layer before, past those that pass values on; undefined where several are read, or one is not wanted. */
export function before(node: GraphNode, wanted = (_: GraphNode) => true): GraphNode | undefined {
  let at: GraphNode | undefined = node;
  for (let step = 0; step < LONGEST; step++) {
    if (at?.from.length !== 1) return undefined;
    at = at.from[0];
    if (!at || !wanted(at)) return undefined;
    if (!passes(at)) return at;
  }
  return undefined;
}

/** The layer before, where nothing else reads what it gives, the caller included. */
export const soleBefore = (node: GraphNode): GraphNode | undefined =>
  before(node, ({ to, isOutput }) => to.length === 1 && !isOutput);

/** The first layer upstream, on any way, that is wanted; a way ends where `stop` says. */
export function upstream(
  node: GraphNode,
  wanted: (node: GraphNode) => boolean,
  stop: (node: GraphNode) => boolean,
): GraphNode | undefined {
  const seen = new Set<GraphNode>();
  const open = [...node.from];
  while (open.length > 0 && seen.size < LONGEST) {
    const at = open.shift() as GraphNode;
    if (seen.has(at)) continue;
    seen.add(at);
    if (wanted(at)) return at;
    if (!stop(at)) for (const each of at.from) open.push(each); // a merge may read more layers than a call takes arguments
  }
  return undefined;
}

export { inner } from './node.js';
