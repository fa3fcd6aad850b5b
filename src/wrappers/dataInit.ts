import * as tf from '@tensorflow/tfjs-core';
import type { LayerVariable, layers } from '@tensorflow/tfjs-layers';
import { moments } from '../core/normalize.js';
import { keepView } from '../core/view.js';
import { weightNorm } from '../ops/weight.js';
import { type KernelSpot, withKernels } from './kernels.js';

/** Below this an output says nothing about its scale: 1/σ would be 1e5. */
const SMALLEST_VARIANCE = 1e-10;

/** What data-dependent initialization reads and writes of a layer with a bias. */
interface Linear {
  bias?: LayerVariable | { read(): tf.Tensor } | null;
  activation?: unknown;
  dataFormat?: string;
}

const IDENTITY = { apply: (x: tf.Tensor) => x, getClassName: () => 'linear' };

/** The layer's output for directions alone: kernels v/‖v‖, no bias, no activation. */
function directions(inner: layers.Layer, spots: readonly KernelSpot[], x: tf.Tensor): tf.Tensor {
  const layer = inner as unknown as Linear;
  const { bias, activation } = layer;
  const kernels = spots.map((spot) =>
    weightNorm((spot.holder[spot.attribute] as LayerVariable).read(), { axis: spot.axis }),
  );
  try {
    if (bias) {
      const none = tf.zeros(bias.read().shape);
      layer.bias = { read: () => none };
    }
    if (activation) layer.activation = IDENTITY;
    return withKernels(spots, kernels, () => inner.call(x, {}) as tf.Tensor);
  } finally {
    if (bias) layer.bias = bias;
    if (activation) layer.activation = activation;
  }
}

/**
 * Data-dependent initialization: with t the output of the directions alone, g = 1/σ[t] and bias = −μ[t]/σ[t], so that
 * the pre-activations of this batch have mean 0 and deviation 1. Of two kernels the last one takes the scale. An output
 * without spread, or whose statistics are not finite, stays as it was.
 *
 * @returns Whether the batch could tell: one value an output cannot.
 */
export function initializeFromBatch(
  inner: layers.Layer,
  spots: readonly KernelSpot[],
  lengths: readonly LayerVariable[],
  x: tf.Tensor,
): boolean {
  let told = false;
  tf.tidy(() => {
    const t = directions(inner, spots, x);
    const layer = inner as unknown as Linear;
    const channelAxis = layer.dataFormat === 'channelsFirst' ? 1 : t.rank - 1;
    const view = keepView(t.shape, channelAxis);
    if (view.S * view.T < 2) return;
    told = true;
    const { mean, variance } = moments(t, view); // [1, outputs]
    const rstd = tf.rsqrt(tf.add(variance, SMALLEST_VARIANCE)); // [1, outputs]
    const shift = tf.neg(tf.mul(mean, rstd)); // [1, outputs]
    const sound = tf.logicalAnd(tf.isFinite(shift), tf.greater(variance, SMALLEST_VARIANCE)); // [1, outputs]
    const write = (variable: LayerVariable, value: tf.Tensor) => {
      const old = variable.read();
      variable.write(tf.where(tf.reshape(sound, old.shape), tf.reshape(value, old.shape), old));
    };
    for (const g of lengths.slice(0, -1)) g.write(tf.ones(g.shape as number[]));
    write(lengths[lengths.length - 1] as LayerVariable, rstd);
    if (layer.bias) write(layer.bias as LayerVariable, shift);
  });
  return told;
}

/** Whether a flag is set, read once: a file may have brought it. */
export function isSet(flag: LayerVariable): boolean {
  // biome-ignore lint/plugin: one boolean, once per layer, at the first training call
  return flag.read().dataSync()[0] === 1;
}
