import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { io } from '@tensorflow/tfjs-core';
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers';
import { normal } from '../../suites/harness.js';

interface Saved {
  /** What Keras 3 writes. */
  readonly keras: Record<string, unknown>;
  /** The same network in the layout that tfjs loads, which is Keras 2's. */
  readonly modelTopology: Record<string, unknown>;
  /** Every weight of Keras, layer by layer. */
  readonly weights: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly kerasVersion: string;
}

/** Keras's MobileNetV2, width 0.35, for 96 × 96 images and 10 classes; make.py wrote it. */
export function mobileNetV2(): Saved {
  return JSON.parse(gunzipSync(readFileSync(join(__dirname, 'mobilenetV2.json.gz'))).toString('utf8'));
}

/** Mean and deviation of random weights, so that a network of them is in the state of a trained one. */
const DRAWN: Readonly<Record<string, readonly [mean: number, std: number]>> = {
  gamma: [1, 0.1],
  beta: [0, 0.2],
  moving_mean: [0, 0.5],
  moving_variance: [1, 0.1],
  bias: [0, 0.1],
};

function drawn({ name, shape }: Saved['weights'][number], seed: number): Float32Array {
  const size = shape.reduce((a, b) => a * b, 1);
  const kind = name.split('/').pop() as string;
  const fanIn = size / (shape[kind === 'depthwise_kernel' ? shape.length - 2 : shape.length - 1] ?? 1);
  const [mean, std] = DRAWN[kind] ?? [0, Math.sqrt(2 / fanIn)];
  const values = normal(size, { seed, mean, std });
  return Float32Array.from(values, (value) => (kind === 'moving_variance' ? Math.max(value, 0.5) : value));
}

/** What a file of it would hold, weights drawn from a seed: for `loadLayersModel(io.fromMemory(…))`. */
export function mobileNetV2Artifacts(seed = 1): io.ModelArtifacts {
  const { modelTopology, weights } = mobileNetV2();
  const specs = weights.map(({ name, shape }) => ({ name, shape: [...shape], dtype: 'float32' as const }));
  const data = weights.map((weight, i) => drawn(weight, seed * 1000 + i));
  const all = new Float32Array(data.reduce((n, { length }) => n + length, 0));
  data.reduce((at, values) => {
    all.set(values, at);
    return at + values.length;
  }, 0);
  return { modelTopology, weightSpecs: specs, weightData: all.buffer, format: 'layers-model' };
}

/** The network, loaded as from a file. */
export const loadMobileNetV2 = (seed = 1): Promise<LayersModel> =>
  loadLayersModel(io.fromMemory(mobileNetV2Artifacts(seed)));
