/** What callers hand over with a model: checked once, in the same words for everything that takes it. */
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { problem } from '../core/errors.js';

type Inputs = tf.Tensor | tf.Tensor[];

/** Inputs of a model, or what a data set yields: `{xs}` or `[xs, ys]`-like objects hold them under `xs`. */
export type CalibrationBatch = Inputs | { xs: Inputs };

/** @throws NormalizationError for what has no layers: a graph model, nothing. */
export function checkModel(subject: string, model: unknown): asserts model is LayersModel {
  const { layers, outputs, apply } = (model ?? {}) as Partial<LayersModel>;
  if (Array.isArray(layers) && Array.isArray(outputs) && typeof apply === 'function') return;
  const advice = 'Pass what tf.sequential, tf.model or tf.loadLayersModel gives; a graph model has no layers.';
  throw problem(subject, 'model must be a layers model', { model: model === null ? null : typeof model }, advice);
}

type Shape = readonly (number | null)[];

/** A dimension of null may have any size, the first any number of examples: so the host takes it. */
const fits = ({ shape }: tf.Tensor, wanted: Shape): boolean =>
  shape.length === wanted.length && wanted.every((size, i) => i === 0 || size === null || size === shape[i]);

const isTensor = (value: unknown): value is tf.Tensor => value instanceof tf.Tensor && !value.isDisposed;

/**
 * One batch as a list, a tensor for every input of the model; what the host would fail on somewhere within it is refused in words.
 *
 * @throws NormalizationError for what is no tensor, too few or many, of another shape, of unequal numbers of examples; and for
 *   a model that does not know its inputs yet. `what` is how the caller names the batch.
 */
export function inputsOf(subject: string, model: LayersModel, batch: CalibrationBatch, what = 'a batch'): tf.Tensor[] {
  const inputs: readonly SymbolicTensor[] = model.inputs ?? [];
  if (inputs.length === 0)
    throw problem(subject, 'the model must know its inputs', {}, 'Give its first layer an inputShape.');
  const given = batch instanceof tf.Tensor || Array.isArray(batch) ? batch : batch?.xs;
  const list: unknown[] = [given].flat();
  const wanted = inputs.map(({ shape }) => shape);
  const received = { inputs: list.map((each) => (isTensor(each) ? each.shape : typeof each)) };
  if (!list.every(isTensor) || list.length !== wanted.length || !list.every((x, i) => fits(x, wanted[i] as Shape))) {
    const advice = `Pass tensors of shapes ${JSON.stringify(wanted)}.`;
    throw problem(subject, `${what} must be the inputs of the model, a tensor each`, received, advice);
  }
  if (new Set(list.map(({ shape }) => shape[0])).size > 1)
    throw problem(subject, `${what} must have one number of examples`, received, 'Pass as many of each input.');
  return list;
}
