import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { problem } from '../core/errors.js';

type Inputs = tf.Tensor | tf.Tensor[];

export const MONITOR = 'monitorNormalization';

/** Examples to look at a model with; `ys` are for gradients. They stay the caller's. */
export type Probe = Inputs | { readonly xs: Inputs; readonly ys?: Inputs };
/** The loss of one output, as `compile` takes it. */
export type ProbeLoss = (targets: tf.Tensor, outputs: tf.Tensor) => tf.Tensor;

export interface Examined {
  readonly xs: Inputs;
  readonly ys: tf.Tensor[] | undefined;
}

const isTensor = (value: unknown): value is tf.Tensor => value instanceof tf.Tensor;
const areTensors = (value: unknown) => [value].flat().length > 0 && [value].flat().every(isTensor);

/** A list of two is `[xs, ys]`, unless the model has two inputs. */
export function probeOf(model: LayersModel, probe: Probe): Examined {
  const list = Array.isArray(probe) && probe.length === 2 && model.inputs.length !== 2;
  const given = list ? { xs: probe[0], ys: probe[1] } : probe;
  const { xs, ys } = (isTensor(given) || Array.isArray(given) ? { xs: given } : (given ?? {})) as {
    xs?: Inputs;
    ys?: Inputs;
  };
  if (xs && areTensors(xs) && (ys === undefined || areTensors(ys))) return { xs, ys: ys && [ys].flat() };
  throw problem(MONITOR, 'probe must be inputs of the model, or { xs, ys }', { probe: typeof probe }, 'Pass tensors.');
}
