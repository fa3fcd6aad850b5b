import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { Population } from '../layers/population.js';
import type { Layer } from './graph.js';
import { type Batch, predict } from './inputs.js';
import { type Heard, listening } from './listen.js';
import { meanBut, parameterAxes } from './moments.js';
import { weightsByName } from './weights.js';

/** Sets the moving statistics to those of the inputs the layer now gets. */
export function fitMemory(layer: Layer, after: LayersModel, batches: readonly Batch[]): void {
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
