import type { LayersModel } from '@tensorflow/tfjs-layers';
import { layersWithin } from '../../src/layers/within.js';
import { tf } from '../layers/setup.js';
import { normal } from '../suites/harness.js';

type Tensor = ReturnType<typeof tf.tensor>;

/** Gives every float weight a value of its own: variances positive, factors away from 1, kernels small. */
export function spoil(model: LayersModel, seed = 5): void {
  const done = new Set<string>();
  let next = seed;
  const layers = [model, ...layersWithin(model).map(({ layer }) => layer)];
  for (const { weights } of layers) {
    for (const { name, originalName, shape, val } of weights as unknown as Spoilable[]) {
      if (done.has(name) || val.dtype !== 'float32') continue;
      done.add(name);
      const last = originalName.split('/').pop() as string;
      const size = (shape as number[]).reduce((a, b) => a * b, 1);
      const values = normal(size, { seed: next++, mean: 0, std: 0.5 });
      tf.tidy(() => val.assign(tf.tensor(Array.from(values, RANGE[last] ?? ((v) => v)), shape as number[])));
    }
  }
}

interface Spoilable {
  readonly name: string;
  readonly originalName: string;
  readonly shape: readonly number[];
  readonly val: InstanceType<typeof tf.Variable>;
}

const RANGE: Record<string, (v: number) => number> = {
  moving_variance: (v) => 0.3 + Math.abs(v),
  gamma: (v) => (v < 0 ? v - 0.5 : v + 0.5),
  scale: (v) => 1 + v,
  rho: (v) => Math.min(1, Math.abs(v)),
};

/** A model's outputs, as a list. */
export const outputsOf = (model: LayersModel, x: Tensor | Tensor[]): Tensor[] => [model.predict(x)].flat() as Tensor[];

/** Equal but for rounding, in units of the largest expected value. */
export function expectSame(actual: Tensor, expected: Tensor, tolerance = 1e-5): void {
  const [difference, scale] = tf.tidy(() =>
    [tf.sub(actual, expected), expected].map((t) => tf.max(tf.abs(t)).dataSync()[0] as number),
  ) as [number, number];
  expect(actual.shape).toEqual(expected.shape);
  expect(difference).toBeLessThanOrEqual(tolerance * scale);
}

/** What a model is: its weights, its graph, its outputs' layers. Call what it returns to compare. */
export function expectUntouched(model: LayersModel): () => void {
  const state = () => {
    const layers = [model, ...layersWithin(model).map(({ layer }) => layer)];
    return JSON.stringify(
      layers.map((layer) => ({
        keys: Object.keys(layer).sort(),
        inbound: layer.inboundNodes.map(({ id, callArgs }) => [id, callArgs]),
        outbound: layer.outboundNodes.map(({ id }) => id),
        weights: layer.weights.map(({ name, trainable }) => [name, trainable]),
        values: layer.getWeights().map((value) => Array.from(tf.tidy(() => value.dataSync()))),
        trainable: layer.trainable,
        count: (layer as unknown as { _refCount: number | null })._refCount,
      })),
      (_key, value) => (value instanceof tf.SymbolicTensor ? value.id : value),
    );
  };
  const before = state();
  return () => expect(state()).toBe(before);
}

/** Mean and deviation of each channel, in float64. */
export function moments(values: ArrayLike<number>, channels: number): [number, number][] {
  return Array.from({ length: channels }, (_, c) => {
    const own = Array.from(values).filter((_value, i) => i % channels === c);
    const mean = own.reduce((a, b) => a + b, 0) / own.length;
    return [mean, Math.sqrt(own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / own.length)];
  });
}
