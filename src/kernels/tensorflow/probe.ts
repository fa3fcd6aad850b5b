import * as tf from '@tensorflow/tfjs-core';
import type { NodeBackend } from './backend.js';
import { mklLayerNorm } from './raw.js';

const answers = new WeakMap<NodeBackend, boolean>();

const EPSILON = 1e-3;
const ROWS = [1, 2, 4, 9, 3, 3, 1, 5];

/** Row by row in double, γ = 2, β = 1. */
function expected(): number[] {
  return [ROWS.slice(0, 4), ROWS.slice(4)].flatMap((row) => {
    const mean = row.reduce((sum, v) => sum + v, 0) / row.length;
    const variance = row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / row.length;
    return row.map((v) => ((v - mean) / Math.sqrt(variance + EPSILON)) * 2 + 1);
  });
}

/** The op is there, and computes: some of its family give empty tensors without a word. */
function computes(backend: NodeBackend): boolean {
  const y = mklLayerNorm(backend, tf.tensor2d(ROWS, [2, 4]), {
    gamma: tf.fill([4], 2),
    beta: tf.ones([4]),
    epsilon: EPSILON,
  });
  if (y.size !== ROWS.length) return false;
  const found = Array.from(backend.readSync(y.dataId));
  return expected().every((value, i) => Math.abs((found[i] as number) - value) < 1e-5);
}

/**
 * Whether TensorFlow's own layer normalization is there and right: it comes with oneDNN, so not on every machine, nor on a GPU.
 * Asked once a backend, on eight values.
 */
export function hasLayerNorm(backend: NodeBackend): boolean {
  const known = answers.get(backend);
  if (known !== undefined) return known;
  let answer = false;
  try {
    answer = tf.tidy(() => computes(backend));
  } catch {
    // A build without it says that there is no such op, or no device for it.
  }
  answers.set(backend, answer);
  return answer;
}
