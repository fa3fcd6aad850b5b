import * as tf from '@tensorflow/tfjs-core';
import type { SlabView } from '../kernels/contract.js';

const product = (sizes: readonly number[]): number => sizes.reduce((n, size) => n * size, 1);

/** Statistics per example and group of channels. */
export function groupView(shape: readonly number[], channelAxis: number, groups: number): SlabView {
  const channels = shape[channelAxis] as number;
  return {
    B: shape[0] as number,
    S: product(shape.slice(1, channelAxis)),
    G: groups,
    K: groups === 0 ? 1 : channels / groups,
    T: product(shape.slice(channelAxis + 1)),
  };
}

/** Statistics per index of the kept axes, which lie together: batch norm keeps the channels, weight norm the outputs. */
export function keepView(shape: readonly number[], first: number, last = first): SlabView {
  return {
    B: 1,
    S: product(shape.slice(0, first)),
    G: product(shape.slice(first, last + 1)),
    K: 1,
    T: product(shape.slice(last + 1)),
  };
}

/** A tensor brought into a view, and the way back to its own order of dimensions. */
export interface Arranged {
  readonly x: tf.Tensor;
  readonly view: SlabView;
  back(y: tf.Tensor): tf.Tensor;
}

/** Transposes `x` by `order` unless only dimensions of length 1 would move, which a reshape does not even see. */
function reorder(x: tf.Tensor, order: readonly number[]): { x: tf.Tensor; back: (y: tf.Tensor) => tf.Tensor } {
  const moving = order.filter((axis) => x.shape[axis] !== 1);
  if (moving.every((axis, i) => i === 0 || axis > (moving[i - 1] as number))) return { x, back: (y) => y };
  const inverse = order.map((_, axis) => order.indexOf(axis));
  return { x: tf.transpose(x, [...order]), back: (y) => tf.transpose(y, inverse) };
}

const same = (y: tf.Tensor): tf.Tensor => y;

/** Statistics over `axes` (canonical) of each slice along the others. The one place that transposes. */
export function arrangeRows(x: tf.Tensor, axes: readonly number[]): Arranged {
  if (axes.length === 1 && axes[0] === x.rank - 1) {
    const K = x.shape[x.rank - 1] as number;
    const B = K === 0 ? product(x.shape.slice(0, -1)) : x.size / K;
    return { x, view: { B, S: 1, G: 1, K, T: 1 }, back: same };
  }
  const others = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const sizes = (dims: readonly number[]) => product(dims.map((axis) => x.shape[axis] as number));
  const view = { B: sizes(others), S: 1, G: 1, K: sizes(axes), T: 1 };
  return { ...reorder(x, [...others, ...axes]), view };
}

/** Statistics per index of `kept` (canonical), which need not lie together. */
export function arrangeKept(x: tf.Tensor, kept: readonly number[]): Arranged {
  const first = kept[0] as number;
  const together = kept.every((axis, i) => axis === first + i);
  if (together) return { x, view: keepView(x.shape, first, first + kept.length - 1), back: (y) => y };
  const others = x.shape.map((_, axis) => axis).filter((axis) => !kept.includes(axis));
  const moved = reorder(x, [...others, ...kept]);
  const sizes = (dims: readonly number[]) => product(dims.map((axis) => x.shape[axis] as number));
  return { ...moved, view: { B: 1, S: sizes(others), G: sizes(kept), K: 1, T: 1 } };
}
