import type { io } from '@tensorflow/tfjs-core';
import type { LayersModel, layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import * as pack from '../../src/index.js';
import { input, tf } from '../layers/setup.js';

export type Layer = layers.Layer;
export type Tensor = ReturnType<typeof input>;

/** A wrapper, and the layer it wraps by its own name. */
export const wrap = (layer: Layer, more: object = {}) => pack.weightNormalization({ layer, ...more });

/** A functional model of layers in a row behind an input of `shape`. */
export function chain(shape: (number | null)[], ...row: Layer[]): LayersModel {
  const inputs = tf.input({ shape });
  const outputs = row.reduce<SymbolicTensor>((x, layer) => layer.apply(x) as SymbolicTensor, inputs);
  return tf.model({ inputs, outputs });
}

/** The model from its own saved file. */
export async function reloaded(model: LayersModel, includeOptimizer = false): Promise<LayersModel> {
  let kept: io.ModelArtifacts | undefined;
  const handler = tf.io.withSaveHandler(async (artifacts) => {
    kept = artifacts;
    return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' as const } };
  });
  await model.save(handler, { includeOptimizer });
  const { weightData, ...json } = kept as io.ModelArtifacts;
  return tf.loadLayersModel(tf.io.fromMemory({ ...JSON.parse(JSON.stringify(json)), weightData }));
}

export const names = (layer: Layer) => layer.weights.map(({ originalName }) => originalName);

export const values = (t: Tensor | Tensor[]) => Array.from(tf.tidy(() => (t as Tensor).dataSync()));

/** One step of training towards a fixed target. */
export async function trainOnce(model: LayersModel, x: Tensor | Tensor[]): Promise<void> {
  model.compile({ optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError' });
  const y = model.predict(x) as Tensor;
  await model.trainOnBatch(x, input(y.shape, 17));
  y.dispose();
}
