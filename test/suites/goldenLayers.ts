import type * as tfCore from '@tensorflow/tfjs-core';
import type * as tfLayers from '@tensorflow/tfjs-layers';
import { type GoldenCase, inputTensors, type Tensors } from './goldenCase.js';
import type { Pack, Tf } from './harness.js';

type Layer = tfLayers.layers.Layer;

const FACTORIES: Readonly<Record<string, keyof Pack>> = {
  batch: 'batchNormalization',
  batchInstance: 'batchInstanceNormalization',
  switchable: 'switchableNormalization',
  meanOnlyBatch: 'meanOnlyBatchNormalization',
};

/** Names in saved files, and the case's for the same weights. */
const WEIGHTS: Readonly<Record<string, string>> = {
  gamma: 'gamma',
  beta: 'beta',
  rho: 'rho',
  mean_weight: 'meanWeight',
  variance_weight: 'varianceWeight',
  moving_mean: 'mean',
  moving_variance: 'variance',
};

function build(pack: Pack, c: GoldenCase, tensors: Tensors, training?: boolean): Layer {
  const make = pack[FACTORIES[c.norm] as keyof Pack] as unknown as (config: object) => Layer;
  const scale = c.norm === 'meanOnlyBatch' ? {} : { scale: 'gamma' in tensors };
  const chosen = training === undefined ? {} : { training };
  const layer = make({ ...c.options, ...scale, center: 'beta' in tensors, ...chosen });
  // Not `build`: the host refuses to dispose a layer that it has not seen used. Nothing trains here.
  layer.apply(tensors.x as tfCore.Tensor);
  const current = layer.getWeights();
  layer.setWeights(
    layer.weights.map((weight, i) => tensors[WEIGHTS[nameOf(weight)] as string] ?? (current[i] as tfCore.Tensor)),
  );
  return layer;
}

/** The host puts the layer's name before the weight's. */
const nameOf = ({ originalName }: Layer['weights'][number]) => originalName.split('/').pop() as string;

function weight(layer: Layer, name: string) {
  return layer.weights.find((candidate) => nameOf(candidate) === name);
}

/** A training step of a layer with a memory: y, and the memory after it. */
function train(pack: Pack, c: GoldenCase, tensors: Tensors, layers: Layer[]): Tensors {
  const layer = build(pack, c, tensors);
  layers.push(layer);
  const results: Tensors = { y: layer.apply(tensors.x as tfCore.Tensor, { training: true }) as tfCore.Tensor };
  const mean = weight(layer, 'moving_mean')?.read();
  const variance = weight(layer, 'moving_variance')?.read();
  // A variable dies with its layer, before the values are looked at.
  if (mean) results.movingMean = mean.clone();
  if (variance) results.movingVariance = variance.clone();
  return results;
}

/** Derivatives of a layer that has no op. Its `training` option chooses the statistics, its memory stays. */
function differentiate(tf: Tf, pack: Pack, c: GoldenCase, tensors: Tensors, layers: Layer[]): Tensors {
  const { x, dy, ddx } = tensors as { x: tfCore.Tensor; dy?: tfCore.Tensor; ddx?: tfCore.Tensor };
  const layer = build(pack, c, tensors, !('mean' in tensors));
  layers.push(layer);
  const apply = (input: tfCore.Tensor) => layer.apply(input) as tfCore.Tensor;
  const results: Tensors = { y: apply(x) };
  if (!dy) return results;
  if ('dx' in c.expected) results.dx = tf.grads(apply)([x], dy)[0] as tfCore.Tensor;
  const beta = weight(layer, 'beta');
  if (beta) {
    const { value, grads } = tf.variableGrads(() => tf.sum(tf.mul(apply(x), dy)) as tfCore.Scalar);
    value.dispose();
    results.dbeta = grads[beta.name] as tfCore.Tensor;
  }
  if (ddx) {
    const inner = (g: tfCore.Tensor) => tf.sum(tf.mul(tf.grads(apply)([x], g)[0] as tfCore.Tensor, ddx));
    results.secondDy = tf.grads(inner)([dy])[0] as tfCore.Tensor;
  }
  return results;
}

/** What the case expects, by the layer. Layers made are pushed to `layers`, for the caller to dispose. */
export function runLayer(tf: Tf, pack: Pack, c: GoldenCase, layers: Layer[]): Tensors {
  const tensors = inputTensors(tf, c);
  return 'momentum' in c.options ? train(pack, c, tensors, layers) : differentiate(tf, pack, c, tensors, layers);
}
