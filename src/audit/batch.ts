/** What norms see of a batch: their inputs are watched while the model runs as in inference. */
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel, layers } from '@tensorflow/tfjs-layers';
import type { GraphNode } from './node.js';
import { numberOf, option } from './part.js';

/** The channels of a norm's input in one batch. */
export interface BatchStatistics {
  /** Values that each channel's statistics are of. */
  readonly count: number;
  readonly mean: Float32Array;
  readonly variance: Float32Array;
}

interface Moments {
  readonly count: number;
  readonly mean: tf.Tensor;
  readonly variance: tf.Tensor;
}

function momentsOf(x: tf.Tensor, axis: number): Moments {
  const channel = axis < 0 ? axis + x.rank : axis;
  const axes = x.shape.map((_, i) => i).filter((i) => i !== channel);
  const { mean, variance } = tf.moments(x, axes); // both [C]
  const size = x.shape[channel] ?? 1;
  return { count: size === 0 ? 0 : x.size / size, mean: tf.keep(mean), variance: tf.keep(variance) };
}

type Callable = { call: layers.Layer['call'] };

/** Watches what a layer is given. The first use counts. Returns the undo. */
function watch({ layer, config }: GraphNode, seen: (moments: Moments) => void): () => void {
  const target = layer as layers.Layer & Callable;
  const own = Object.getOwnPropertyDescriptor(target, 'call');
  const call = target.call;
  const axis = numberOf([option(config, 'axis') ?? -1].flat()[0]) ?? -1;
  target.call = function watched(inputs, kwargs) {
    const x = Array.isArray(inputs) ? inputs[0] : inputs;
    if (x) seen(momentsOf(x, axis));
    return call.call(target, inputs, kwargs);
  };
  return () => {
    if (own) Object.defineProperty(target, 'call', own);
    else delete (target as Partial<Callable>).call;
  };
}

export type Batch = tf.Tensor | tf.Tensor[];

/** Runs a model as in inference while its norms are watched. No longer: others may use it as soon as this returns. */
function run(model: LayersModel, norms: readonly GraphNode[], batch: Batch, seen: Map<GraphNode, Moments>): void {
  const undo: (() => void)[] = [];
  try {
    for (const node of norms) {
      if (node.layer) undo.push(watch(node, (moments) => (seen.has(node) ? drop(moments) : seen.set(node, moments))));
    }
    tf.tidy(() => void model.apply(batch));
  } finally {
    for (const back of undo.reverse()) back();
  }
}

/** Runs the model on a batch, as in inference, and gives what its norms saw. */
export async function statisticsOf(
  model: LayersModel,
  norms: readonly GraphNode[],
  batch: Batch,
): Promise<ReadonlyMap<GraphNode, BatchStatistics>> {
  const seen = new Map<GraphNode, Moments>();
  try {
    run(model, norms, batch, seen);
    const entries = [...seen].map(async ([node, { count, mean, variance }]) => {
      const [m, v] = await Promise.all([mean.data(), variance.data()]);
      return [node, { count, mean: Float32Array.from(m), variance: Float32Array.from(v) }] as const;
    });
    return new Map(await Promise.all(entries));
  } finally {
    for (const moments of seen.values()) drop(moments);
  }
}

const drop = ({ mean, variance }: Moments): void => tf.dispose([mean, variance]);
