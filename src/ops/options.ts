import * as tf from '@tensorflow/tfjs-core';
import { problem } from '../core/errors.js';

/** What all ops with a scale and a shift take. */
export interface AffineOptions {
  /** Scale γ. Absent: 1. */
  gamma?: tf.Tensor | undefined;
  /** Shift β. Absent: 0. */
  beta?: tf.Tensor | undefined;
}

/** Refuses options an op does not have: a misspelt one would otherwise be ignored in silence. */
export function checkOptions(subject: string, options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw problem(subject, 'options must be an object', { options }, `Use ${known.join(', ')}.`);
  }
  for (const key in options) {
    if (!known.includes(key)) throw problem(subject, 'unknown option', { option: key }, `Use ${known.join(', ')}.`);
  }
}

/** Ops accept ε = 0, layers do not. */
export function checkEpsilon(subject: string, epsilon: number): number {
  if (typeof epsilon !== 'number' || !Number.isFinite(epsilon) || epsilon < 0) {
    throw problem(subject, 'epsilon must be a finite number, 0 or greater', { epsilon }, 'Try 1e-5.');
  }
  return epsilon;
}

/** The input as a float32 tensor: integers and booleans are converted, everything else is refused. */
export function floatTensor(subject: string, name: string, value: tf.Tensor | tf.TensorLike): tf.Tensor {
  const tensor = value instanceof tf.Tensor ? value : toTensor(subject, name, value);
  if (tensor.isDisposed) throw problem(subject, `${name} is disposed`, {}, 'Keep it with tf.keep, or make it anew.');
  if (tensor.dtype === 'float32') return tensor;
  if (tensor.dtype === 'int32' || tensor.dtype === 'bool') return tf.cast(tensor, 'float32');
  throw problem(subject, `${name} must hold numbers`, { dtype: tensor.dtype }, 'Use float32, int32 or bool.');
}

function toTensor(subject: string, name: string, value: tf.TensorLike): tf.Tensor {
  if (value instanceof Float64Array) return tf.tensor(Float32Array.from(value));
  const numbers = [Float32Array, Int32Array, Uint8Array].some((type) => value instanceof type);
  if (typeof value === 'number' || typeof value === 'boolean' || Array.isArray(value) || numbers)
    return tf.tensor(value);
  throw problem(subject, `${name} must be a tensor`, { [name]: value }, 'Pass a tf.Tensor, a number or an array.');
}

/** A parameter of the given shape (or the same number of values, flat), float32; absent stays absent. */
export function parameter<T extends tf.Tensor | undefined>(
  subject: string,
  name: string,
  value: T | tf.TensorLike | null,
  shape: readonly number[],
): T {
  if (value === undefined || value === null) return undefined as T;
  const tensor = floatTensor(subject, name, value);
  if (tensor.rank === 1 && shape.length === 1 && tensor.shape[0] === shape[0]) return tensor as T; // as a rule
  const size = shape.reduce((n, d) => n * d, 1);
  const same = tensor.rank === shape.length && tensor.shape.every((d, i) => d === shape[i]);
  if (!same && !(tensor.rank === 1 && tensor.size === size)) {
    throw problem(subject, `${name} has the wrong shape`, { shape: tensor.shape }, `Use [${shape.join(', ')}].`);
  }
  return tensor as T;
}
