/** Shapes where a file does not tell them, and the place of what stands in wrappers. */

import type { Kind } from './kinds.js';
import type { GraphNode } from './node.js';
import { type Config, option, type Shape, shapeOf } from './part.js';
import { outputShape } from './shapes.js';

const declared = (config: Config): Shape | undefined =>
  shapeOf(option(config, 'batchInputShape')) ?? shapeOf(option(config, 'batchShape'));

/** Layers that are not listed and change no shape: norms, and the host's own of these kinds. */
const KEEPING: ReadonlySet<Kind> = new Set(['activation', 'softmax', 'dropout', 'masking', 'input']);
const ALSO_KEEPING = /^(GaussianNoise|Rescaling|ActivityRegularization|Identity)$/;

/** Finds the shapes of a layer whose producers have theirs. */
export function infer(node: GraphNode): void {
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
export function place(node: GraphNode): void {
  if (node.kind !== 'wrapper') return;
  for (const inner of node.held) {
    inner.input ??= node.input;
    inner.isOutput = node.isOutput;
    inner.from.push(...node.from);
    inner.to.push(...node.to);
    place(inner);
  }
}
