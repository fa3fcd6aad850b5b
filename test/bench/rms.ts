/**
 * RMS against layer normalization, what the guide's cost note says: `npm run bench:guide`. Ratios of medians, the two in turn in
 * one process.
 */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import Table from 'cli-table3';
import { useBackend } from '../../models/digits/backend.js';
import { BACKENDS } from '../../models/digits/task.js';
import { layerNorm, rmsNorm } from '../../src/ops/index.js';

const SHAPES: readonly (readonly [number, number])[] = [
  [64, 256],
  [1024, 768],
  [4096, 1024],
];
const ROUNDS = 31;

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] as number;

/** Both backends compute at once: when a call returns, it is done. */
function milliseconds(run: () => tf.Tensor): number {
  const started = performance.now();
  const y = tf.tidy(run);
  const taken = performance.now() - started;
  y.dispose();
  return taken;
}

/** How much of layer norm's time RMS takes. */
function ratio(layer: () => tf.Tensor, rms: () => tf.Tensor): string {
  const times: [number[], number[]] = [[], []];
  for (let round = -3; round < ROUNDS; round++) {
    const pair = [milliseconds(layer), milliseconds(rms)];
    if (round >= 0) for (const i of [0, 1] as const) times[i].push(pair[i] as number);
  }
  return (median(times[1]) / median(times[0])).toFixed(2);
}

const table = new Table({
  head: ['backend', 'shape', 'forward', 'forward and backward'],
  style: { head: [], border: [] },
});
for (const backend of BACKENDS) {
  await useBackend(backend);
  for (const shape of SHAPES) {
    const x = tf.randomNormal([...shape]);
    const gamma = tf.ones([shape[1]]);
    const beta = tf.zeros([shape[1]]);
    const layer = () => layerNorm(x, { gamma, beta });
    const rms = () => rmsNorm(x, { gamma });
    const gradientOf = (op: (v: tf.Tensor) => tf.Tensor) => () => tf.grad((v) => tf.sum(tf.square(op(v))))(x);
    const both = ratio(
      gradientOf((v) => layerNorm(v, { gamma, beta })),
      gradientOf((v) => rmsNorm(v, { gamma })),
    );
    table.push([backend, `[${shape.join(', ')}]`, ratio(layer, rms), both]);
  }
}
console.log('RMS as a share of layer norm’s time (below 1: RMS is faster)');
console.log(table.toString());
