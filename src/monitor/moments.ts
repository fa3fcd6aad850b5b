import * as tf from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';

/** The channels of what a layer gives: its own axis where it has one, else the last. */
export function channelAxis(layer: layers.Layer, rank: number): number {
  const { axis, dataFormat } = layer.getConfig() as { axis?: unknown; dataFormat?: unknown };
  const own = Array.isArray(axis) && axis.length === 1 ? axis[0] : axis;
  if (typeof own === 'number' && own < rank && own >= -rank) return own < 0 ? own + rank : own;
  return dataFormat === 'channelsFirst' && rank > 1 ? 1 : rank - 1;
}

/** One dimension at a time: a long sum in one float loses digits. */
const meanOver = (x: tf.Tensor, axes: readonly number[]) =>
  axes.reduceRight<tf.Tensor>((sum, axis) => tf.mean(sum, axis, true), x); // 1 at the axes

/** Mean and variance of each channel, kept until they are read. */
export interface ChannelMoments {
  readonly mean: tf.Tensor;
  readonly variance: tf.Tensor;
  /** How many values a channel has. */
  readonly values: number;
}

export function channelMoments(value: tf.Tensor, axis: number): ChannelMoments {
  return tf.tidy(() => {
    const x = tf.cast(value, 'float32');
    const axes = x.shape.map((_, i) => i).filter((i) => i !== axis);
    const first = meanOver(x, axes); // [1, C, 1]
    const mean = tf.add(first, meanOver(tf.sub(x, first), axes)); // [1, C, 1]
    const variance = meanOver(tf.square(tf.sub(x, mean)), axes); // [1, C, 1]
    const channels = x.shape[axis] ?? 1;
    const flat = (t: tf.Tensor) => tf.keep(tf.reshape(t, [channels])); // [C]
    return { mean: flat(mean), variance: flat(variance), values: x.size / channels };
  });
}

/** Reads many small tensors at once, and lets go of them. */
export async function readAll(tensors: readonly tf.Tensor[]): Promise<number[][]> {
  if (tensors.length === 0) return [];
  const sizes = tensors.map(({ size }) => size);
  const all = tf.tidy(() => tf.concat(tensors.map((t) => tf.reshape(tf.cast(t, 'float32'), [t.size])))); // [Σ sizes]
  tf.dispose(tensors as tf.Tensor[]);
  try {
    const values = Array.from(await all.data());
    let start = 0;
    return sizes.map((size) => {
      start += size;
      return values.slice(start - size, start);
    });
  } finally {
    all.dispose();
  }
}

/** Moments of each channel over several calls, in float64. */
export interface Moments {
  readonly mean: number[];
  readonly variance: number[];
}

/** Calls of one layer put together, each by its size: the law of total variance. */
export function pooled(calls: readonly (Moments & { readonly values: number })[]): Moments {
  const total = calls.reduce((sum, { values }) => sum + values, 0);
  const average = (of: (call: Moments, channel: number) => number) =>
    (calls[0]?.mean ?? []).map((_, c) => calls.reduce((sum, call) => sum + (call.values / total) * of(call, c), 0));
  const mean = average((call, c) => call.mean[c] as number);
  const variance = average(
    (call, c) => (call.variance[c] as number) + ((call.mean[c] as number) - (mean[c] as number)) ** 2,
  );
  return { mean, variance };
}
