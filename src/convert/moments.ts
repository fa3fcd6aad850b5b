import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Layer } from './graph.js';
import { type Batch, predict } from './inputs.js';
import { listening } from './listen.js';

/** Two models, of which one is to give what the other gives. */
export interface Models {
  readonly before: LayersModel;
  readonly after: LayersModel;
}

/** The axes over which a norm's parameters have their values. */
export function parameterAxes(layer: Layer, rank: number): number[] {
  const { axis = -1 } = layer.getConfig() as { axis?: number | number[] };
  return [axis].flat().map((each) => (each < 0 ? each + rank : each));
}

/** Mean over all dimensions but some, one after the other: on wasm one long sum would lose digits. */
export function meanBut(x: tf.Tensor, kept: readonly number[]): tf.Tensor {
  const others = [...x.shape.keys()].filter((axis) => !kept.includes(axis)).reverse();
  return others.reduce<tf.Tensor>((sum, axis) => tf.mean(sum, axis), x); // [kept]
}

/** Means over what was heard: of the old output b and the new one a, their squares and their product, each `[parameters]`. */
export type Moments = {
  /** How many values each mean is of. */
  readonly count: number;
  readonly a: tf.Tensor;
  readonly b: tf.Tensor;
  readonly aa: tf.Tensor;
  readonly bb: tf.Tensor;
  readonly ab: tf.Tensor;
};

function momentsOf(layer: Layer, before: readonly tf.Tensor[], after: readonly tf.Tensor[]): Moments[] {
  return after.map((a, i) => {
    const b = before[i] as tf.Tensor;
    const axes = parameterAxes(layer, a.rank);
    const mean = (x: tf.Tensor) => meanBut(x, axes);
    const count = axes.reduce((size, axis) => size / (a.shape[axis] as number), a.size);
    return { count, a: mean(a), b: mean(b), aa: mean(tf.square(a)), bb: mean(tf.square(b)), ab: mean(tf.mul(a, b)) };
  });
}

/** One batch through both models, call by call. */
export function heardIn(layer: Layer, old: Layer, { before, after }: Models, batch: Batch): Moments[] {
  return tf.tidy(() => {
    const heard = (model: LayersModel, of: Layer) => {
      const list: tf.Tensor[] = [];
      listening(
        of,
        ({ y }) => list.push(tf.keep(y.clone())),
        () => tf.tidy(() => void predict(model, batch)),
      );
      return list;
    };
    const [b, a] = [heard(before, old), heard(after, layer)];
    try {
      return momentsOf(layer, b, a);
    } finally {
      tf.dispose([...a, ...b]);
    }
  });
}

/** Batches and images of any size count as they weigh, as in {@link Population}. */
export function average(all: readonly Moments[]): Moments {
  const count = all.reduce((sum, moments) => sum + moments.count, 0);
  const of = (key: Exclude<keyof Moments, 'count'>) =>
    tf.addN(all.map((moments) => tf.mul(moments[key], moments.count / count))); // [parameters]
  return { count, a: of('a'), b: of('b'), aa: of('aa'), bb: of('bb'), ab: of('ab') };
}
