/** A model as a graph of layers: what stands before and after each, with shapes. Models inside it are taken apart. */
import { type NormId, normRow } from '../norms.js';
import { collect } from './collect.js';
import { standing } from './container.js';
import { infer, place } from './infer.js';
import { link } from './link.js';
import type { GraphNode } from './node.js';
import { option, type Part } from './part.js';

export interface Graph {
  /** Every layer but models, in order; what a wrapper holds follows it. */
  readonly nodes: readonly GraphNode[];
  readonly inputs: readonly GraphNode[];
  /** How often it has each norm of activations. */
  readonly norms: ReadonlyMap<NormId, number>;
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
  const frozen = option(model.config, 'trainable') === false;
  const top = collect(model, { prefix: '', holder: undefined, frozen }, nodes);
  link(top, []);
  for (const tensor of top.ends) if (tensor) tensor.node.isOutput = true;
  const own = standing(top);
  infer(own);
  for (const node of own) place(node);
  return { nodes, inputs: own.filter(({ from }) => from.length === 0), norms: normsAmong(nodes) };
}
