import { train as optimizers, type Tensor, tensor2d, tidy } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { seededRandom, shuffled } from '../../src/monitor/random.js';
import { CLASSES, type Digits, imagesOf, PIXELS, splitDigits, targetsOf } from './data.js';
import { digitsModel } from './model.js';
import { learningRate, MOMENTUM, type Training } from './task.js';

export interface Progress {
  /** Epochs done; the fraction tells of the running one. */
  readonly epochs: number;
  /** Mean over the batches since the last report. */
  readonly loss: number;
}

/** An epoch done. */
export interface Epoch {
  readonly epochs: number;
  /** What its training took. */
  readonly seconds: number;
  readonly testError: number;
}

/** Gets told how a training goes, and is waited for. */
export interface Listener {
  progress(progress: Progress): void | Promise<void>;
  /** Where it is left out, the test images are not looked at before the end. */
  epoch?(epoch: Epoch): void | Promise<void>;
}

export interface Trained {
  readonly model: LayersModel;
  readonly testError: number;
  readonly secondsPerEpoch: number;
}

/** Class probabilities of the test images of a seed, 597 rows of ten. */
export async function predictTest(model: LayersModel, digits: Digits, seed: number): Promise<Float32Array> {
  const { test } = splitDigits(digits, seed);
  const y = tidy(() => model.predict(tensor2d(imagesOf(digits, test), [test.length, PIXELS])) as Tensor);
  const probabilities = await y.data<'float32'>(); // WebGPU has no other way to read.
  y.dispose();
  return probabilities;
}

/** The share of test images whose likeliest class is not their digit. */
export function errorOf(probabilities: Float32Array, digits: Digits, seed: number): number {
  const { test } = splitDigits(digits, seed);
  const wrong = test.filter((image, i) => {
    const row = probabilities.subarray(i * CLASSES, (i + 1) * CLASSES);
    return row.indexOf(Math.max(...row)) !== digits.labels[image];
  });
  return wrong.length / test.length;
}

async function trainOn(model: LayersModel, digits: Digits, images: readonly number[]): Promise<number> {
  const x = tensor2d(imagesOf(digits, images), [images.length, PIXELS]);
  const y = tensor2d(targetsOf(digits, images), [images.length, CLASSES]);
  try {
    return (await model.trainOnBatch(x, y)) as number;
  } finally {
    x.dispose();
    y.dispose();
  }
}

/** Gathers losses, and reports their mean a twentieth of an epoch apart. */
function reporter(epochs: number, report: Listener['progress']) {
  let reported = 0;
  let losses: number[] = [];
  return async (done: number, loss: number) => {
    losses.push(loss);
    if (done - reported < 0.05 && done < epochs) return;
    reported = done;
    await report({ epochs: done, loss: losses.reduce((sum, each) => sum + each, 0) / losses.length });
    losses = [];
  };
}

/** Trains one model, a batch at a time: `fit` does the same, and reports only between epochs. */
export async function train(task: Training, digits: Digits, listener: Listener): Promise<Trained> {
  const { batchSize, epochs, seed, images } = task;
  const model = digitsModel(task);
  const optimizer = optimizers.momentum(learningRate(batchSize), MOMENTUM);
  model.compile({ optimizer, loss: 'categoricalCrossentropy' });
  const { training } = splitDigits(digits, seed);
  const random = seededRandom(-1 - seed);
  const report = reporter(epochs, listener.progress);
  let total = 0;
  let testError = Number.NaN;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const started = performance.now();
    const order = shuffled(training, random).slice(0, images);
    for (let start = 0; start < order.length; start += batchSize) {
      const loss = await trainOn(model, digits, order.slice(start, start + batchSize));
      await report(epoch + Math.min(1, (start + batchSize) / order.length), loss);
    }
    const seconds = (performance.now() - started) / 1000;
    total += seconds;
    if (!listener.epoch && epoch + 1 < epochs) continue;
    testError = errorOf(await predictTest(model, digits, seed), digits, seed);
    await listener.epoch?.({ epochs: epoch + 1, seconds, testError });
  }
  return { model, testError, secondsPerEpoch: total / epochs };
}
