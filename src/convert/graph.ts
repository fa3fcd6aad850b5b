import type { layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { layersWithin } from '../layers/within.js';

export type Layer = layers.Layer;
export type Shape = (number | null)[];
export type Node = Layer['inboundNodes'][number];

/** A model, also as a layer of another one. */
export interface Container extends Layer {
  readonly layers: Layer[];
  readonly inputs: SymbolicTensor[];
  readonly outputs: SymbolicTensor[];
}

export function isContainer(layer: Layer): layer is Container {
  const { layers: held, outputs } = layer as Partial<Container>;
  return Array.isArray(held) && Array.isArray(outputs);
}

/** The host's wrapper that runs a layer at every time step: the one whose inner layer can be exchanged. */
export function isTimeDistributed(layer: Layer): layer is Layer & { layer: Layer } {
  return layer.getClassName() === 'TimeDistributed';
}

/** The application of a layer that a symbolic tensor comes from. */
export const nodeOf = ({ sourceLayer, nodeIndex }: SymbolicTensor): Node => sourceLayer.inboundNodes[nodeIndex] as Node;

/** The applications of a model's layers between its inputs and its outputs, each after those it needs. */
export function nodesOf({ inputs, outputs }: Container): Node[] {
  const ends = new Set(inputs.map(({ id }) => id));
  const found = new Set<Node>();
  const entered = new Set<Node>();
  const enter = (tensor: SymbolicTensor) => {
    const node = nodeOf(tensor);
    if (ends.has(tensor.id) || entered.has(node)) return;
    entered.add(node);
    for (const input of node.inputTensors) enter(input);
    found.add(node);
  };
  for (const output of outputs) enter(output);
  return [...found];
}

/** The model and the models within it. */
export const containersOf = (model: Layer): Container[] =>
  [model, ...layersWithin(model).map(({ layer }) => layer)].filter(isContainer);

/** All applications within a model in the order of a call, those of models within it after the call of them. */
export function allNodesOf(model: Layer): Node[] {
  const found = new Set<Node>();
  const seen = new Set<Layer>();
  const enter = (container: Container) => {
    seen.add(container);
    for (const node of nodesOf(container)) {
      found.add(node);
      const { outboundLayer } = node;
      const inner = isTimeDistributed(outboundLayer) ? outboundLayer.layer : outboundLayer;
      if (isContainer(inner) && !seen.has(inner)) enter(inner);
    }
  };
  if (isContainer(model)) enter(model);
  return [...found];
}
