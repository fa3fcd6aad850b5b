import * as tf from '@tensorflow/tfjs-core';
import type { NormalizeAttrs, NormalizeGradAttrs, SlabView } from '../contract.js';
import type { NodeBackend } from './backend.js';
import { anyFar, LARGE } from './measure.js';
import { fusedBatchNorm, fusedBatchNormGrad } from './raw.js';
import { restore, save } from './saved.js';

/** Statistics of each channel of each sample, channels last: TensorFlow's own batch norm, sample by sample. */

type Inputs = { x: tf.Tensor; gamma?: tf.Tensor; beta?: tf.Tensor };
type GradInputs = { x: tf.Tensor; dy: tf.Tensor; gamma?: tf.Tensor; saved: tf.Tensor };

/** More, or smaller, samples are done quicker all together. */
const MOST_SAMPLES = 8;
const LEAST_VALUES = 2 ** 16;

/** Its sums are plain ones: digits are lost at less than {@link anyFar} supposes. */
const FAR = 4;

/** Whether a view can be taken this way. A variance of 0 needs ε. */
export function isSamples({ view, epsilon, center }: { view: SlabView; epsilon: number; center: boolean }): boolean {
  const { B, S, G, K, T } = view;
  if (!center || K * T !== 1 || epsilon <= 0) return false;
  return B === 1 || (B <= MOST_SAMPLES && S * G >= LEAST_VALUES);
}

/** Each sample as `[1, 1, S, C]`. */
function split(x: tf.Tensor, { B, S, G }: SlabView): tf.Tensor[] {
  const samples = tf.reshape(x, [B, 1, S, G]); // [B, 1, S, C]
  return B === 1 ? [samples] : tf.split(samples, B);
}

const together = (samples: tf.Tensor[], shape: readonly number[]): tf.Tensor =>
  tf.reshape(samples.length === 1 ? (samples[0] as tf.Tensor) : tf.concat(samples), [...shape]);

const total = (parts: tf.Tensor[]): tf.Tensor => (parts.length === 1 ? (parts[0] as tf.Tensor) : tf.addN(parts));

/** The first value of each channel of a sample. */
const pilotsOf = (x: tf.Tensor, { B, S, G }: SlabView): tf.Tensor =>
  tf.slice(tf.reshape(x, [B, S, G]), [0, 0, 0], [B, 1, G]); // [B, 1, C]

const shift = (x: tf.Tensor, pilots: tf.Tensor, { B, S, G }: SlabView): tf.Tensor =>
  tf.sub(tf.reshape(x, [B, S, G]), pilots); // [B, S, C]

function normalizeEach(backend: NodeBackend, x: tf.Tensor, inputs: Inputs, { view, epsilon }: NormalizeAttrs) {
  const { gamma = tf.ones([view.G]), beta = tf.zeros([view.G]) } = inputs;
  const found = split(x, view).map((sample) => fusedBatchNorm(backend, sample, { gamma, beta, epsilon }));
  const rows = (t: tf.Tensor[]) => tf.reshape(together(t, [view.B * view.G]), [view.B, view.G]); // [B, C]
  const y = together(
    found.map((sample) => sample.y),
    inputs.x.shape,
  );
  const mean = rows(found.map((sample) => sample.mean));
  const variance = rows(found.map((sample) => sample.variance));
  return { y, mean, variance };
}

export function normalizeSamples(backend: NodeBackend, inputs: Inputs, attrs: NormalizeAttrs): tf.Tensor[] {
  const { view, keep } = attrs;
  const direct = inputs.x.size >= LARGE ? normalizeEach(backend, inputs.x, inputs, attrs) : undefined;
  const isShifted = !direct || anyFar(backend, direct.mean, direct.variance, FAR);
  if (isShifted) direct?.y.dispose();
  const pilots = isShifted ? pilotsOf(inputs.x, view) : undefined; // [B, 1, C]
  const found = pilots ? normalizeEach(backend, shift(inputs.x, pilots, view), inputs, attrs) : direct;
  const { y, mean, variance } = found as NonNullable<typeof direct>;
  if (keep === 'none') return [y];
  const pilot = pilots && tf.reshape(pilots, mean.shape); // [B, C]
  const saved = save([mean, variance, pilot]);
  const full = pilot ? tf.add(mean, pilot) : mean; // [B, C]
  return keep === 'saved' ? [y, saved] : [y, saved, full, variance];
}

export function samplesGradient(backend: NodeBackend, inputs: GradInputs, attrs: NormalizeGradAttrs): tf.Tensor[] {
  const { view, epsilon, affine } = attrs;
  const { gamma = tf.ones([view.G]) } = inputs;
  const [mean, variance, pilots] = restore(inputs.saved, [view.B, 1, view.G]) as [tf.Tensor, tf.Tensor, tf.Tensor?];
  const x = pilots ? shift(inputs.x, pilots, view) : inputs.x;
  const [xs, dys] = [split(x, view), split(inputs.dy, view)];
  const of = (t: tf.Tensor) => (view.B === 1 ? [t] : tf.split(t, view.B)).map((part) => tf.reshape(part, [view.G]));
  const [means, variances] = [of(mean), of(variance)];
  const found = xs.map((sample, b) => {
    const statistics = { mean: means[b] as tf.Tensor, variance: variances[b] as tf.Tensor, epsilon };
    return fusedBatchNormGrad(backend, { x: sample, dy: dys[b] as tf.Tensor, gamma }, statistics);
  });
  const dx = together(
    found.map(([d]) => d),
    inputs.x.shape,
  );
  return affine ? [dx, total(found.map(([, d]) => d)), total(found.map(([, , d]) => d))] : [dx];
}
