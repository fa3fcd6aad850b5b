import '@tensorflow/tfjs-backend-cpu';
import * as core from '@tensorflow/tfjs-core';
import * as layersPackage from '@tensorflow/tfjs-layers';
import { normal } from '../suites/harness.js';

export const tf = { ...core, ...layersPackage } as typeof core & typeof layersPackage;

/** Runs a file's tests on cpu, with the host's own leak check on. */
export function onCpu(): void {
  beforeAll(async () => {
    await tf.setBackend('cpu');
    tf.env().set('IS_TEST', true);
  });
}

export const input = (shape: number[], seed = 3, mean = 1.5) =>
  tf.tensor(
    normal(
      shape.reduce((a, b) => a * b, 1),
      { seed, mean, std: 2 },
    ),
    shape,
  );

/** The value of a layer's weight by the name it has in files. */
export function weight(layer: layersPackage.layers.Layer, name: string): number[] {
  const found = layer.weights.find(({ originalName }) => originalName.endsWith(`/${name}`) || originalName === name);
  if (!found) throw new Error(`${name} is not among ${layer.weights.map((w) => w.originalName)}`);
  return Array.from(found.read().dataSync());
}

export function expectClose(actual: core.Tensor, expected: core.Tensor, tolerance = 1e-6): void {
  const difference = tf.tidy(() => tf.max(tf.abs(tf.sub(actual, expected))).dataSync()[0] as number);
  expect(difference).toBeLessThanOrEqual(tolerance);
}
