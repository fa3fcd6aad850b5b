import type { Tensor } from '@tensorflow/tfjs-core';
import type { Layer } from './graph.js';

/** What a layer got and gave. */
export interface Heard {
  readonly x: Tensor;
  readonly y: Tensor;
  /** The same as the host passes it. */
  readonly inputs: Tensor | Tensor[];
  readonly kwargs: Parameters<Layer['call']>[1];
  readonly outputs: Tensor | Tensor[];
}

const first = (value: Tensor | Tensor[]) => (Array.isArray(value) ? (value[0] as Tensor) : value);

/** Runs `f`, and tells of every call of a layer in it. The layer is as before afterwards, however `f` ends. */
export function listening(layer: Layer, hear: (heard: Heard) => void, f: () => unknown): void {
  const own = Object.getOwnPropertyDescriptor(layer, 'call');
  const { call } = layer;
  layer.call = (inputs, kwargs) => {
    const given = { ...kwargs }; // the host's Bidirectional writes into what it is called with
    const outputs = call.call(layer, inputs, kwargs);
    hear({ x: first(inputs), y: first(outputs), inputs, kwargs: given, outputs });
    return outputs;
  };
  try {
    f();
  } finally {
    if (own) Object.defineProperty(layer, 'call', own);
    else delete (layer as Partial<Layer>).call;
  }
}
