/** What a model's layers tell: one function a fact. */
import type { FactName, Facts } from '../guide/facts.js';
import { normRow } from '../norms.js';
import { architecture } from './architecture.js';
import type { Graph } from './graph.js';
import type { Kind } from './kinds.js';
import type { GraphNode } from './node.js';
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

/** What norms stand on; where there is none, what the layers of the architecture give, but for the result. */
function normalized(graph: Graph, so: Sightings): { shapes: Shape[]; nodes: GraphNode[]; what: string } {
  const kinds = MAIN[(so.architecture as Sighting).value as Facts['architecture']];
  const norms = graph.nodes.filter((node) => node.norm && normRow(node.norm).of === 'activations');
  const main = graph.nodes.filter(({ kind, isOutput, holder }) => kinds.has(kind) && !isOutput && !holder);
  const picked = norms.length > 0 ? norms : main;
  const nodes = picked.filter((node) => (norms.length > 0 ? node.input : node.output)?.length);
  const shapes = nodes.map((node) => (norms.length > 0 ? node.input : node.output) as Shape);
  return { shapes, nodes, what: norms.length > 0 ? 'what its norms stand on' : 'what its layers give' };
}

/** The value most have; undefined without any. */
function usual<T>(values: readonly T[]): T | undefined {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}

const rank: Find = (graph, so) => {
  const { shapes, nodes, what } = normalized(graph, so);
  const found = usual(shapes.map(({ length }) => length).filter((n) => n >= 2 && n <= 6));
  if (found === undefined) return undefined;
  const where = nodes.filter((_, i) => shapes[i]?.length === found);
  return seen(found, `the rank of ${what}`, where);
};

const axisOf = ({ config }: GraphNode, { length }: Shape) => {
  const axis = numberOf([option(config, 'axis') ?? -1].flat()[0]) ?? -1;
  return word(option(config, 'dataFormat')) === 'channelsfirst' ? 1 : axis < 0 ? axis + length : axis;
};

/** One number only where all agree: `groups` chosen for one layer need not fit the next. */
const channels: Find = (graph, so) => {
  const { shapes, nodes, what } = normalized(graph, so);
  const where = nodes.filter((_, i) => shapes[i]?.length === so.rank?.value);
  const sizes = where.map((node) => {
    const shape = shapes[nodes.indexOf(node)] as Shape;
    return shape[axisOf(node, shape)];
  });
  const [size] = sizes;
  if (typeof size !== 'number' || size < 1 || sizes.some((other) => other !== size)) return undefined;
  return seen(size, `the channels of ${what}`, where);
};

const OF_SEQUENCES: ReadonlySet<unknown> = new Set(['rnn', 'transformer']);

const variableLength: Find = (graph, so) => {
  const masks = graph.nodes.filter(({ kind, config }) => kind === 'masking' || option(config, 'maskZero') === true);
  if (masks.length > 0) return seen(true, 'steps are masked', masks);
  if (!OF_SEQUENCES.has(so.architecture?.value)) return undefined;
  const open = graph.inputs.filter((node) => given(node)?.[1] === null);
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

/** In this order: a later one may ask an earlier one. */
const FINDERS: readonly (readonly [FactName, Find])[] = [
  ['architecture', architecture],
  ['batchSize', batchSize],
  ['rank', rank],
  ['channels', channels],
  ['variableLength', variableLength],
  ['mixedPrecision', mixedPrecision],
  ['pretrained', pretrained],
];

/** Every fact that a model shows, with where. */
export function sightingsIn(graph: Graph): Sightings {
  const so: Partial<Record<FactName, Sighting>> = {};
  for (const [name, find] of FINDERS) {
    const found = find(graph, so);
    if (found) so[name] = found;
  }
  return so;
}

/** Internal: the facts that can be seen. */
export const sightingNames: readonly FactName[] = FINDERS.map(([name]) => name);
