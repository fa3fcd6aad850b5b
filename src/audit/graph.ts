/** A model as a graph of layers: what stands before and after each, with shapes. Models inside it are taken apart. */
import { type NormId, normRow } from '../norms.js';
import { infer, place } from './infer.js';
import { type GraphNode, nodeOf } from './node.js';
import { option, type Part } from './part.js';

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
