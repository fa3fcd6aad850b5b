import type { Tensor } from '@tensorflow/tfjs-core';
import { type Check, expectEqual, normal, type Pack, type Suite, type Tf } from '../harness.js';
import { dispatches } from './webgpuBackend.js';

/** Programs a call: forward, then all its gradients, warm and with the inputs on the GPU. */

type Call = (pack: Pack, x: Tensor, parameters: Record<string, Tensor>) => Tensor;

interface Row {
  readonly name: string;
  readonly shape: readonly number[];
  readonly call: Call;
  /** Tensors besides x, and their shapes. */
  readonly parameters: Readonly<Record<string, readonly number[]>>;
  readonly forward: number;
  readonly gradients: number;
}

const layer: Call = ({ layerNorm }, x, p) => layerNorm(x, p);
const rms: Call = ({ rmsNorm }, x, p) => rmsNorm(x, p);
const instance: Call = ({ instanceNorm }, x, p) => instanceNorm(x, p);
const batch: Call = ({ batchNorm }, x, p) => batchNorm(x, p);
const batchFirst: Call = ({ batchNorm }, x, p) => batchNorm(x, { ...p, axis: 1 });
const gate: Call = ({ batchInstanceNorm }, x, p) => batchInstanceNorm(x, p);
const switching: Call = ({ switchNorm }, x, p) => switchNorm(x, p);
const group =
  (groups: number, axis = -1): Call =>
  ({ groupNorm }, x, p) =>
    groupNorm(x, { ...p, groups, axis });

const affine = (channels: number) => ({ gamma: [channels], beta: [channels] });
const given = (channels: number) => ({ ...affine(channels), mean: [channels], variance: [channels] });
const gated = (channels: number) => ({ ...affine(channels), rho: [channels] });
const switched = (channels: number) => ({ ...affine(channels), meanWeight: [3], varianceWeight: [3] });

type Short = readonly [string, Call, readonly number[], Row['parameters'], number, number];

const ROWS: readonly Short[] = [
  ['layer', layer, [8, 64, 768], affine(768), 1, 2],
  ['layer, few rows', layer, [1, 768], affine(768), 1, 1],
  ['layer, decoding', layer, [1, 1, 8192], affine(8192), 1, 1],
  ['layer, long', layer, [2, 3, 16384], affine(16384), 1, 1],
  ['layer, long and odd', layer, [2, 100003], affine(100003), 1, 1],
  ['layer, odd', layer, [7, 513], affine(513), 1, 2],
  ['rms', rms, [8, 64, 768], { gamma: [768] }, 1, 2],
  ['group 32, small', group(32), [4, 14, 14, 256], affine(256), 1, 2],
  ['group 32, large', group(32), [2, 56, 56, 64], affine(64), 2, 2],
  ['group 3, odd', group(3), [2, 40, 40, 21], affine(21), 2, 2],
  ['group 8, channels first', group(8, 1), [2, 64, 14, 14], affine(64), 1, 1],
  ['group 8, channels in the middle', group(8, 2), [2, 40, 64, 40], affine(64), 2, 2],
  ['group 1, large', group(1), [2, 56, 56, 64], affine(64), 2, 2],
  ['instance', instance, [2, 32, 32, 32], affine(32), 2, 2],
  ['instance, small', instance, [2, 14, 14, 32], affine(32), 1, 2],
  ['batch, training', batch, [4, 14, 14, 256], affine(256), 2, 2],
  ['batch, training, small', batch, [4, 7, 7, 64], affine(64), 1, 2],
  ['batch, training, channels first', batchFirst, [4, 64, 56, 56], affine(64), 2, 2],
  ['batch, inference', batch, [4, 14, 14, 256], given(256), 1, 2],
  ['batch-instance, small', gate, [4, 14, 14, 64], gated(64), 4, 3],
  ['batch-instance, large', gate, [2, 56, 56, 64], gated(64), 4, 3],
  ['batch-instance, memory', gate, [4, 14, 14, 64], { ...gated(64), mean: [64], variance: [64] }, 4, 3],
  ['switchable, small', switching, [4, 14, 14, 64], switched(64), 4, 3],
  ['switchable, large', switching, [2, 56, 56, 64], switched(64), 4, 3],
];

async function check(tf: Tf, pack: Pack, { shape, call, parameters, forward, gradients }: Row): Promise<void> {
  const names = Object.keys(parameters);
  const shapes = [shape, ...names.map((name) => parameters[name] as readonly number[])];
  const tensors = shapes.map((sizes, i) => {
    const count = sizes.reduce((n, size) => n * size, 1);
    return tf.tensor(normal(count, { mean: 1, std: 0.2, seed: i + 1 }), [...sizes]);
  });
  const dy = tf.tensor(normal(tensors[0]?.size as number, { seed: 9 }), [...shape]);
  const f = (...[x, ...rest]: Tensor[]) =>
    call(pack, x as Tensor, Object.fromEntries(names.map((name, i) => [name, rest[i] as Tensor])));
  const all = () => tf.grads(f)(tensors, dy);
  const once = () => f(...tensors);
  try {
    const warm = tf.tidy(() => [once(), ...all()]);
    await Promise.all(warm.map((t) => t.data()));
    tf.dispose(warm);
    const counted = await dispatches(tf, once);
    expectEqual([counted, (await dispatches(tf, all)) - counted], [forward, gradients], 'programs forward, gradients');
  } finally {
    tf.dispose([...tensors, dy]);
  }
}

const checks: Check[] = ROWS.map(([name, call, shape, parameters, forward, gradients]) => ({
  name: `${name} [${shape}]`,
  run: (tf, pack) => check(tf, pack, { name, call, shape, parameters, forward, gradients }),
}));

export const webgpuDispatches: Suite = { name: 'webgpu dispatches', checks };
