/** Finds attention, also where it is put together of plain layers: a softmax between two products. */
import type { GraphNode } from './node.js';
import { option, word } from './part.js';

/** Layers between a product and its softmax: scaling, masking, reshaping. */
const FAR = 4;
/** Ways that are followed. */
const WIDE = 32;

const isSoftmax = ({ kind, config }: GraphNode) =>
  kind === 'softmax' || (kind === 'activation' && word(option(config, 'activation')) === 'softmax');

/** Whether a product of two tensors is within a few layers, in a direction. */
function nearProduct(from: GraphNode, side: 'from' | 'to'): boolean {
  let nodes: readonly GraphNode[] = [from];
  for (let step = 0; step < FAR; step++) {
    nodes = nodes.flatMap((node) => node[side].slice(0, WIDE)).slice(0, WIDE);
    if (nodes.some(({ kind }) => kind === 'dot')) return true;
  }
  return false;
}

/** The layers that are attention, or its softmax. */
export function attentionIn(nodes: readonly GraphNode[]): GraphNode[] {
  return nodes.filter(
    (node) => node.kind === 'attention' || (isSoftmax(node) && nearProduct(node, 'from') && nearProduct(node, 'to')),
  );
}
