import { setImmediate } from 'node:timers/promises';
import { train as optimizers, type Tensor, tensor2d, tidy } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { CLASSES, type Digits, imagesOf, loadDigits, PIXELS, splitDigits, targetsOf } from './data.js';
import { digitsModel } from './model.js';
import { seededRandom, shuffled } from './random.js';
import { learningRate, MOMENTUM, type Task } from './task.js';

export interface Progress {
  /** Epochs done; the fraction tells of the running one. */
  readonly epochs: number;
  /** Mean over the batches since the last report. */
  readonly loss: number;
}

export interface Trained {
  readonly model: LayersModel;
  readonly testError: number;
  readonly secondsPerEpoch: number;
}

/** Class probabilities of the test images of a seed, 597 rows of ten. */
export function predictTest(model: LayersModel, digits: Digits, seed: number): Float32Array {
  const { test } = splitDigits(digits, seed);
  return tidy(() => {
    const x = tensor2d(imagesOf(digits, test), [test.length, PIXELS]);
    return (model.predict(x) as Tensor).dataSync() as Float32Array;
  });
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

/** Trains one model, a batch at a time: `fit` does the same, and reports only between epochs. */
export async function train(task: Task, report: (progress: Progress) => void): Promise<Trained> {
  const { batchSize, epochs, seed } = task;
  const digits = loadDigits();
  const model = digitsModel(task);
  const optimizer = optimizers.momentum(learningRate(batchSize), MOMENTUM);
  model.compile({ optimizer, loss: 'categoricalCrossentropy' });
  const { training } = splitDigits(digits, seed);
  const random = seededRandom(-1 - seed);
  const started = performance.now();
  let reported = 0;
  let losses: number[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = shuffled(training, random);
    for (let start = 0; start < order.length; start += batchSize) {
      losses.push(await trainOn(model, digits, order.slice(start, start + batchSize)));
      const done = epoch + Math.min(1, (start + batchSize) / order.length);
      if (done - reported < 0.05 && done < epochs) continue;
      reported = done;
      report({ epochs: done, loss: losses.reduce((sum, loss) => sum + loss, 0) / losses.length });
      losses = [];
      await setImmediate(); // Lets the report leave the process.
    }
  }
  const secondsPerEpoch = (performance.now() - started) / 1000 / epochs;
  return { model, testError: errorOf(predictTest(model, digits, seed), digits, seed), secondsPerEpoch };
}
