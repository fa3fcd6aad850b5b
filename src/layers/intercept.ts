import type * as tf from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import type { Kwargs } from '@tensorflow/tfjs-layers/dist/types.js';

type Layer = layers.Layer;
type Tensors = tf.Tensor | tf.Tensor[];

/** A call of a layer, as it happens. */
export interface Call {
  readonly layer: Layer;
  readonly inputs: Tensors;
  readonly kwargs: Kwargs;
  /** What the layer itself would do, with these or other keywords. */
  readonly proceed: (kwargs?: Kwargs) => Tensors;
}

/**
 * Runs something while calls of some layers go through `around`. A model built of their outputs would miss layers of nested
 * models, and those that wrappers and recurrent layers call; every one of these calls `call`. Afterwards all is as before,
 * also when `run` throws; it must not be asynchronous.
 */
export function withCalls<T>(hooked: Iterable<Layer>, around: (call: Call) => Tensors, run: () => T): T {
  const undo = [...hooked].map((layer) => {
    const own = Object.getOwnPropertyDescriptor(layer, 'call');
    const call = layer.call.bind(layer);
    layer.call = (inputs, kwargs) =>
      around({ layer, inputs, kwargs: kwargs ?? {}, proceed: (other = kwargs ?? {}) => call(inputs, other) });
    return () => (own ? Object.defineProperty(layer, 'call', own) : Reflect.deleteProperty(layer, 'call'));
  });
  try {
    return run();
  } finally {
    for (const restore of undo.reverse()) restore();
  }
}

/** The one tensor that most layers take and give. */
export function firstTensor(tensors: Tensors): tf.Tensor {
  return Array.isArray(tensors) ? (tensors[0] as tf.Tensor) : tensors;
}

/** A weight's own name: `gamma` of `encoder/bn/gamma`. */
export const weightName = ({ originalName }: { originalName: string }) => originalName.split('/').pop() as string;
