import * as tf from '@tensorflow/tfjs-core';
import { divisorUpTo, sumAxis } from '../reduce.js';
import type { NodeBackend } from './backend.js';
import {
  type BatchStatistics,
  euclideanNorm,
  type fusedBatchNormGrad,
  fusedBatchNormInference,
  fusedBatchNormInferenceGrad,
} from './raw.js';

/**
 * TensorFlow's own batch norm of many positions, without its sums. `[S, C]` read as `[block, folds·C]` has a channel for
 * every fold: each sums over a block of the positions only, and the folds are small.
 */

/** The longest sum that is left to an op that adds plainly, and what is too short to be worth it. */
const [LONGEST, SHORTEST] = [4096, 64];

const blockOf = (S: number): number => divisorUpTo(S, LONGEST);

/** A prime number of positions has no folds. */
export const canFold = (S: number): boolean => blockOf(S) >= SHORTEST;

interface Fold {
  readonly B: number;
  readonly S: number;
  readonly block: number;
  readonly folds: number;
  readonly C: number;
}

/** Of `[B, 1, S, C]`. */
function foldOf({ shape }: tf.Tensor): Fold {
  const [B, , S, C] = shape as [number, number, number, number];
  const block = blockOf(S);
  return { B, S, block, folds: S / block, C };
}

const fold = ({ B, block, folds, C }: Fold, x: tf.Tensor): tf.Tensor => tf.reshape(x, [B, 1, block, folds * C]);
const repeated = ({ folds, C }: Fold, channels: tf.Tensor): tf.Tensor =>
  tf.reshape(tf.mul(tf.ones([folds, 1]), channels), [folds * C]);

/** Sums of the folds to sums of the channels, `[B, C]`. */
const unfold = ({ B, folds, C }: Fold, sums: tf.Tensor): tf.Tensor =>
  tf.reshape(sumAxis(tf.reshape(sums, [B, folds, C]), 1), [B, C]);

/** Mean and variance of each channel of each sample, `[B, C]`. Σx²/n − mean² loses digits where a mean is far from 0: look. */
export function foldedStatistics(backend: NodeBackend, x: tf.Tensor): BatchStatistics {
  const sizes = foldOf(x);
  const folded = fold(sizes, x); // [B, 1, block, folds·C]
  const mean = tf.div(unfold(sizes, tf.sum(folded, 2)), sizes.S); // [B, C]
  const squares = tf.square(euclideanNorm(backend, folded, [2])); // [B, 1, 1, folds·C]
  return { mean, variance: tf.sub(tf.div(unfold(sizes, squares), sizes.S), tf.square(mean)) };
}

/**
 * As {@link fusedBatchNormGrad}, of one sample. The gradient of inference gives dy·γ·rstd and the sums, fold by fold; what the statistics
 * add to dx, −γ·rstd·(Σdy + x̂·Σdy·x̂)/S, is batch norm in inference again.
 */
export const foldedBatchNormGrad: typeof fusedBatchNormGrad = (
  backend,
  { x, dy, gamma },
  { mean, variance, epsilon },
) => {
  const sizes = foldOf(x);
  const given = { mean: repeated(sizes, mean), variance: repeated(sizes, variance), epsilon };
  const inputs = { x: fold(sizes, x), dy: fold(sizes, dy), gamma: repeated(sizes, gamma) };
  const [direct, ...sums] = fusedBatchNormInferenceGrad(backend, inputs, given);
  const [dgamma, dbeta] = sums.map((each) => tf.reshape(unfold(sizes, each), [sizes.C])) as [tf.Tensor, tf.Tensor];
  const factor = tf.mul(tf.mul(gamma, tf.rsqrt(tf.add(variance, epsilon))), -1 / sizes.S); // [C]
  const affine = { gamma: tf.mul(factor, dgamma), beta: tf.mul(factor, dbeta) };
  const indirect = fusedBatchNormInference(backend, x, { ...affine, mean, variance, epsilon }); // [1, 1, S, C]
  const dx = tf.add(tf.reshape(direct, x.shape), indirect); // [1, 1, S, C]
  tf.dispose([direct, indirect]);
  return [dx, dgamma, dbeta];
};
