import type { GraphNode } from './node.js';

/** Layers in an order in which each follows what it reads, which a file need not list them in. Cycles are cut. */
export function inOrder(nodes: readonly GraphNode[]): GraphNode[] {
  const ordered: GraphNode[] = [];
  const met = new Set<GraphNode>();
  // Without recursion: a model may be thousands of layers deep.
  const open: { node: GraphNode; next: number }[] = [];
  const meet = (node: GraphNode) => {
    if (met.has(node)) return;
    met.add(node);
    open.push({ node, next: 0 });
  };
  for (const node of nodes) {
    meet(node);
    for (let top = open[open.length - 1]; top; top = open[open.length - 1]) {
      const before = top.node.from[top.next++];
      if (before) meet(before);
      else ordered.push((open.pop() as typeof top).node);
    }
  }
  return ordered;
}
