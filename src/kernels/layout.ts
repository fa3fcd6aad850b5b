import * as tf from '@tensorflow/tfjs-core';
import type { SlabView } from './contract.js';

type Dimension = keyof SlabView;
const ORDER: readonly Dimension[] = ['B', 'S', 'G', 'K', 'T'];

/**
 * The slab as tf ops take it: dimensions of length 1 are left out, since on some backends each costs a transpose or the
 * slow broadcasting loop.
 */
export interface Layout {
  /** Shape of a tensor that has all, or only the named, dimensions; the others have length 1. */
  shape(dimensions?: string): number[];
  /** Axes of the named dimensions, ascending. */
  axes(dimensions: string): number[];
  /** The number of elements in the named dimensions. */
  size(dimensions: string): number;
}

export function layoutOf(view: SlabView): Layout {
  const kept = ORDER.filter((d) => view[d] !== 1);
  const pick = (d: Dimension, dimensions: string) => (dimensions.includes(d) ? view[d] : 1);
  return {
    shape: (dimensions = 'BSGKT') => (kept.length === 0 ? [1] : kept.map((d) => pick(d, dimensions))),
    axes: (dimensions) => kept.flatMap((d, axis) => (dimensions.includes(d) ? [axis] : [])),
    size: (dimensions) => ORDER.reduce((product, d) => product * pick(d, dimensions), 1),
  };
}

/** The first value of every statistics set, from which the others are measured. */
export function firstOfEachSet(slab: tf.Tensor, layout: Layout): tf.Tensor {
  const shape = layout.shape('BG');
  return tf.slice(
    slab,
    shape.map(() => 0),
    shape,
  ); // [B, 1, G, 1, 1]
}
