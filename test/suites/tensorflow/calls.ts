import type { Tensor } from '@tensorflow/tfjs-core';
import type { SlabView } from '../../../src/kernels/contract.js';
import { largest } from '../../kernels/cases.js';
import * as reference from '../../kernels/reference.js';
import { expectClose, normal, type Pack, type Tf } from '../harness.js';

/** Calls of every way through the kernels, and what they are in float64. */

type Call = (pack: Pack, x: Tensor, gamma: Tensor, beta: Tensor) => Tensor;

export interface Given {
  readonly shape: readonly number[];
  readonly call: Call;
  /** For what is one normalization: its sets. */
  readonly view?: SlabView;
}

export const EPSILON = 1e-3;
const LAST = { shape: [3, 60, 60, 32] };
const FIRST = { shape: [3, 32, 60, 60] };

export const CALLS: Readonly<Record<string, Given>> = {
  layer: {
    shape: [600, 512],
    view: { B: 600, S: 1, G: 1, K: 512, T: 1 },
    call: ({ layerNorm }, x, gamma, beta) => layerNorm(x, { gamma, beta, epsilon: EPSILON }),
  },
  rms: { shape: [600, 512], call: ({ rmsNorm }, x, gamma) => rmsNorm(x, { gamma }) },
  group: {
    ...LAST,
    view: { B: 3, S: 3600, G: 8, K: 4, T: 1 },
    call: ({ groupNorm }, x, gamma, beta) => groupNorm(x, { gamma, beta, groups: 8, epsilon: EPSILON }),
  },
  instance: {
    ...LAST,
    view: { B: 3, S: 3600, G: 32, K: 1, T: 1 },
    call: ({ instanceNorm }, x, gamma, beta) => instanceNorm(x, { gamma, beta, epsilon: EPSILON }),
  },
  batch: {
    ...LAST,
    view: { B: 1, S: 10_800, G: 32, K: 1, T: 1 },
    call: ({ batchNorm }, x, gamma, beta) => batchNorm(x, { gamma, beta, epsilon: EPSILON }),
  },
  'batch, channels first': {
    ...FIRST,
    view: { B: 1, S: 3, G: 32, K: 1, T: 3600 },
    call: ({ batchNorm }, x, gamma, beta) => batchNorm(x, { gamma, beta, axis: 1, epsilon: EPSILON }),
  },
  'group, channels first': {
    ...FIRST,
    view: { B: 3, S: 1, G: 8, K: 4, T: 3600 },
    call: ({ groupNorm }, x, gamma, beta) => groupNorm(x, { gamma, beta, groups: 8, axis: 1, epsilon: EPSILON }),
  },
  switchable: { ...LAST, call: ({ switchNorm }, x, gamma, beta) => switchNorm(x, { gamma, beta }) },
};

export const product = (shape: readonly number[]) => shape.reduce((n, size) => n * size, 1);

/** The same numbers for a call and for the formula. */
function numbersOf({ shape }: Given, mean: number) {
  const [size, channels] = [product(shape), shape.includes(512) ? 512 : 32];
  return {
    x: normal(size, { mean, seed: 3 }),
    gamma: normal(channels, { mean: 1, std: 0.2, seed: 4 }),
    beta: normal(channels, { seed: 5 }),
    dy: normal(size, { seed: 6 }),
  };
}

/** y and the gradients of x and γ, from inputs that are made and freed here. */
export function passes(tf: Tf, pack: Pack, given: Given, mean = 0.5): Tensor[] {
  const { x, gamma, beta, dy } = numbersOf(given, mean);
  const shape = [...given.shape];
  return tf.tidy(() => {
    const f = (...args: Tensor[]) => given.call(pack, args[0] as Tensor, args[1] as Tensor, tf.tensor1d(beta));
    const { value, grads } = tf.valueAndGrads(f)([tf.tensor(x, shape), tf.tensor1d(gamma)], tf.tensor(dy, shape));
    return [value, ...grads];
  });
}

/** What comes of a call is what the formula gives in float64. */
export async function expectExact(
  tf: Tf,
  found: Tensor[],
  given: Given & { view: SlabView },
  mean: number,
): Promise<void> {
  const c = { ...numbersOf(given, mean), view: given.view, epsilon: EPSILON, center: true };
  const { dx, dgamma } = reference.normalizeGrad(c);
  const expected = [reference.normalize(c).y, dx, dgamma];
  try {
    for (const [i, values] of expected.entries()) {
      const atol = 1e-5 * Math.max(1, largest(values) / 10);
      expectClose(await (found[i] as Tensor).data(), values, { atol, rtol: 1e-5 }, ['y', 'dx', 'dγ'][i]);
    }
  } finally {
    tf.dispose(found);
  }
}

export const centred = Object.entries(CALLS).filter((entry): entry is [string, Given & { view: SlabView }] =>
  Boolean(entry[1].view),
);
