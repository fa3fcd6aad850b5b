import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel, LayerVariable, layers } from '@tensorflow/tfjs-layers';
import { type Call, firstTensor, weightName, withCalls } from '../layers/intercept.js';
import { normalizationNamed } from '../layers/known.js';
import { layersWithin, type Placed } from '../layers/within.js';
import { normRow } from '../norms.js';
import { type ChannelMoments, channelAxis, channelMoments } from './moments.js';
import type { Examined, ProbeLoss } from './probe.js';

type Layer = layers.Layer;
type Inputs = tf.Tensor | tf.Tensor[];

/** Everything a look at a model gives, still on the device. */
export interface Sight {
  readonly loss: tf.Tensor | undefined;
  readonly outputs: ReadonlyMap<Layer, ChannelMoments[]>;
  readonly inputs: ReadonlyMap<Layer, ChannelMoments[]>;
  /** Sum of squares of the gradients of a layer's trainable weights. */
  readonly gradients: ReadonlyMap<Layer, tf.Tensor>;
}

export const movingMean = (layer: Layer) => layer.weights.find((weight) => weightName(weight) === 'moving_mean');

/** Puts back every weight as it was: a norm in training moves its memory, and clips its gates. */
function restoring<T>(model: LayersModel, run: () => T): T {
  const saved = [...new Set(model.weights)].map(
    (weight) => [weight.read() as tf.Variable, tf.clone(weight.read())] as const,
  );
  try {
    return run();
  } finally {
    for (const [variable, value] of saved) {
      if (variable.dataId !== value.dataId) variable.assign(value);
      value.dispose();
    }
  }
}

/** Containers pass on what they are told; weight normalization would initialize itself from the probe. */
function isQuiet(layer: Layer, holders: ReadonlySet<Layer | undefined>): boolean {
  const norm = normalizationNamed(layer.getClassName());
  return norm ? normRow(norm).of === 'weights' : !holders.has(layer);
}

/** Norms run as in training, with the batch's statistics; all else as in inference, so that nothing is drawn at random. */
function watching(model: LayersModel, watched: readonly Placed[], sight: Pick<Sight, 'outputs' | 'inputs'>) {
  const all = layersWithin(model);
  const holders = new Set(all.map(({ holder }) => holder?.layer));
  const quiet = new Set(all.map(({ layer }) => layer).filter((layer) => isQuiet(layer, holders)));
  const chosen = new Set(watched.map(({ layer }) => layer));
  const note = (to: ReadonlyMap<Layer, ChannelMoments[]>, layer: Layer, value: tf.Tensor) => {
    (to as Map<Layer, ChannelMoments[]>).set(layer, [
      ...(to.get(layer) ?? []),
      channelMoments(value, channelAxis(layer, value.rank)),
    ]);
  };
  const around = ({ layer, inputs, kwargs, proceed }: Call) => {
    const y = proceed(quiet.has(layer) ? { ...kwargs, training: false } : kwargs);
    if (chosen.has(layer) && firstTensor(y).rank > 0) {
      note(sight.outputs, layer, firstTensor(y));
      if (movingMean(layer)) note(sight.inputs, layer, firstTensor(inputs));
    }
    return y;
  };
  return <T>(run: () => T) => withCalls(new Set([...quiet, ...chosen]), around, run);
}

/** A sequential model compiles one that it holds. */
const compiled = (model: LayersModel) => (model as { model?: LayersModel }).model ?? model;

/** The loss that `fit` would minimize on these examples, what regularizers add included. */
function lossOf(model: LayersModel, { xs, ys = [] }: Examined, loss: ProbeLoss | undefined): tf.Scalar {
  const outputs = [model.apply(xs, { training: true }) as Inputs].flat();
  const losses = outputs.map((output, i) => {
    const of = loss ?? (compiled(model).lossFunctions[i] as ProbeLoss);
    return tf.mean(of(ys[i] as tf.Tensor, output)); // []
  });
  return [...losses, ...model.calculateLosses()].reduce((a, b) => tf.add(a, b)) as tf.Scalar; // []
}

const trainable = (layer: Layer) => layer.trainableWeights.filter((weight) => (weight.read() as tf.Variable).trainable);

function gradientsOf(weights: readonly LayerVariable[], run: () => tf.Scalar) {
  const variables = weights.map((weight) => weight.read() as tf.Variable);
  if (variables.length === 0) return { value: run(), squares: new Map<LayerVariable, tf.Tensor>() };
  const { value, grads } = tf.variableGrads(run, variables);
  const squares = weights.map((weight, i) => {
    const gradient = grads[(variables[i] as tf.Variable).name];
    return [weight, gradient ? tf.sum(tf.square(gradient)) : tf.scalar(0)] as const; // []
  });
  return { value, squares: new Map(squares) };
}

type Noted = Pick<Sight, 'outputs' | 'inputs'>;
const nothingYet = (): Noted => ({ outputs: new Map(), inputs: new Map() });

function forget({ outputs, inputs }: Noted): void {
  const calls = [...outputs.values(), ...inputs.values()].flat();
  tf.dispose(calls.flatMap(({ mean, variance }) => [mean, variance]));
}

const sees = (model: LayersModel, { ys }: Examined, loss: ProbeLoss | undefined) =>
  ys !== undefined && (loss ?? compiled(model).lossFunctions) !== undefined;

/** Throws what a look would throw. A tape that is left by an error would keep its tensors for ever: this runs without one. */
export function rehearse(model: LayersModel, probe: Examined, loss: ProbeLoss | undefined): void {
  const noted = nothingYet();
  const run = () => (sees(model, probe, loss) ? lossOf(model, probe, loss) : model.apply(probe.xs, { training: true }));
  tf.tidy(() => restoring(model, () => void watching(model, [], noted)(run)));
}

/** Looks at a model without changing it. */
export function look(
  model: LayersModel,
  watched: readonly Placed[],
  probe: Examined,
  loss: ProbeLoss | undefined,
): Sight {
  const noted = nothingYet();
  const gradients = new Map<Layer, tf.Tensor>();
  const watch = watching(model, watched, noted);
  const see = () => {
    if (!sees(model, probe, loss)) {
      watch(() => void model.apply(probe.xs, { training: true }));
      return undefined;
    }
    const weights = [...new Set(watched.flatMap(({ layer }) => trainable(layer)))];
    const { value, squares } = gradientsOf(weights, () => watch(() => lossOf(model, probe, loss)));
    for (const { layer } of watched) {
      const own = trainable(layer).map((weight) => squares.get(weight) as tf.Tensor);
      if (own.length > 0) gradients.set(layer, tf.keep(own.reduce((a, b) => tf.add(a, b), tf.scalar(0)))); // []
    }
    return tf.keep(tf.clone(value)); // []
  };
  try {
    return { ...noted, gradients, loss: tf.tidy(() => ({ kept: restoring(model, see) })).kept };
  } catch (error) {
    forget(noted);
    tf.dispose([...gradients.values()]);
    throw error;
  }
}

/** How many values of each weight are not finite, still on the device. */
export function spoilt(model: LayersModel): Map<LayerVariable, tf.Tensor> {
  const weights = [...new Set(model.weights)].filter((weight) => weight.read().dtype === 'float32');
  const count = (weight: LayerVariable) =>
    tf.tidy(() => tf.sum(tf.cast(tf.logicalNot(tf.isFinite(weight.read())), 'float32'))); // []
  return new Map(weights.map((weight) => [weight, count(weight)]));
}
