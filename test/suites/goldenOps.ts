import type * as tfCore from '@tensorflow/tfjs-core';
import type { NormId } from '../../src/norms.js';
import { type GoldenCase, inputTensors, type Tensors } from './goldenCase.js';
import type { Pack, Tf } from './harness.js';

type Op = (x: tfCore.Tensor, options: Record<string, unknown>) => tfCore.Tensor;

const OPS: Readonly<Record<Exclude<NormId, 'meanOnlyBatch'>, keyof Pack>> = {
  batch: 'batchNorm',
  layer: 'layerNorm',
  instance: 'instanceNorm',
  group: 'groupNorm',
  rms: 'rmsNorm',
  weight: 'weightNorm',
  batchInstance: 'batchInstanceNorm',
  switchable: 'switchNorm',
};

/** Inputs that a derivative is expected of, x first. */
function differentiated({ inputs, expected }: GoldenCase): string[] {
  return Object.keys(inputs)
    .filter((name) => `d${name}` in expected)
    .sort((a, b) => Number(b === 'x') - Number(a === 'x'));
}

const capital = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);

/** y and every derivative that the case expects, by the op. */
export function runOp(tf: Tf, pack: Pack, c: GoldenCase): Tensors {
  const op = pack[OPS[c.norm as keyof typeof OPS]] as unknown as Op;
  const { x, dy, ddx, ...parameters } = inputTensors(tf, c) as Tensors & { x: tfCore.Tensor };
  const names = differentiated(c);
  const tensors = { x, ...parameters } as Tensors;
  const of = (names: string[]) => names.map((name) => tensors[name] as tfCore.Tensor);
  const forward =
    (names: string[]) =>
    (...values: tfCore.Tensor[]) => {
      const changed = Object.fromEntries(names.map((name, i) => [name, values[i]]));
      const { x: input, ...rest } = { ...tensors, ...changed } as Tensors;
      return op(input as tfCore.Tensor, { ...c.options, ...rest });
    };
  const results: Tensors = { y: forward([])() };
  if (!dy || names.length === 0) return results;
  tf.grads(forward(names))(of(names), dy).forEach((gradient, i) => {
    results[`d${names[i]}`] = gradient;
  });
  if (ddx) Object.assign(results, secondOrder(tf, c, { forward, of, dy, ddx }));
  return results;
}

interface FirstOrder {
  forward(names: string[]): (...values: tfCore.Tensor[]) => tfCore.Tensor;
  of(names: string[]): tfCore.Tensor[];
  readonly dy: tfCore.Tensor;
  readonly ddx: tfCore.Tensor;
}

/** Derivatives of `<dx, ddx>` by the inputs and by dy. */
function secondOrder(tf: Tf, c: GoldenCase, { forward, of, dy, ddx }: FirstOrder): Tensors {
  const names = differentiated(c).filter((name) => `second${capital(name)}` in c.expected);
  const dx = (...values: tfCore.Tensor[]) => {
    const [gradient] = tf.grads(forward(names))(values.slice(0, -1), values.at(-1));
    return tf.sum(tf.mul(gradient as tfCore.Tensor, ddx));
  };
  const gradients = tf.grads(dx)([...of(names), dy]);
  return Object.fromEntries(
    [...names, 'dy'].map((name, i) => [`second${capital(name)}`, gradients[i] as tfCore.Tensor]),
  );
}
