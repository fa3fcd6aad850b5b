import type * as tf from '@tensorflow/tfjs-core';
import type { Optimizer } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { problem } from '../core/errors.js';
import { weightName } from '../layers/intercept.js';
import { isNormalization } from '../layers/known.js';
import { layersWithin } from '../layers/within.js';
import { COMPARE, type Pass, sizeOf, type TrainingBatch } from './data.js';
import { measure, metricIndex } from './metric.js';
import type { SeedData } from './sources.js';
import { mean } from './statistics.js';

/** One norm trained from one seed. */
export interface Run {
  readonly seed: number;
  /** The metric on the validation data after the last epoch; `undefined` where training was stopped. */
  readonly value: number | undefined;
  /** The metric before training and after each epoch. */
  readonly curve: readonly number[];
  /** Mean training loss of each epoch. */
  readonly losses: readonly number[];
  /** Why and when training was stopped. */
  readonly diverged?: { readonly step: number; readonly epoch: number; readonly reason: string };
  readonly secondsPerEpoch: number;
  readonly steps: number;
}

export interface TrialSettings {
  readonly epochs: number;
  readonly metric: string;
  readonly divergence: number;
  readonly signal: AbortSignal | undefined;
  /** Called after each step that is far enough from the last, and each epoch. */
  readonly report: (state: TrialState) => void | Promise<void>;
}

export interface TrialState {
  readonly epoch: number;
  readonly step: number;
  readonly loss: number;
  readonly value?: number;
}

/** Losses of single batches jump: it is the mean of so many that is held against the start. */
const WINDOW = 10;
/** A page that trains must stay alive. */
const BREATH = 100;

/** Tells whether training has left the ground, and why. A loss that goes below 0 has no ground: it must be finite, no more. */
function watchOf(start: number, factor: number) {
  const recent: number[] = [];
  let base = start;
  return (loss: number): string | undefined => {
    if (!Number.isFinite(loss)) return `the loss is ${loss}`;
    if (loss < 0 || base < 0) base = Number.NEGATIVE_INFINITY;
    else if (recent.length === 0) base = Math.max(base, loss);
    recent.push(loss);
    if (recent.length > WINDOW) recent.shift();
    const now = mean(recent);
    const far = recent.length === WINDOW && base >= 0 && now > factor * base;
    return far ? `the loss is ${now.toPrecision(3)}, at the start it was ${base.toPrecision(3)}` : undefined;
  };
}

/** Lets a page draw, not more often than it can see. */
function breather() {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < BREATH) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    last = performance.now();
  };
}

async function step(model: LayersModel, { xs, ys }: TrainingBatch): Promise<number> {
  const result = await model.trainOnBatch(xs as tf.Tensor, ys as tf.Tensor);
  return Array.isArray(result) ? (result[0] as number) : result;
}

const nothingIn = (pass: Pass) =>
  problem(COMPARE, 'every epoch must have batches', { ...pass }, 'Let data.train return new batches at every call.');

/** Trains a compiled model: a fixed budget, the last epoch counts, nothing is chosen by the validation data. */
export async function train(model: LayersModel, seed: number, data: SeedData, settings: TrialSettings): Promise<Run> {
  const at = metricIndex(model, settings.metric);
  const pass = { seed, epoch: 0 };
  const before = await measure(model, data.validation(pass));
  const unhealthy = watchOf(Number.isFinite(before[0]) ? (before[0] as number) : 0, settings.divergence);
  const breathe = breather();
  const curve = [before[at] as number];
  const losses: number[] = [];
  let [steps, spent] = [0, 0];
  for (let epoch = 0; epoch < settings.epochs; epoch++) {
    const started = performance.now();
    let [sum, examples] = [0, 0];
    for await (const batch of data.train({ seed, epoch })) {
      settings.signal?.throwIfAborted();
      const loss = await step(model, batch);
      steps++;
      const reason = unhealthy(loss);
      if (reason) {
        const diverged = { step: steps, epoch, reason };
        return { seed, value: undefined, curve, losses, diverged, secondsPerEpoch: Number.NaN, steps };
      }
      sum += loss * sizeOf(batch);
      examples += sizeOf(batch);
      await settings.report({ epoch, step: steps, loss });
      await breathe();
    }
    if (examples === 0) throw nothingIn({ seed, epoch });
    spent += performance.now() - started;
    losses.push(sum / examples);
    const value = (await measure(model, data.validation({ seed, epoch })))[at] as number;
    curve.push(value);
    await settings.report({ epoch: epoch + 1, step: steps, loss: sum / examples, value });
  }
  const value = curve.at(-1) as number;
  const secondsPerEpoch = spent / 1000 / settings.epochs;
  if (Number.isFinite(value)) return { seed, value, curve, losses, secondsPerEpoch, steps };
  const reason = `${settings.metric} is ${value} on the validation data`;
  const diverged = { step: steps, epoch: settings.epochs, reason };
  return { seed, value: undefined, curve, losses, diverged, secondsPerEpoch, steps };
}

/** Frees a model, and the optimizer that `compile` was given as an object: the host frees only its own. */
export function release(model: LayersModel): void {
  const { optimizer, isOptimizerOwned: own } = model as unknown as {
    optimizer?: Optimizer;
    isOptimizerOwned?: boolean;
  };
  model.dispose();
  if (!own) optimizer?.dispose();
}

/**
 * A number that changes with any value of the initial kernels: whether two models start alike. Norms and biases are left out,
 * by which models of different norms differ.
 */
export async function startOf(model: LayersModel): Promise<string> {
  const norms = new Set(
    layersWithin(model).flatMap(({ layer }) => (isNormalization(layer) ? layer.trainableWeights : [])),
  );
  const kernels = [...new Set(model.trainableWeights)].filter(
    (weight) => /kernel|embeddings/.test(weightName(weight)) || (!norms.has(weight) && weight.shape.length > 1),
  );
  let hash = 0;
  for (const kernel of kernels) {
    const values = Float32Array.from(await kernel.read().data());
    for (const bits of new Int32Array(values.buffer)) hash = (Math.imul(hash, 31) + bits) | 0;
  }
  return `${kernels.length}:${hash}`;
}
