import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { problem } from '../core/errors.js';
import type { CalibrationBatch } from '../layers/inputs.js';
import { type Deviation, measured } from './deviation.js';
import type { Layer } from './graph.js';
import { type Batch, givenBatch, predict, syntheticBatch } from './inputs.js';
import { type Rebuilt, rebuild } from './rebuild.js';
import { verifyCopies } from './verify.js';

/**
 * Runs `f` with a model that gives what `model` does, and with what stands there for a layer: itself, or, where running it
 * would move its states, a copy.
 */
export async function asReference<T>(
  subject: string,
  model: LayersModel,
  f: (reference: LayersModel, counterpart: (layer: Layer) => Layer) => Promise<T>,
): Promise<T> {
  if (!model.stateful) return f(model, (layer) => layer);
  const copy = rebuild(subject, model, new Map());
  try {
    return await f(copy.model, (layer) => copy.madeFor(layer)[0] as Layer);
  } finally {
    copy.dispose();
  }
}

/** Whether a model takes the inputs; where they are random ones, that says nothing against it. */
function refuses(model: LayersModel, batch: Batch): string | undefined {
  try {
    tf.tidy(() => void predict(model, batch));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The deviation, or why it could not be measured. */
export async function deviationOf(
  subject: string,
  model: LayersModel,
  { model: made, copies }: Rebuilt,
  { input, seed = 1 }: { input?: CalibrationBatch | undefined; seed?: number | undefined },
): Promise<Deviation | string> {
  const batch = input === undefined ? syntheticBatch(model, seed) : await givenBatch(subject, model, input);
  try {
    return await asReference(subject, model, async (reference) => {
      const before = refuses(reference, batch);
      if (before !== undefined && input === undefined) return `random input was refused: ${before}`;
      if (before === undefined && reference === model) await verifyCopies(subject, copies, model, batch);
      const after = before ?? refuses(made, batch);
      if (after !== undefined) {
        throw problem(subject, 'the model must run on the input', { cause: after }, 'Pass input that the model takes.');
      }
      for (const each of [reference, made]) if (each.stateful) each.resetStates();
      return measured(reference, made, batch, input === undefined ? 'synthetic' : 'given');
    });
  } finally {
    if (made.stateful) made.resetStates();
    if (input === undefined) tf.dispose([...batch]);
  }
}

/** What changes around the norms. */
export function changesAround(model: LayersModel, made: LayersModel): string[] {
  const { optimizer, outputNames } = model as Partial<LayersModel>;
  const names = (made as Partial<LayersModel>).outputNames;
  return [
    ...(optimizer ? ['the old model is compiled, the new one is not: compile it; the optimizer starts anew'] : []),
    ...(`${names}` === `${outputNames}` ? [] : [`the outputs are now called ${names?.join(', ')}`]),
  ];
}
