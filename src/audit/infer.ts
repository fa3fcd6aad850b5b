/** Shapes where a file does not tell them, and the place of what stands in wrappers. */

import type { Kind } from './kinds.js';
import type { GraphNode, Result } from './node.js';
import { inOrder } from './order.js';
import { type Config, option, type Shape, shapeOf } from './part.js';
import { outputShape } from './shapes.js';

const declared = (config: Config): Shape | undefined =>
  shapeOf(option(config, 'batchInputShape')) ?? shapeOf(option(config, 'batchShape'));

/** Layers that are not listed and change no shape: norms, and the host's own of these kinds. */
const KEEPING: ReadonlySet<Kind> = new Set(['activation', 'softmax', 'dropout', 'masking', 'input']);
const ALSO_KEEPING = /^(GaussianNoise|Rescaling|ActivityRegularization|Identity)$/;

/** Finds the shapes of layers, from those that nothing stands before onwards. */
export function infer(nodes: readonly GraphNode[]): void {
  for (const node of inOrder(nodes)) inferOne(node);
}

/** Only of the first result is the shape kept. */
const shapeFrom = (result: Result | undefined) => (result?.at === 0 ? result.node.output : undefined);

function inferOne(node: GraphNode): void {
  const [first, ...others] = node.sources.map(shapeFrom);
  node.input ??= first ?? declared(node.config);
  if (node.kind !== 'wrapper' && node.inside) infer(node.inside.nodes);
  // What a wrapper holds needs shapes also where its own is known.
  const found = node.kind === 'wrapper' ? throughWrapper(node) : undefined;
  node.output ??= found ?? ownOutput(node, [node.input, ...others]);
}

function ownOutput(node: GraphNode, inputs: readonly (Shape | undefined)[]): Shape | undefined {
  const keeps = KEEPING.has(node.kind) || node.norm !== undefined || ALSO_KEEPING.test(node.className);
  return outputShape(node.className, node.config, inputs, keeps);
}

/** What a wrapper's layers, or its model, give of an input. */
function within({ held, inside }: GraphNode, input: Shape | undefined): Shape | undefined {
  for (const inner of held) {
    inner.input ??= input;
    inferOne(inner);
  }
  if (!inside) return held[0]?.output;
  if (inside.start) inside.start.input ??= input;
  infer(inside.nodes);
  return inside.end?.output;
}

/** TimeDistributed shows its layer one step, Bidirectional puts two results together. */
function throughWrapper(node: GraphNode): Shape | undefined {
  const [batch = null, time = null, ...rest] = node.input ?? [];
  const steps = node.className === 'TimeDistributed';
  const output = within(node, steps && node.input ? [batch, ...rest] : node.input);
  if (!output || !node.input) return undefined;
  if (steps) return shapeOf([batch, time, ...output.slice(1)]);
  const mode = option(node.config, 'mergeMode');
  const joins = node.className === 'Bidirectional' && (mode === undefined || mode === 'concat');
  return joins ? shapeOf(output.map((n, i) => (i === output.length - 1 && n !== null ? n * 2 : n))) : output;
}

/** What stands in a wrapper stands where the wrapper does. */
export function place(node: GraphNode): void {
  const { inside } = node;
  if (node.kind === 'wrapper') {
    for (const inner of node.held) stand(node, inner, inner);
    stand(node, inside?.start, inside?.end);
    for (const inner of node.held) place(inner);
  }
  for (const inner of inside?.nodes ?? []) place(inner);
}

/** Puts what begins with `start` and finishes with `end` between what stands before and after a wrapper. */
function stand(wrapper: GraphNode, start: GraphNode | undefined, end: GraphNode | undefined): void {
  for (const before of wrapper.from) start?.from.push(before);
  for (const after of wrapper.to) end?.to.push(after);
  if (end) end.isOutput = wrapper.isOutput;
}
