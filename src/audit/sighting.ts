import type { FactName } from '../guide/facts.js';
import type { Graph } from './graph.js';
import type { Kind } from './kinds.js';
import type { GraphNode } from './node.js';
import type { Shape } from './part.js';

/** A fact, by what it was told, and where. */
export interface Sighting {
  readonly value: unknown;
  readonly why: string;
  /** Paths of layers. */
  readonly where: readonly string[];
}

export type Sightings = Readonly<Partial<Record<FactName, Sighting>>>;

/** Finds one fact, given those before it. */
export type Find = (graph: Graph, so: Sightings) => Sighting | undefined;

const paths = (nodes: readonly GraphNode[]) => nodes.map(({ path }) => path);
export const ofKind = ({ nodes }: Graph, kind: Kind) => nodes.filter((node) => node.kind === kind);
export const seen = (value: unknown, why: string, nodes: readonly GraphNode[]): Sighting => ({
  value,
  why,
  where: paths(nodes),
});

/** What the first layer of a model is given. */
export const given = ({ input, output }: GraphNode): Shape | undefined => input ?? output;
