import * as tf from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import type { NormRow, Phase } from '../../src/guide/index.js';
import { CLASSES } from '../../src/layers/classes.js';
import { weightNorm } from '../../src/ops/index.js';

/** What computes nothing: views. The package's own names are a program where they are fused; composed ones run others within. */
const FREE = { fused: /^(Reshape|Identity|unnamed scope)$/, composed: /^(Reshape|Identity|unnamed scope|tfnorm\..*)$/ };

/** Kernels of tfjs that run in a layer's forward pass, on an input with channels last and space. */
export async function countPrograms(row: NormRow, phase: Phase, form: keyof typeof FREE): Promise<number> {
  const run = row.of === 'weights' ? kernelOf() : layerOf(row, phase);
  run(); // the first call builds
  const { kernels } = await tf.profile(() => tf.tidy(run));
  return kernels.filter(({ name }) => !FREE[form].test(name)).length;
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
