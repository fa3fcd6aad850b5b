/** Where channels lie, by the layers that say so. */
import { normRow } from '../norms.js';
import { axesOf, inner } from './near.js';
import type { GraphNode } from './node.js';
import { option, word } from './part.js';
import type { Subject } from './rule.js';

const isFirst = ({ config }: GraphNode) => word(option(config, 'dataFormat')) === 'channelsfirst';

/** Dimensions of space, with which the names of classes end. */
const spaceOf = ({ className }: GraphNode) => Number(/([123])D/.exec(className)?.[1] ?? 1);

const isSpatial = ({ kind, className }: GraphNode) =>
  kind === 'convolution' || kind === 'pool' || (kind === 'recurrent' && className.startsWith('Conv'));
const SEQUENTIAL: ReadonlySet<string> = new Set(['dense', 'embedding', 'recurrent', 'attention']);

/** The axis that a layer's channels lie on, or undefined where its class does not say. */
function channelAxis(node: GraphNode, rank: number): number | undefined {
  const layer = inner(node);
  // Before the channels stand the batch and, in a sequence of images, the steps: space is counted from the end.
  if (isSpatial(layer)) return isFirst(layer) ? rank - 1 - spaceOf(layer) : rank - 1;
  return SEQUENTIAL.has(layer.kind) ? rank - 1 : undefined;
}

const KEEPING: ReadonlySet<string> = new Set(['activation', 'softmax', 'dropout', 'merge', 'masking']);
const RESIZING = /^(ZeroPadding|Cropping|UpSampling)[123]D$/;

/** Leaves the channels where they are. */
function keeps(node: GraphNode): boolean {
  const isNorm = node.norm !== undefined && normRow(node.norm).of === 'activations';
  return (KEEPING.has(node.kind) && node.className !== 'Concatenate') || isNorm || RESIZING.test(node.className);
}

const FAR = 16;

function walk(node: GraphNode, side: 'from' | 'to'): GraphNode | undefined {
  let at = node[side][0];
  for (let step = 0; at && keeps(at) && step < FAR; step++) at = at[side][0];
  return at;
}

/** The axis of a norm's channels, with the layer that says so: the one before, or else the one that follows. */
export function orientation({ node }: Subject): { channels: number; by: GraphNode } | undefined {
  const rank = node.input?.length;
  if (rank === undefined) return undefined;
  for (const side of ['from', 'to'] as const) {
    const by = walk(node, side);
    const channels = by && channelAxis(by, rank);
    // What stands in a wrapper sees other shapes than what stands beside it.
    if (by && channels !== undefined && by.holder === node.holder) return { channels, by };
  }
  return undefined;
}

/** Whether a norm's statistics and parameters are of something else than the channels of a layer. */
export function misses(subject: Subject, layer: GraphNode): boolean {
  const axes = axesOf(subject);
  const channels = axes && channelAxis(layer, subject.node.input?.length ?? 0);
  return channels !== undefined && !axes?.includes(channels);
}
