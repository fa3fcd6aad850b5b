/** How a model ends after a layer. */
import { inner } from './near.js';
import type { GraphNode } from './node.js';
import { option, word } from './part.js';

const isLinear = (node: GraphNode) => node.className === 'Activation' && activation(node) === 'linear';
const activation = ({ config }: GraphNode) => word(option(config, 'activation'));

/** Activations that stand after an output, and belong to it. */
const OF_OUTPUT: ReadonlySet<string> = new Set(['softmax', 'sigmoid', 'tanh', 'hardsigmoid']);

const activates = (node: GraphNode) =>
  node.kind === 'softmax' || (node.className === 'Activation' && OF_OUTPUT.has(activation(node)));

/** More layers are no ending. */
const LONGEST = 16;

/**
 * What stands between a layer and the results, on every way: the `'activation'` of an output, or `'nothing'` but other shapes;
 * undefined where the model goes on.
 */
export function ending(node: GraphNode): 'activation' | 'nothing' | undefined {
  const passed = new Set([node]);
  for (const at of passed) {
    if (at.to.length === 0 && !at.isOutput) return undefined;
    for (const next of at.to) {
      const ends = [next, inner(next)].some((one) => activates(one) || isLinear(one) || one.kind === 'reshape');
      if (!ends || passed.size > LONGEST) return undefined;
      passed.add(next);
    }
  }
  return [...passed].some((one) => activates(inner(one))) ? 'activation' : 'nothing';
}
