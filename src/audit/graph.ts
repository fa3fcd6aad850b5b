/** A model as a graph of layers: what stands before and after each, with shapes. Models inside it are taken apart. */
import type { layers } from '@tensorflow/tfjs-layers';
import { normalizationNamed } from '../layers/known.js';
import { isFrozen } from '../layers/memory.js';
import { type NormId, normRow } from '../norms.js';
import { type Kind, kindNamed } from './kinds.js';
import { type Config, option, type Part, type Shape, shapeOf } from './part.js';
import { outputShape } from './shapes.js';

export interface GraphNode {
  readonly path: string;
  readonly name: string;
  readonly className: string;
  readonly kind: Kind;
  readonly config: Config;
  readonly layer: layers.Layer | undefined;
  /** The wrapper or recurrent layer that holds it, or the model. */
  readonly holder: GraphNode | undefined;
  readonly frozen: boolean;
  /** The norm it is. */
  readonly norm: NormId | undefined;
  /** What a wrapper holds. */
  readonly held: GraphNode[];
  readonly from: GraphNode[];
  readonly to: GraphNode[];
  input: Shape | undefined;
  output: Shape | undefined;
  /** Whether the model gives its result. */
  isOutput: boolean;
}

export interface Graph {
  /** Every layer but models, in order; what a wrapper holds follows it. */
  readonly nodes: readonly GraphNode[];
  readonly inputs: readonly GraphNode[];
  /** How often it has each norm of activations. */
  readonly norms: ReadonlyMap<NormId, number>;
}

/** A model within: what reads it reads its ends. */
interface Container {
  readonly part: Part;
  readonly byName: Map<string, GraphNode | Container>;
  readonly order: (GraphNode | Container)[];
}

const isContainer = (entry: GraphNode | Container): entry is Container => 'order' in entry;

function nodeOf(part: Part, path: string, holder: GraphNode | undefined, frozen: boolean): GraphNode {
  const { name, className, config, layer } = part;
  return {
    path,
    name,
    className,
    kind: kindNamed(className),
    config,
    layer,
    holder,
    frozen: frozen || option(config, 'trainable') === false || (layer !== undefined && isFrozen(layer)),
    norm: normalizationNamed(className),
    held: [],
    from: [],
    to: [],
    input: part.calls[0]?.input,
    output: part.calls[0]?.output,
    isOutput: false,
  };
}

/** Makes the nodes of a model, those of models and wrappers inside it included. */
function collect(part: Part, prefix: string, frozen: boolean, all: GraphNode[]): Container {
  const container: Container = { part, byName: new Map(), order: [] };
  const enter = (inner: Part, path: string, holder: GraphNode | undefined, isFixed: boolean): GraphNode => {
    const node = nodeOf(inner, path, holder, isFixed);
    all.push(node);
    for (const held of inner.held ?? []) node.held.push(enter(held, `${path}/${held.name}`, node, node.frozen));
    return node;
  };
  for (const inner of part.parts ?? []) {
    const path = `${prefix}${inner.name}`;
    const isFixed = frozen || option(inner.config, 'trainable') === false;
    const entry = inner.parts ? collect(inner, `${path}/`, isFixed, all) : enter(inner, path, undefined, frozen);
    container.order.push(entry);
    if (!container.byName.has(inner.name)) container.byName.set(inner.name, entry);
  }
  return container;
}

const isChain = ({ part }: Container) => part.className === 'Sequential' || !part.starts?.length;

/** The layers that give what a model gives. */
function endsOf(entry: GraphNode | Container): GraphNode[] {
  if (!isContainer(entry)) return [entry];
  const { part, byName, order } = entry;
  const named = isChain(entry) ? [] : (part.ends ?? []).flatMap((name) => byName.get(name) ?? []);
  const last = order[order.length - 1];
  return (named.length > 0 ? named : last ? [last] : []).flatMap(endsOf);
}

const partOf = (entry: GraphNode | Container, parts: ReadonlyMap<GraphNode, Part>): Part =>
  isContainer(entry) ? entry.part : (parts.get(entry) as Part);

function connect(from: readonly GraphNode[], node: GraphNode): void {
  for (const before of from) {
    if (node.from.includes(before)) continue;
    node.from.push(before);
    before.to.push(node);
  }
}

/** Links a model's layers; `feeding` is what its inputs read. */
function link(container: Container, feeding: readonly GraphNode[][], parts: ReadonlyMap<GraphNode, Part>): void {
  const { order, byName, part } = container;
  const starts = part.starts ?? [];
  order.forEach((entry, i) => {
    const before = order[i - 1];
    const given = partOf(entry, parts);
    const names = [...new Set(given.calls.flatMap(({ from }) => from))];
    const sources = isChain(container)
      ? [before ? endsOf(before) : feeding.flat()]
      : names.map((name) => {
          const source = byName.get(name);
          return source ? endsOf(source) : [];
        });
    const start = starts.indexOf(given.name);
    const entering = start >= 0 && sources.flat().length === 0 ? [feeding[start] ?? []] : sources;
    if (isContainer(entry)) link(entry, entering, parts);
    else connect(entering.flat(), entry);
  });
}

const declared = (config: Config): Shape | undefined =>
  shapeOf(option(config, 'batchInputShape')) ?? shapeOf(option(config, 'batchShape'));

/** Layers that are not listed and change no shape: norms, and the host's own of these kinds. */
const KEEPING: ReadonlySet<Kind> = new Set(['activation', 'softmax', 'dropout', 'masking', 'input']);
const ALSO_KEEPING = /^(GaussianNoise|Rescaling|ActivityRegularization|Identity)$/;

function infer(node: GraphNode): void {
  const inputs = node.from.map(({ output }) => output);
  node.input ??= inputs[0] ?? declared(node.config);
  const [inner] = node.held;
  if (!node.input || (node.output && inner?.output)) return;
  const known = inputs.every((shape) => shape !== undefined) && inputs.length > 0 ? (inputs as Shape[]) : [node.input];
  const wraps = node.kind === 'wrapper' && inner !== undefined;
  const found = wraps ? wrapped(node, inner) : ownOutput(node, known);
  node.output ??= found;
}

function ownOutput(node: GraphNode, inputs: readonly Shape[]): Shape | undefined {
  const keeps = KEEPING.has(node.kind) || node.norm !== undefined || ALSO_KEEPING.test(node.className);
  return outputShape(node.className, node.config, inputs, keeps);
}

/** Of a wrapper: TimeDistributed shows its layer one step, Bidirectional puts two results together. */
function wrapped(node: GraphNode, inner: GraphNode): Shape | undefined {
  const [batch = null, time = null, ...rest] = node.input as Shape;
  const steps = node.className === 'TimeDistributed';
  inner.input ??= steps ? [batch, ...rest] : (node.input as Shape);
  inner.output ??= ownOutput(inner, [inner.input]);
  if (!inner.output) return undefined;
  if (steps) return [batch, time, ...inner.output.slice(1)];
  const both = node.className === 'Bidirectional' && (option(node.config, 'mergeMode') ?? 'concat') === 'concat';
  return both
    ? inner.output.map((size, i, all) => (i === all.length - 1 && size !== null ? size * 2 : size))
    : inner.output;
}

/** What stands in a wrapper stands where the wrapper does. */
function place(node: GraphNode): void {
  if (node.kind !== 'wrapper') return;
  for (const inner of node.held) {
    inner.input ??= node.input;
    inner.isOutput = node.isOutput;
    inner.from.push(...node.from);
    inner.to.push(...node.to);
    place(inner);
  }
}

function partsByNode(container: Container, found = new Map<GraphNode, Part>()): Map<GraphNode, Part> {
  const parts = container.part.parts ?? [];
  container.order.forEach((entry, i) => {
    if (isContainer(entry)) partsByNode(entry, found);
    else found.set(entry, parts[i] as Part);
  });
  return found;
}

function normsAmong(nodes: readonly GraphNode[]): Map<NormId, number> {
  const counts = new Map<NormId, number>();
  for (const { norm } of nodes) {
    if (norm && normRow(norm).of === 'activations') counts.set(norm, (counts.get(norm) ?? 0) + 1);
  }
  return counts;
}

export function graphOf(model: Part): Graph {
  const nodes: GraphNode[] = [];
  const top = collect(model, '', option(model.config, 'trainable') === false, nodes);
  link(top, [], partsByNode(top));
  for (const node of endsOf(top)) node.isOutput = true;
  const standing = nodes.filter(({ holder }) => holder === undefined);
  // A file need not list layers in the order they compute: what a first sweep lacks, a second one has.
  for (let sweep = 0; sweep < 2; sweep++) for (const node of standing) infer(node);
  for (const node of standing) place(node);
  return { nodes, inputs: standing.filter(({ from }) => from.length === 0), norms: normsAmong(nodes) };
}
