import * as tf from '@tensorflow/tfjs-core';
import type { NormalizeAttrs, NormalizeGradAttrs, SlabView } from '../contract.js';
import { hasEpsilon, reciprocalDeviation } from '../reduce.js';
import type { NodeBackend } from './backend.js';
import { isFar, LARGE, read } from './measure.js';
import { hasLayerNorm } from './probe.js';
import { euclideanNorm, mklLayerNorm } from './raw.js';
import { restore, save } from './saved.js';
import { consume } from './slab.js';

/** Statistics of rows, γ and β for each value of a row: layer and RMS normalization. Tensors are `[R, K]`. */

type Inputs = { x: tf.Tensor; gamma?: tf.Tensor; beta?: tf.Tensor };
type GradInputs = { x: tf.Tensor; dy: tf.Tensor; gamma?: tf.Tensor; saved: tf.Tensor };

const asRows = (x: tf.Tensor, { B, K }: SlabView): tf.Tensor => tf.reshape(x, [B, K]);

/** Whether rows can be taken this way. A variance of 0 needs ε, and moments are not told by the ops used here. */
export function isRows(backend: NodeBackend, { view, epsilon, center, keep }: NormalizeAttrs): boolean {
  const { S, G, T } = view;
  if (S * G * T !== 1 || keep === 'moments') return false;
  return !center || (hasEpsilon(epsilon) && hasLayerNorm(backend));
}

/** Of shorter rows the share that is looked at costs as much as subtracting. */
const LONG = 256;

/**
 * Whether a row's mean may be far from 0. A share of each row is looked at, here, in double: of at least one value in 64, so that the
 * deviation of all is at least an eighth of that of the share.
 */
function mayBeFar(backend: NodeBackend, x: tf.Tensor): boolean {
  const [R, K] = x.shape as [number, number];
  const k = Math.max(16, Math.ceil(K / 64));
  const share = tf.slice(x, [0, 0], [R, k]); // [R, k]
  const values = read(backend, share);
  share.dispose();
  for (let r = 0; r < R; r++) if (isRowFar(values, r * k, k)) return true;
  return false;
}

function isRowFar(values: ArrayLike<number>, from: number, k: number): boolean {
  const first = values[from] as number;
  let [sum, squares] = [0, 0];
  for (let i = from; i < from + k; i++) {
    const value = (values[i] as number) - first;
    sum += value;
    squares += value * value;
  }
  const mean = sum / k;
  return isFar(first + mean, Math.max(0, squares / k - mean * mean));
}

const firstOf = (x: tf.Tensor): tf.Tensor => tf.slice(x, [0, 0], [x.shape[0] as number, 1]); // [R, 1]

function normalizeCentred(backend: NodeBackend, inputs: Inputs, { view, epsilon, keep }: NormalizeAttrs): tf.Tensor[] {
  const x = asRows(inputs.x, view); // [R, K]
  const isShifted = x.size < LARGE || view.K < LONG || mayBeFar(backend, x);
  const pilot = isShifted ? firstOf(x) : tf.zeros([1, 1]); // [R, 1] or [1, 1]
  const { gamma = tf.ones([view.K]), beta = tf.zeros([view.K]) } = inputs;
  const normalize = (t: tf.Tensor) => mklLayerNorm(backend, t, { gamma, beta, epsilon }); // [R, K]
  const y = tf.reshape(isShifted ? consume(tf.sub(x, pilot), normalize) : normalize(x), inputs.x.shape);
  return keep === 'none' ? [y] : [y, save([pilot])];
}

function normalizeByMeanSquare(backend: NodeBackend, inputs: Inputs, attrs: NormalizeAttrs): tf.Tensor[] {
  const { view, epsilon, keep } = attrs;
  const x = asRows(inputs.x, view); // [R, K]
  const rstd = reciprocalDeviation(meanSquare(backend, x), epsilon); // [R, 1]
  let y = tf.mul(x, rstd); // [R, K]
  if (inputs.gamma) y = consume(y, (t) => tf.mul(t, inputs.gamma as tf.Tensor)); // [R, K]
  if (inputs.beta) y = consume(y, (t) => tf.add(t, inputs.beta as tf.Tensor)); // [R, K]
  const result = tf.reshape(y, inputs.x.shape);
  return keep === 'none' ? [result] : [result, save([rstd])];
}

const meanSquare = (backend: NodeBackend, x: tf.Tensor): tf.Tensor =>
  tf.div(tf.square(euclideanNorm(backend, x, [1])), x.shape[1] as number); // [R, 1]

export const normalizeRows = (backend: NodeBackend, inputs: Inputs, attrs: NormalizeAttrs): tf.Tensor[] =>
  attrs.center ? normalizeCentred(backend, inputs, attrs) : normalizeByMeanSquare(backend, inputs, attrs);

/** Rows save one value each; all else saves more. */
export const isSavedByRows = ({ shape }: tf.Tensor): boolean => shape[2] === 1 && shape[4] === 1;

/** x − mean and 1/deviation, by the pilot; without centring x, and the 1/deviation that was saved. */
function known(backend: NodeBackend, inputs: GradInputs, { view, epsilon, center }: NormalizeGradAttrs) {
  const x = asRows(inputs.x, view); // [R, K]
  const [row] = restore(inputs.saved, [inputs.saved.size, 1]) as [tf.Tensor]; // [R, 1] or [1, 1]
  if (!center) return { values: x, rstd: row };
  const isShifted = row.size === view.B;
  const ones = tf.ones([view.K, 1]);
  const centre = (t: tf.Tensor) => tf.sub(t, tf.div(tf.matMul(t as tf.Tensor2D, ones as tf.Tensor2D), view.K)); // [R, K]
  const values = isShifted ? consume(tf.sub(x, row), centre) : centre(x); // [R, K]
  return { values, rstd: reciprocalDeviation(meanSquare(backend, values), epsilon) };
}

/**
 * With v = x − mean: dx = rstd·(dy·γ − mean(dy·γ) − v·rstd²·mean(dy·γ·v)), dγ = Σ rstd·dy·v, dβ = Σ dy. Sums are products with a
 * column or a row: matrix products read without writing.
 */
export function rowsGradient(backend: NodeBackend, inputs: GradInputs, attrs: NormalizeGradAttrs): tf.Tensor[] {
  const { view, center, affine, hasBeta } = attrs;
  const { B: R, K } = view;
  const { gamma } = inputs;
  const { values, rstd } = known(backend, inputs, attrs);
  const up = asRows(inputs.dy, view); // [R, K]
  const column = gamma ? tf.reshape(gamma, [K, 1]) : tf.ones([K, 1]);
  const meanOfRow = (t: tf.Tensor) => tf.div(tf.matMul(t as tf.Tensor2D, column as tf.Tensor2D), K); // [R, 1]
  const product = tf.mul(up, values) as tf.Tensor2D; // [R, K]
  const lean = tf.mul(tf.mul(meanOfRow(product), rstd), rstd); // [R, 1]
  const dgamma = affine ? tf.reshape(tf.matMul(rstd as tf.Tensor2D, product, true), [K]) : undefined;
  product.dispose();
  const part = consume(values, (t) => tf.mul(t, lean)); // [R, K]
  const direct = gamma ? tf.mul(up, gamma) : tf.clone(up); // [R, K]
  let dx = tf.sub(direct, part); // [R, K]
  tf.dispose([direct, part]);
  if (center) dx = consume(dx, (t) => tf.sub(t, meanOfRow(up))); // [R, K]
  dx = tf.reshape(
    consume(dx, (t) => tf.mul(t, rstd)),
    inputs.x.shape,
  );
  if (!dgamma) return [dx];
  if (hasBeta === false) return [dx, dgamma];
  return [dx, dgamma, tf.reshape(tf.matMul(tf.ones([R, 1]) as tf.Tensor2D, up as tf.Tensor2D, true), [K])];
}
