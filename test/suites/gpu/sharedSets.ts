import type { Tensor } from '@tensorflow/tfjs-core';
import { type Check, expectClose, expectTrue, normal, type Pack, type Tf } from '../harness.js';

/** Mixtures: what happens in one channel or sample is not felt in another with which it is not mixed. */

const SHAPE = [3, 16, 8] as const;
const CHANNELS = 8;
const SAMPLE = 16 * CHANNELS;

type Op = (tf: Tf, pack: Pack, x: Tensor) => Tensor;

const OPS: Readonly<Record<string, Op>> = {
  batchInstance: (_, pack, x) => pack.batchInstanceNorm(x, { rho: 0.5 }),
  'batchInstance, memory': (tf, pack, x) =>
    pack.batchInstanceNorm(x, { rho: 0.5, mean: tf.zeros([CHANNELS]), variance: tf.ones([CHANNELS]) }),
  'instance and batch': (_, pack, x) => pack.switchNorm(x, { statistics: ['instance', 'batch'] }),
};

const LAYERS: Op = (_, pack, x) => pack.switchNorm(x, { statistics: ['instance', 'layer'] });

async function passes(tf: Tf, pack: Pack, op: Op, values: Float32Array) {
  const [y, dx] = tf.tidy(() => {
    const x = tf.tensor(values, [...SHAPE]);
    const dy = tf.tensor(normal(values.length, { seed: 9 }), [...SHAPE]);
    const { value, grad } = tf.valueAndGrad((t: Tensor) => tf.sum(tf.mul(op(tf, pack, t), dy)))(x);
    value.dispose();
    return [op(tf, pack, x), grad] as [Tensor, Tensor];
  });
  const result = { y: (await y.data()) as Float32Array, dx: (await dx.data()) as Float32Array };
  tf.dispose([y, dx]);
  return result;
}

/** y and dx outside of what was changed are what they were; and inside, NaN where there was one. */
async function unmoved(tf: Tf, pack: Pack, op: Op, changed: Float32Array, isInside: (i: number) => boolean) {
  const before = await passes(tf, pack, op, normal(changed.length));
  const after = await passes(tf, pack, op, changed);
  for (const name of ['y', 'dx'] as const) {
    const outside = (values: Float32Array) => values.filter((_, i) => !isInside(i));
    expectClose(outside(after[name]), outside(before[name]), { atol: 2e-5, rtol: 0 }, name);
    if (changed.some(Number.isNaN)) expectTrue(after[name].some(Number.isNaN), `the NaN is hidden in ${name}`);
  }
}

const inChannel = (i: number) => i % CHANNELS === 0;
const inSample = (i: number) => i >= SAMPLE && i < 2 * SAMPLE;
const change = (isInside: (i: number) => boolean, f: (v: number) => number) =>
  normal(3 * SAMPLE).map((v, i) => (isInside(i) ? f(v) : v));

export const setChecks: readonly Check[] = [
  ...Object.entries(OPS).flatMap(([name, op]) => [
    ...[1e3, 1e7].map((size) => ({
      name: `one channel far from the others: ${name}, ${size}`,
      run: (tf: Tf, pack: Pack) =>
        unmoved(
          tf,
          pack,
          op,
          change(inChannel, (v) => v + size),
          inChannel,
        ),
    })),
    ...[Number.NaN, Number.POSITIVE_INFINITY].map((value) => ({
      name: `${value} stays in its channel: ${name}`,
      run: (tf: Tf, pack: Pack) =>
        unmoved(
          tf,
          pack,
          op,
          change(
            (i) => i === 0,
            () => value,
          ),
          inChannel,
        ),
    })),
  ]),
  {
    name: 'one sample far from the others: instance and layer',
    run: (tf, pack) =>
      unmoved(
        tf,
        pack,
        LAYERS,
        change(inSample, (v) => v + 1e7),
        inSample,
      ),
  },
  {
    name: 'NaN stays in its sample: instance and layer',
    run: (tf, pack) =>
      unmoved(
        tf,
        pack,
        LAYERS,
        change(
          (i) => i === SAMPLE,
          () => Number.NaN,
        ),
        inSample,
      ),
  },
];
