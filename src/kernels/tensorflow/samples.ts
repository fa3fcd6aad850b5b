import * as tf from '@tensorflow/tfjs-core';
import type { NormalizeAttrs, NormalizeGradAttrs, SlabView } from '../contract.js';
import { hasEpsilon } from '../reduce.js';
import type { NodeBackend } from './backend.js';
import { canFold, foldedBatchNormGrad, foldedStatistics } from './folded.js';
import { anyFar } from './measure.js';
import { type BatchStatistics, fusedBatchNorm, fusedBatchNormGrad, fusedBatchNormInference } from './raw.js';
import { save } from './saved.js';

/** Statistics of each channel of each sample, channels last: TensorFlow's own batch norm, sample by sample. */

type Inputs = { x: tf.Tensor; gamma?: tf.Tensor; beta?: tf.Tensor };
type GradInputs = { x: tf.Tensor; dy: tf.Tensor; gamma?: tf.Tensor; saved: tf.Tensor };

/** More, or smaller, samples are done quicker all together. */
const MOST_SAMPLES = 8;
const LEAST_VALUES = 2 ** 16;

/**
 * TensorFlow's batch norm adds plainly, so its error grows with the number of positions: up to so many it is used as it is. Its
 * gradient sums what is around 0, and stands more. Tests: "tensorflow long sums", "tensorflow accuracy".
 */
const [PLAIN, PLAIN_GRADIENT] = [2 ** 13, 2 ** 14];

/** Whether a view can be taken this way. A variance of 0 needs ε. */
export function isSamples({ view, epsilon, center }: { view: SlabView; epsilon: number; center: boolean }): boolean {
  const { B, S, G, K, T } = view;
  if (!center || K * T !== 1 || !hasEpsilon(epsilon)) return false;
  if (S > PLAIN && !canFold(S)) return false;
  return B === 1 || (B <= MOST_SAMPLES && S * G >= LEAST_VALUES);
}

type Affine = Parameters<typeof fusedBatchNorm>[2];

/** Each sample as `[1, 1, S, C]`. */
const asSamples = (x: tf.Tensor, { B, S, G }: SlabView): tf.Tensor => tf.reshape(x, [B, 1, S, G]); // [B, 1, S, C]
const split = (samples: tf.Tensor): tf.Tensor[] =>
  samples.shape[0] === 1 ? [samples] : tf.split(samples, samples.shape[0] as number);

const together = (samples: tf.Tensor[], shape: readonly number[]): tf.Tensor =>
  tf.reshape(samples.length === 1 ? (samples[0] as tf.Tensor) : tf.concat(samples), [...shape]);

const total = (parts: tf.Tensor[]): tf.Tensor => (parts.length === 1 ? (parts[0] as tf.Tensor) : tf.addN(parts));

/** Statistics are `[B, C]`; means `far` deviations away have cost them too many digits. */
interface Found extends BatchStatistics {
  readonly far: number;
  /** Each sample's y, where that has come along. */
  readonly ys?: tf.Tensor[];
}

function plainly(backend: NodeBackend, samples: tf.Tensor, affine: Affine): Found {
  const found = split(samples).map((sample) => fusedBatchNorm(backend, sample, affine));
  const rows = (list: tf.Tensor[]) => together(list, [list.length, list[0]?.size ?? 0]); // [B, C]
  const [mean, variance] = [rows(found.map((each) => each.mean)), rows(found.map((each) => each.variance))];
  return { ys: found.map(({ y }) => y), mean, variance, far: 2 };
}

function apply(backend: NodeBackend, samples: tf.Tensor, { mean, variance }: BatchStatistics, affine: Affine) {
  const [means, variances] = [tf.unstack(mean), tf.unstack(variance)]; // each [C]
  return split(samples).map((sample, b) => {
    const given = { mean: means[b] as tf.Tensor, variance: variances[b] as tf.Tensor };
    return fusedBatchNormInference(backend, sample, { ...affine, ...given });
  });
}

/** Undefined where a channel's mean is too far from 0 for this way. */
export function normalizeSamples(backend: NodeBackend, inputs: Inputs, attrs: NormalizeAttrs): tf.Tensor[] | undefined {
  const { view, epsilon, keep } = attrs;
  const { B, S, G } = view;
  const { gamma = tf.ones([G]), beta = tf.zeros([G]) } = inputs;
  const [samples, affine] = [asSamples(inputs.x, view), { gamma, beta, epsilon }];
  const found: Found =
    S > PLAIN ? { ...foldedStatistics(backend, samples), far: 4 } : plainly(backend, samples, affine);
  const { mean, variance, far, ys } = found;
  if (anyFar(backend, mean, variance, far)) {
    tf.dispose(ys ?? []);
    return undefined;
  }
  const y = together(ys ?? apply(backend, samples, found, affine), inputs.x.shape);
  if (keep === 'none') return [y];
  const saved = tf.reshape(save([mean, variance]), [1, 1, 2, 1, 1, B * G]);
  return keep === 'saved' ? [y, saved] : [y, saved, mean, variance];
}

export const isSavedBySamples = ({ shape }: tf.Tensor): boolean => shape[2] === 2;

export function samplesGradient(backend: NodeBackend, inputs: GradInputs, attrs: NormalizeGradAttrs): tf.Tensor[] {
  const { view, epsilon, affine } = attrs;
  const { B, G } = view;
  const { gamma = tf.ones([G]) } = inputs;
  const gradient = view.S > PLAIN_GRADIENT ? foldedBatchNormGrad : fusedBatchNormGrad;
  const statistics = tf.unstack(tf.reshape(inputs.saved, [2 * B, G])); // means, then variances, each [C]
  const [xs, dys] = [split(asSamples(inputs.x, view)), split(asSamples(inputs.dy, view))];
  const found = xs.map((x, b) => {
    const [mean, variance] = [statistics[b], statistics[B + b]] as [tf.Tensor, tf.Tensor];
    return gradient(backend, { x, dy: dys[b] as tf.Tensor, gamma }, { mean, variance, epsilon });
  });
  const dx = together(
    found.map(([d]) => d),
    inputs.x.shape,
  );
  return affine ? [dx, total(found.map(([, d]) => d)), total(found.map(([, , d]) => d))] : [dx];
}
