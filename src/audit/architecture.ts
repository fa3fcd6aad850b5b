import { attentionIn } from './attention.js';
import type { GraphNode } from './node.js';
import { numberOf, option, type Shape } from './part.js';
import { type Find, given, ofKind, seen } from './sighting.js';

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

const isImage = (shape: Shape | undefined) => shape?.length === 4;

/** The kind of network, by the layers it has most of. */
export const architecture: Find = (graph) => {
  const attention = attentionIn(graph.nodes);
  const convolutions = ofKind(graph, 'convolution').filter((node) => looksAround(node) && !isPatching(node));
  const recurrent = ofKind(graph, 'recurrent');
  if (attention.length > 0 && convolutions.length <= 2 * attention.length && recurrent.length <= attention.length) {
    return graph.inputs.some((node) => isImage(given(node)))
      ? seen('visionTransformer', 'attention, on an image', attention)
      : seen('transformer', 'attention', attention);
  }
  if (recurrent.length > 0 && recurrent.length >= convolutions.length) {
    return seen('rnn', 'recurrent layers', recurrent);
  }
  const all = ofKind(graph, 'convolution');
  if (all.length > 0) return seen('cnn', 'convolutions', all);
  const dense = ofKind(graph, 'dense');
  return seen('feedForward', dense.length > 0 ? 'dense layers only' : 'no layer that tells more', dense);
};
