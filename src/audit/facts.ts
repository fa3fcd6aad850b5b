/** What a model's layers tell: one function a fact. */

import { conflictOf } from '../guide/check.js';
import type { FactName, Facts } from '../guide/facts.js';
import { normRow } from '../norms.js';
import { architectures } from './architecture.js';
import type { Graph } from './graph.js';
import type { Kind } from './kinds.js';
import { type GraphNode, inner } from './node.js';
import { isRecord, numberOf, option, type Shape, word } from './part.js';
import { type Find, given, type Sighting, type Sightings, seen } from './sighting.js';

const batchSize: Find = ({ inputs }) => {
  const fixed = inputs.filter((node) => (given(node)?.[0] ?? 0) > 0);
  const sizes = new Set(fixed.map((node) => given(node)?.[0]));
  if (sizes.size !== 1) return undefined;
  return seen([...sizes][0], 'the batch size of the inputs is fixed', fixed);
};

/** Layers whose kind an architecture is known by. */
const MAIN: Readonly<Record<Facts['architecture'], ReadonlySet<Kind>>> = {
  cnn: new Set(['convolution']),
  feedForward: new Set(['dense']),
  rnn: new Set(['recurrent']),
  transformer: new Set(['attention', 'dense', 'embedding']),
  visionTransformer: new Set(['attention', 'dense']),
};

/** A layer, and the shape that a norm of it is or would be of. */
interface Normalized {
  readonly node: GraphNode;
  readonly shape: Shape;
}

/** What norms stand on; where there is none, what the layers of the architecture give, but for the result. */
function normalized(graph: Graph, so: Sightings): { all: Normalized[]; what: string } {
  const kinds = MAIN[(so.architecture as Sighting).value as Facts['architecture']];
  const norms = graph.nodes.filter((node) => node.norm && normRow(node.norm).of === 'activations');
  const held = new Set(graph.nodes.flatMap((node) => node.held)); // their wrappers count
  const main = graph.nodes.filter((node) => !held.has(node) && kinds.has(inner(node).kind) && !node.isOutput);
  const shaped = (nodes: readonly GraphNode[], side: 'input' | 'output') =>
    nodes.map((node) => ({ node, shape: node[side] as Shape })).filter(({ shape }) => shape?.length);
  return norms.length > 0
    ? { all: shaped(norms, 'input'), what: 'what its norms stand on' }
    : { all: shaped(main, 'output'), what: 'what its layers give' };
}

/** The value most have; undefined without any. */
function usual<T>(values: readonly T[]): T | undefined {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}

const rank: Find = (graph, so) => {
  const { all, what } = normalized(graph, so);
  const found = usual(all.map(({ shape }) => shape.length).filter((n) => n >= 2 && n <= 6));
  if (found === undefined) return undefined;
  const where = all.filter(({ shape }) => shape.length === found);
  return seen(found, `the rank of ${what}`, nodesOf(where));
};

const nodesOf = (all: readonly Normalized[]) => all.map(({ node }) => node);

const channelsOf = ({ node, shape }: Normalized) => {
  const { config } = inner(node);
  const axis = numberOf([option(config, 'axis') ?? -1].flat()[0]) ?? -1;
  const isFirst = word(option(config, 'dataFormat')) === 'channelsfirst';
  return shape[isFirst ? 1 : axis < 0 ? axis + shape.length : axis];
};

/** One number only where all agree: `groups` chosen for one layer need not fit the next. */
const channels: Find = (graph, so) => {
  const { all, what } = normalized(graph, so);
  const where = all.filter(({ shape }) => shape.length === so.rank?.value);
  const sizes = new Set(where.map(channelsOf));
  const [size] = sizes;
  if (typeof size !== 'number' || size < 1 || sizes.size > 1) return undefined;
  return seen(size, `the channels of ${what}`, nodesOf(where));
};

const OF_SEQUENCES: ReadonlySet<unknown> = new Set(['rnn', 'transformer']);

const isEmbedding = ({ className }: GraphNode) => /embedding/i.test(className);

/** Reads sequences: of vectors, or of words that are looked up soon. */
const readsSequence = (node: GraphNode) => {
  const rank = given(node)?.length;
  return rank === 3 || (rank === 2 && [node, ...node.to, ...node.to.flatMap(({ to }) => to)].some(isEmbedding));
};

const variableLength: Find = (graph, so) => {
  const masks = graph.nodes.filter(({ kind, config }) => kind === 'masking' || option(config, 'maskZero') === true);
  if (masks.length > 0) return seen(true, 'steps are masked', masks);
  if (!OF_SEQUENCES.has(so.architecture?.value)) return undefined;
  const open = graph.inputs.filter((node) => given(node)?.[1] === null && readsSequence(node));
  return open.length > 0 ? seen(true, 'the length of the input is open', open) : undefined;
};

const HALF = /float16/;

const mixedPrecision: Find = ({ nodes }) => {
  const half = nodes.filter(({ config }) => {
    const dtype = option(config, 'dtype');
    const policy = isRecord(dtype) && isRecord(dtype.config) ? dtype.config.name : dtype;
    return typeof policy === 'string' && HALF.test(policy);
  });
  return half.length > 0 ? seen(true, 'layers compute in half precision', half) : undefined;
};

const pretrained: Find = ({ nodes }) => {
  const norms = nodes.filter(({ norm }) => norm !== undefined);
  const found = usual(norms.map(({ norm }) => norm));
  if (found === undefined) return undefined;
  return seen(
    found,
    'the norm it has',
    norms.filter(({ norm }) => norm === found),
  );
};

/** The kind of network; of those it is in part, one that agrees with what is said of it. */
function architecture(graph: Graph, hints: Partial<Facts>): Sighting | undefined {
  const all = architectures(graph);
  const agrees = ({ value }: Sighting) => !conflictOf({ ...hints, architecture: value } as Facts);
  return all.find(agrees) ?? all[0];
}

/** In this order: a later one may ask an earlier one. */
const FINDERS: readonly (readonly [FactName, Find])[] = [
  ['batchSize', batchSize],
  ['rank', rank],
  ['channels', channels],
  ['variableLength', variableLength],
  ['mixedPrecision', mixedPrecision],
  ['pretrained', pretrained],
];

/** Every fact that a model shows, with where. `hints` are known otherwise. */
export function sightingsIn(graph: Graph, hints: Partial<Facts>): Sightings {
  const so: Partial<Record<FactName, Sighting>> = { architecture: architecture(graph, hints) };
  for (const [name, find] of FINDERS) {
    const found = find(graph, so);
    if (found) so[name] = found;
  }
  return so;
}

/** Internal: the facts that can be seen. */
export const sightingNames: readonly FactName[] = ['architecture', ...FINDERS.map(([name]) => name)];
