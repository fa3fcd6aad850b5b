/** What callers hand over with a model: checked once, in the same words for everything that takes it. */
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { problem } from '../core/errors.js';

type Inputs = tf.Tensor | tf.Tensor[];

/** Inputs of a model, or what a data set yields: `{xs}` or `[xs, ys]`-like objects hold them under `xs`. */
export type CalibrationBatch = Inputs | { xs: Inputs };

/** @throws NormalizationError for what has no layers: a graph model, nothing. */
export function checkModel(subject: string, model: unknown): asserts model is LayersModel {
  const { layers, apply } = (model ?? {}) as Partial<LayersModel>;
  if (Array.isArray(layers) && typeof apply === 'function') return;
  const advice = 'Pass what tf.sequential, tf.model or tf.loadLayersModel gives; a graph model has no layers.';
  throw problem(subject, 'model must be a model of layers', { model: model === null ? null : typeof model }, advice);
}

/** A dimension of null may have any size; the one of examples may be 0. */
const fits = (tensor: tf.Tensor, { shape }: SymbolicTensor) =>
  tensor.rank === shape.length && shape.every((size, i) => size === null || size === tensor.shape[i]);

/**
 * One batch as a list, a tensor for every input of the model; one that was never built takes any.
 *
 * @throws NormalizationError for what is no tensor, too few or many, or of another shape.
 */
export function inputsOf(subject: string, model: LayersModel, batch: CalibrationBatch, what = 'a batch'): tf.Tensor[] {
  const given = batch instanceof tf.Tensor || Array.isArray(batch) ? batch : batch?.xs;
  const list: unknown[] = [given].flat();
  const wanted: readonly SymbolicTensor[] | undefined = model.inputs;
  const isTensors = list.length > 0 && list.every((each): each is tf.Tensor => each instanceof tf.Tensor);
  const isFit = (tensors: tf.Tensor[], inputs: readonly SymbolicTensor[]) =>
    tensors.length === inputs.length && inputs.every((input, i) => fits(tensors[i] as tf.Tensor, input));
  if (isTensors && (!wanted || isFit(list as tf.Tensor[], wanted))) return list as tf.Tensor[];
  const received = { inputs: list.map((each) => (each instanceof tf.Tensor ? each.shape : typeof each)) };
  const shapes = wanted?.map(({ shape }) => shape) ?? 'of the model';
  const advice = `Pass tensors of shapes ${JSON.stringify(shapes)}.`;
  throw problem(subject, `${what} must be the inputs of the model, a tensor each`, received, advice);
}
