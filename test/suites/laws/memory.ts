import type { Tensor } from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import type { NormRow } from '../../../src/norms.js';
import { type Check, expectClose, normal, type Pack, type Tf } from '../harness.js';
import { moments, parameterIndex } from '../reference.js';
import {
  ACTIVATIONS,
  forRows,
  free,
  layerOf,
  nameOf,
  type Options,
  type Sample,
  sample,
  tolerance,
} from '../subjects.js';

/** What a memory learns from batches: `moving ← momentum·moving + (1 − momentum)·batch`, the variance biased. */

const MOVING = { mean: 'moving_mean', variance: 'moving_variance' } as const;

export async function movingOf(layer: layers.Layer): Promise<Record<string, Float32Array>> {
  const moving = layer.nonTrainableWeights.filter((w) => nameOf(w).startsWith('moving_'));
  return Object.fromEntries(
    await Promise.all(moving.map(async (w) => [nameOf(w), (await w.read().data()) as Float32Array] as const)),
  );
}

function batches({ shape, x }: Sample, count: number): Float32Array[] {
  return Array.from({ length: count }, (_, k) =>
    normal(x.length, { mean: k - 1, std: 1 + k, seed: 50 + k + shape.length }),
  );
}

function train(tf: Tf, layer: layers.Layer, x: Float32Array, shape: readonly number[]): void {
  tf.tidy(() => void (layer.apply(tf.tensor(x, [...shape]), { training: true }) as Tensor));
}

async function steps(tf: Tf, pack: Pack, subject: Sample, momentum: number, count: number, args: Options = {}) {
  const layer = layerOf(tf, pack, subject, { momentum, ...args });
  const expected: Record<string, Float64Array> = {};
  for (const [name, values] of Object.entries(await movingOf(layer))) expected[name] = Float64Array.from(values);
  for (const x of batches(subject, count)) {
    train(tf, layer, x, subject.shape);
    const seen = moments(x, parameterIndex(subject), true);
    for (const part of ['mean', 'variance'] as const) {
      const old = expected[MOVING[part]];
      old?.forEach((v, c) => {
        old[c] = momentum * v + (1 - momentum) * (seen[part][c] as number);
      });
    }
  }
  const actual = await movingOf(layer);
  free(layer);
  return { actual, expected };
}

function law(momentum: number, count: number) {
  return async (row: NormRow, tf: Tf, pack: Pack) => {
    for (const axis of [-1, 1]) {
      const subject = sample(row, { options: { axis } });
      const { actual, expected } = await steps(tf, pack, subject, momentum, count);
      for (const [name, values] of Object.entries(expected)) {
        expectClose(actual[name] as Float32Array, values, tolerance(tf, 3), `${name}, axis ${axis}`);
      }
    }
  };
}

const WITH_MEMORY = ACTIVATIONS.filter(({ memory }) => memory);

export const memoryLaws: Check[] = [
  ...forRows('momentum 1 keeps the memory', WITH_MEMORY, async (row, tf, pack) => {
    const subject = sample(row);
    const { actual } = await steps(tf, pack, subject, 1, 3);
    for (const [name, values] of Object.entries(actual)) {
      expectClose(values, subject.weights[name] as Float32Array, { atol: 0, rtol: 0 }, name);
    }
  }),
  ...forRows('momentum 0 replaces the memory', WITH_MEMORY, law(0, 2)),
  ...forRows('momentum 0.9: the closed form after 5 steps', WITH_MEMORY, law(0.9, 5)),
];
