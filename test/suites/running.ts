import type { Tensor } from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import type { NormRow } from '../../src/norms.js';
import type { Pack, Tf } from './harness.js';
import { isAffine, type Options, opOption, parameters, type Sample, type Tensors } from './samples.js';

/** Samples run: by an op, by a layer, and read without blocking. */

type Op = (x: Tensor, options: object) => Tensor;

/** The op of a row; mean-only batch norm is a layer alone. */
export function opOf(pack: Pack, { id }: NormRow): Op | undefined {
  const ops = pack as unknown as Record<string, Op | undefined>;
  return ops[`${id}Norm`] ?? ops[`${id.replace(/able$/, '')}Norm`];
}

/** A row's layer; a wrapper gets a dense layer of as many units as the input has features. */
export function makeLayer(tf: Tf, pack: Pack, row: NormRow, args: Options = {}): layers.Layer {
  const factories = pack as unknown as Record<string, (args: object) => layers.Layer>;
  const make = factories[`${row.id}Normalization`] as (args: object) => layers.Layer;
  if (row.of === 'activations') return make(args);
  return make({ layer: tf.layers.dense({ units: 6, kernelInitializer: 'glorotNormal' }), ...args });
}

/** A built layer that holds the sample's weights. */
export function layerOf(tf: Tf, pack: Pack, subject: Sample, args: Options = {}): layers.Layer {
  const layer = makeLayer(tf, pack, subject.row, { ...subject.options, ...args });
  layer.build([null, ...subject.shape.slice(1)]);
  if (subject.row.of === 'weights') return layer;
  tf.tidy(() => {
    const weights = parameters(tf, subject, true);
    layer.setWeights(layer.weights.map((variable) => weights[nameOf(variable)] as Tensor));
  });
  return layer;
}

/** A weight's name as the table has it: the host puts the layer's before and makes it unique. */
export function nameOf({ originalName }: { originalName: string }): string {
  return originalName.split('/').pop() as string;
}

/** The host frees a layer's weights only where it counted an application of it. */
export function free(layer: layers.Layer): void {
  for (const weight of layer.weights) weight.dispose();
}

/** The forward pass: by the op, or by the layer where a row has no op. Call it inside `read`. */
export function forward(tf: Tf, pack: Pack, subject: Sample, x: Tensor, weights: Tensors = {}): Tensor {
  const op = opOf(pack, subject.row);
  if (op) {
    const named = Object.entries(weights).map(([name, tensor]) => [opOption(name), tensor]);
    return op(x, { ...subject.options, ...Object.fromEntries(named) });
  }
  return forwardByLayer(tf, pack, subject, x, weights);
}

function forwardByLayer(tf: Tf, pack: Pack, subject: Sample, x: Tensor, weights: Tensors): Tensor {
  const args = { ...subject.options, center: 'beta' in weights, training: !('moving_mean' in weights) };
  const layer = makeLayer(tf, pack, subject.row, args);
  layer.build([null, ...x.shape.slice(1)]);
  layer.setWeights(layer.weights.map((variable) => weights[nameOf(variable)] ?? variable.read()));
  const y = layer.call(x, {}) as Tensor;
  free(layer);
  return y;
}

/** Runs `f` in a tidy and reads what it returns without blocking, as WebGPU needs it. */
export async function read(tf: Tf, f: () => Tensor): Promise<Float32Array> {
  const tensor = tf.tidy(f);
  const values = (await tensor.data()) as Float32Array;
  tensor.dispose();
  return values;
}

export async function readAll(tf: Tf, f: () => Tensor[]): Promise<Float32Array[]> {
  const tensors = tf.tidy(f);
  const values = await Promise.all(tensors.map((t) => t.data() as Promise<Float32Array>));
  tf.dispose(tensors);
  return values;
}

/** The op on a sample with its weights: what most checks compare. */
export function result(tf: Tf, pack: Pack, subject: Sample, affine = true, x = subject.x): Promise<Float32Array> {
  return read(tf, () => {
    const weights = Object.entries(parameters(tf, subject)).filter(([name]) => affine || !isAffine(name));
    return forward(tf, pack, subject, tf.tensor(x, [...subject.shape]), Object.fromEntries(weights));
  });
}

/** tfjs-wasm's fused matrix product trips the engine's own leak check, which is off while the host's layers run. */
export async function besideHost(tf: Tf, f: () => Promise<unknown>): Promise<void> {
  const check = tf.env().getBool('IS_TEST');
  tf.env().set('IS_TEST', false);
  try {
    await f();
  } finally {
    tf.env().set('IS_TEST', check);
  }
}
