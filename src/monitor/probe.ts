import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { problem } from '../core/errors.js';
import { inputsOf } from '../layers/inputs.js';

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

/** A target for every output, of as many examples. */
function checkTargets(model: LayersModel, xs: readonly tf.Tensor[], ys: readonly unknown[]): void {
  const count = xs[0]?.shape[0];
  const fits = (y: unknown) => isTensor(y) && y.shape[0] === count;
  if (ys.length === (model.outputs?.length ?? ys.length) && ys.every(fits)) return;
  const received = { ys: ys.map((y) => (isTensor(y) ? y.shape : typeof y)) };
  throw problem(MONITOR, 'ys of the probe must be a tensor for every output', received, 'Give a row an example.');
}

/** A list of two is `[xs, ys]`, unless the model has two inputs. */
export function probeOf(model: LayersModel, probe: Probe): Examined {
  const list = Array.isArray(probe) && probe.length === 2 && model.inputs.length !== 2;
  const given = list ? { xs: probe[0], ys: probe[1] } : probe;
  const { xs, ys } = (isTensor(given) || Array.isArray(given) ? { xs: given } : (given ?? {})) as {
    xs?: Inputs;
    ys?: Inputs;
  };
  const inputs = inputsOf(MONITOR, model, xs as Inputs, 'probe');
  if (ys !== undefined) checkTargets(model, inputs, [ys].flat());
  return { xs: xs as Inputs, ys: ys && [ys].flat() };
}
