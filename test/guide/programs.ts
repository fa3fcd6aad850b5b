import * as tf from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import type { NormRow, Phase } from '../../src/guide/index.js';
import { CLASSES } from '../../src/layers/classes.js';
import { weightNorm } from '../../src/ops/index.js';

/** What computes nothing: views. */
const FREE = /^(Reshape|Identity|Fill|unnamed scope)$/;

/** A layer's forward pass, on an input with channels last and space, ready to be counted. */
export function forwardOf(row: NormRow, phase: Phase): () => tf.Tensor {
  const run = row.of === 'weights' ? kernelOf() : layerOf(row, phase);
  run(); // the first call builds
  return run;
}

export const computing = (names: readonly string[]): number => names.filter((name) => !FREE.test(name)).length;

/** Kernels of tfjs that run in a layer's forward pass. */
export async function countPrograms(row: NormRow, phase: Phase): Promise<number> {
  const run = forwardOf(row, phase);
  const { kernels } = await tf.profile(() => tf.tidy(run));
  return computing(kernels.map(({ name }) => name));
}

function layerOf(row: NormRow, phase: Phase): () => tf.Tensor {
  const options = row.mainOption ? { [row.mainOption]: 4 } : {};
  const layer = new (CLASSES[row.id] as unknown as new (o: object) => layers.Layer)(options);
  const x = tf.randomNormal([2, 3, 5, 8]);
  return () => layer.apply(x, { training: phase === 'training' }) as tf.Tensor;
}

function kernelOf(): () => tf.Tensor {
  const [v, g] = [tf.randomNormal([3, 3, 4, 8]), tf.ones([8])];
  return () => weightNorm(v, { g: g as tf.Tensor1D });
}
