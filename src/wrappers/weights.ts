import type { DataType } from '@tensorflow/tfjs-core';
import { initializers, type LayerVariable, type layers } from '@tensorflow/tfjs-layers';
import { problem } from '../core/errors.js';
import { kernelLength } from '../ops/weight.js';
import { cellOf, hasKernel, type KernelSpot, lengthShape } from './kernels.js';

export type Initializer = ReturnType<typeof initializers.zeros>;
type Weight = [name: string, shape: number[], dtype: DataType, initializer: Initializer];

/** A layer that is built shows whether it has a kernel. */
export function checkKernels(subject: string, layer: layers.Layer, spots: readonly KernelSpot[]): void {
  const missing = spots.find((spot) => !hasKernel(spot));
  if (!missing) return;
  const advice = `Its build must set \`${missing.attribute}\` to a weight of two or more dimensions, the outputs last.`;
  throw problem(subject, 'layer must have a kernel', { className: layer.getClassName() }, advice);
}

/** The losses of a layer and of its cell, which the host forgets. */
export function lossesWithin(layer: layers.Layer): layers.Layer['losses'] {
  return [...layer.losses, ...(cellOf(layer)?.losses ?? [])];
}

/** g starts as ‖v‖, so that wrapping a layer does not change what it computes. */
export function lengthOf({ holder, attribute, length, axis }: KernelSpot): Weight {
  const v = (holder[attribute] as LayerVariable).read();
  const initializer = { apply: () => kernelLength(v, axis) } as unknown as Initializer;
  return [length, lengthShape(v.shape, axis), 'float32', initializer];
}

/** Places for the copies of the weights in a file of TensorFlow Addons; nothing reads them. */
export function clonesOf(layer: layers.Layer): Weight[] {
  return layer.weights.map(({ originalName, shape }) => {
    const name = `data_dep_init/${originalName.split('/').pop()}`;
    return [name, shape as number[], 'float32', initializers.zeros()];
  });
}
