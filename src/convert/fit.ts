import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { Population } from '../layers/population.js';
import type { Layer } from './graph.js';
import { type Batch, predict } from './inputs.js';
import { type Heard, listening } from './listen.js';
import { assignFactor, factorOf, weightsByName } from './weights.js';

/** Two models, of which one is to give what the other gives. */
interface Models {
  readonly before: LayersModel;
  readonly after: LayersModel;
}

/** A variance below this share of the mean square is rounding: there is nothing to stretch. */
const FLAT = 1e-10;

/** The axes over which a norm's parameters have their values. */
function parameterAxes(layer: Layer, rank: number): number[] {
  const { axis = -1 } = layer.getConfig() as { axis?: number | number[] };
  return [axis].flat().map((each) => (each < 0 ? each + rank : each));
}

/** Mean over all dimensions but some, one after the other: on wasm one long sum would lose digits. */
function meanBut(x: tf.Tensor, kept: readonly number[]): tf.Tensor {
  const others = [...x.shape.keys()].filter((axis) => !kept.includes(axis)).reverse();
  return others.reduce<tf.Tensor>((sum, axis) => tf.mean(sum, axis), x); // [kept]
}

/** Sets the moving statistics to those of the inputs the layer now gets. */
function fitMemory(layer: Layer, { after }: Models, batches: readonly Batch[]): void {
  const weights = weightsByName(layer);
  const [mean, variance] = [weights.get('moving_mean'), weights.get('moving_variance')];
  if (!mean) return;
  const population = new Population();
  try {
    const hear = ({ x }: Heard) => {
      const axes = parameterAxes(layer, x.rank);
      const shape = x.shape.map((size, axis) => (axes.includes(axis) ? size : 1));
      const centre = meanBut(x, axes); // [C]
      const from = tf.sub(x, tf.reshape(centre, shape)); // [x]
      const each = tf.scalar(x.size / centre.size);
      population.add({ mean: centre, variance: meanBut(tf.square(from), axes) }, each);
    };
    for (const batch of batches) listening(layer, hear, () => tf.tidy(() => void predict(after, batch)));
    tf.tidy(() => {
      const seen = population.result();
      const known = (found: tf.Tensor, old: tf.Tensor) => tf.where(tf.isFinite(found), found, old); // [C]
      if (seen) mean.assign(known(seen.mean, mean));
      if (seen) variance?.assign(known(tf.relu(seen.variance), variance));
    });
  } finally {
    population.dispose();
  }
}

/** Means over what was heard: of the old output b and the new one a, their squares and their product, each `[parameters]`. */
type Moments = {
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

/** One batch through both models. */
function heardIn(layer: Layer, old: Layer, { before, after }: Models, batch: Batch): Moments[] {
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
function average(all: readonly Moments[]): Moments {
  const count = all.reduce((sum, moments) => sum + moments.count, 0);
  const of = (key: Exclude<keyof Moments, 'count'>) =>
    tf.addN(all.map((moments) => tf.mul(moments[key], moments.count / count))); // [parameters]
  return { count, a: of('a'), b: of('b'), aa: of('aa'), bb: of('bb'), ab: of('ab') };
}

/** The factor that stretches a to b, with the sign of what they have in common. */
function stretch(aa: tf.Tensor, bb: tf.Tensor, ab: tf.Tensor, scale: tf.Tensor): tf.Tensor {
  const factor = tf.sqrt(tf.div(tf.relu(bb), aa)); // [parameters]
  const signed = tf.where(tf.less(ab, 0), tf.neg(factor), factor); // [parameters]
  const usable = tf.logicalAnd(tf.greater(aa, tf.mul(scale, FLAT)), tf.isFinite(signed)); // [parameters]
  return tf.where(usable, signed, tf.onesLike(signed)); // [parameters]
}

/**
 * γ = ±√(var b/var a), β = mean b − γ·mean a: the first two moments of the old output. Without a shift the mean squares
 * are made equal, without a factor the means.
 */
function fitAffine(layer: Layer, { a, b, aa, bb, ab }: Moments): void {
  const hasFactor = factorOf(layer) !== undefined;
  const beta = weightsByName(layer).get('beta');
  const centred = (square: tf.Tensor, x: tf.Tensor, y: tf.Tensor) => tf.sub(square, tf.mul(x, y)); // [parameters]
  const factor = beta
    ? stretch(centred(aa, a, a), centred(bb, b, b), centred(ab, a, b), aa)
    : stretch(aa, bb, ab, tf.onesLike(aa));
  if (hasFactor) assignFactor(layer, factor);
  beta?.assign(tf.sub(b, hasFactor ? tf.mul(factor, a) : a)); // [parameters]
}

/** Fits a new norm to the one it replaces: moving statistics first, then γ and β, on inputs as the new model gives them. */
export function fit(layer: Layer, old: Layer, models: Models, batches: readonly Batch[]): void {
  fitMemory(layer, models, batches);
  tf.tidy(() => {
    const weights = weightsByName(layer);
    const factor = factorOf(layer, weights);
    const beta = weights.get('beta');
    if (!factor && !beta) return;
    if (factor) assignFactor(layer, tf.onesLike(factor));
    beta?.assign(tf.zerosLike(beta));
    const all = batches.flatMap((batch) => heardIn(layer, old, models, batch));
    if (all.length > 0) fitAffine(layer, average(all));
  });
}
