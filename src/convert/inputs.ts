import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { problem } from '../core/errors.js';
import { type CalibrationBatch, inputsOf } from '../layers/inputs.js';
import { layersWithin } from '../layers/within.js';
import { allNodesOf } from './graph.js';

/** Inputs of a model, one tensor each. */
export type Batch = readonly tf.Tensor[];

/** Examples, and lengths of dimensions that may vary, in synthetic inputs. */
const EXAMPLES = 4;
const LENGTH = 16;

const isTensors = (value: unknown): value is tf.Tensor[] =>
  Array.isArray(value) && value.length > 0 && value.every((each) => each instanceof tf.Tensor);

function batchOf(subject: string, model: LayersModel, given: CalibrationBatch): Batch {
  const batch = inputsOf(subject, model, given);
  if (batch.every(({ size }) => size > 0)) return batch;
  const received = { inputs: batch.map(({ shape }) => shape) };
  throw problem(subject, 'a batch must have examples', received, 'Leave empty batches out.');
}

/** A NaN goes everywhere, and would be blamed on the layers it goes through. */
async function checkFinite(subject: string, batch: Batch): Promise<void> {
  for (const [index, { shape, dtype }] of batch.entries()) {
    if (dtype !== 'float32') continue;
    const finite = tf.tidy(() => tf.all(tf.isFinite(batch[index] as tf.Tensor))); // []
    const [isSound] = await finite.data();
    finite.dispose();
    if (isSound) continue;
    const advice = 'Replace or leave out what is NaN or infinite.';
    throw problem(subject, 'inputs must be finite', { input: index, shape }, advice);
  }
}

/** One batch, as it is given, of finite values. */
export async function givenBatch(subject: string, model: LayersModel, given: CalibrationBatch): Promise<Batch> {
  const batch = batchOf(subject, model, given);
  await checkFinite(subject, batch);
  return batch;
}

/** Batches as they are given: one, or any iterable of them. With several inputs a list of tensors is one batch. */
export async function batchesOf(
  subject: string,
  model: LayersModel,
  given: CalibrationBatch | Iterable<CalibrationBatch> | AsyncIterable<CalibrationBatch>,
): Promise<Batch[]> {
  const several = given as Partial<Iterable<CalibrationBatch> & AsyncIterable<CalibrationBatch>>;
  const isOne = given instanceof tf.Tensor || (isTensors(given) && model.inputs.length > 1);
  const list: CalibrationBatch[] = [];
  if (isOne || !(several?.[Symbol.iterator] || several?.[Symbol.asyncIterator])) list.push(given as CalibrationBatch);
  else for await (const batch of given as AsyncIterable<CalibrationBatch>) list.push(batch);
  if (list.length === 0)
    throw problem(subject, 'there must be at least one batch', { batches: 0 }, 'Pass some inputs.');
  return Promise.all(list.map((batch) => givenBatch(subject, model, batch)));
}

/** How many words the embeddings know that read an input: it then holds whole numbers below. */
function vocabulary(model: LayersModel, { id }: SymbolicTensor): number | undefined {
  const readers = allNodesOf(model).filter(({ inputTensors }) => inputTensors.some((tensor) => tensor.id === id));
  const within = readers.flatMap(({ outboundLayer: layer }) => [
    layer,
    ...layersWithin(layer).map((each) => each.layer),
  ]);
  const sizes = within.flatMap((layer) => (layer.getConfig().inputDim as number | undefined) ?? []);
  return sizes.length > 0 ? Math.min(...sizes) : undefined;
}

function synthetic(model: LayersModel, input: SymbolicTensor, seed: number): tf.Tensor {
  const shape = input.shape.map((size, i) => size ?? (i === 0 ? EXAMPLES : LENGTH));
  const words = vocabulary(model, input) ?? (input.dtype === 'float32' ? undefined : 2);
  if (words === undefined) return tf.randomNormal(shape, 0, 1, 'float32', seed); // [input]
  const numbers = tf.floor(tf.randomUniform(shape, 0, words, 'float32', seed)); // [input]
  return tf.cast(tf.minimum(numbers, words - 1), input.dtype ?? 'float32'); // [input]
}

/** Seeded inputs of the shapes a model asks for, whoever calls disposes them. */
export const syntheticBatch = (model: LayersModel, seed: number): Batch =>
  tf.tidy(() => model.inputs.map((input, i) => synthetic(model, input, seed + i)));

/** A model's outputs in inference. */
export function predict(model: LayersModel, batch: Batch): tf.Tensor[] {
  const inputs = batch.length === 1 ? (batch[0] as tf.Tensor) : [...batch];
  const batchSize = Math.max(1, batch[0]?.shape[0] ?? 1);
  return [model.predict(inputs, { batchSize })].flat();
}
