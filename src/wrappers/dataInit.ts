import * as tf from '@tensorflow/tfjs-core';
import type { LayerVariable, layers } from '@tensorflow/tfjs-layers';
import { moments } from '../core/normalize.js';
import { keepView } from '../core/view.js';
import { weightNorm } from '../ops/weight.js';
import { type KernelSpot, withKernels } from './kernels.js';

/** Keeps a unit that is dead on the first batch finite. */
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
 * the pre-activations of this batch have mean 0 and deviation 1. Of two kernels the last one takes the scale.
 */
export function initializeFromBatch(
  inner: layers.Layer,
  spots: readonly KernelSpot[],
  lengths: readonly LayerVariable[],
  x: tf.Tensor,
): void {
  tf.tidy(() => {
    const t = directions(inner, spots, x);
    const layer = inner as unknown as Linear;
    const channelAxis = layer.dataFormat === 'channelsFirst' ? 1 : t.rank - 1;
    const { mean, variance } = moments(t, keepView(t.shape, channelAxis)); // [1, outputs]
    const rstd = tf.rsqrt(tf.add(variance, SMALLEST_VARIANCE)); // [1, outputs]
    lengths.forEach((g, i) => {
      const { shape } = g.read();
      g.write(i === lengths.length - 1 ? tf.reshape(rstd, shape) : tf.ones(shape));
    });
    const bias = layer.bias as LayerVariable | null | undefined;
    if (bias) bias.write(tf.reshape(tf.neg(tf.mul(mean, rstd)), bias.read().shape));
  });
}

/** Whether a flag is set, read once: a file may have brought it. */
export function isSet(flag: LayerVariable): boolean {
  // biome-ignore lint/plugin: one boolean, once per layer, at the first training call
  return flag.read().dataSync()[0] === 1;
}
