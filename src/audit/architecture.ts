import { attentionIn } from './attention.js';
import type { Graph } from './graph.js';
import type { GraphNode } from './node.js';
import { numberOf, option, type Shape } from './part.js';
import { given, ofKind, type Sighting, seen } from './sighting.js';

/** A kernel of one position mixes channels only: attention and dense networks have such convolutions too. */
const looksAround = ({ config }: GraphNode) =>
  [option(config, 'kernelSize')].flat().some((n) => (numberOf(n) ?? 1) > 1);

/** Cuts an image into patches: windows that do not overlap. */
const isPatching = ({ config }: GraphNode) => {
  const sizes = [option(config, 'kernelSize'), option(config, 'strides')].map(
    (value) => numberOf([value].flat()[0]) ?? 1,
  );
  return (sizes[0] as number) > 1 && (sizes[1] as number) >= (sizes[0] as number);
};

/** An image, or a sequence of them. */
const isImage = (shape: Shape | undefined) => shape?.length === 4 || shape?.length === 5;

/** Attention: on images or sequences, what is read tells; but it may be said to be of the other. */
function transformers(graph: Graph, attention: readonly GraphNode[]): Sighting[] {
  const vision = seen('visionTransformer', 'attention, on an image', attention);
  const others = seen('transformer', 'attention', attention);
  return graph.inputs.some((node) => isImage(given(node))) ? [vision, others] : [others];
}

/** A Bidirectional is one layer, though it runs two. */
const isFirstWay = (node: GraphNode) => node.holder?.className !== 'Bidirectional' || node.holder.held[0] === node;

/** The kinds of network that it is in part, by the layers it has most of. The first it is as a whole. */
export function architectures(graph: Graph): Sighting[] {
  const attention = attentionIn(graph.nodes);
  const all = ofKind(graph, 'convolution');
  const convolutions = all.filter((node) => looksAround(node) && !isPatching(node));
  const recurrent = ofKind(graph, 'recurrent').filter(isFirstWay);
  const dense = ofKind(graph, 'dense');
  const attends = attention.length > 0 ? transformers(graph, attention) : [];
  const recurs = recurrent.length > 0 ? [seen('rnn', 'recurrent layers', recurrent)] : [];
  const convolves = all.length > 0 ? [seen('cnn', 'convolutions', all)] : [];
  const plain = seen('feedForward', dense.length > 0 ? 'dense layers only' : 'no layer that tells more', dense);
  const mostlyAttends = convolutions.length <= 2 * attention.length && recurrent.length < attention.length;
  const mostlyRecurs = recurrent.length >= convolutions.length;
  return [
    ...(mostlyAttends ? attends : []),
    ...(mostlyRecurs ? recurs : []),
    ...convolves,
    ...(mostlyRecurs ? [] : recurs),
    ...(mostlyAttends ? [] : attends),
    plain,
  ];
}
