import type { NormRow } from '../../../src/norms.js';
import { type Check, expectClose, expectTrue, normal, type Pack, type Tf } from '../harness.js';
import { setsOf } from '../reference.js';
import {
  ACTIVATIONS,
  equal,
  forRows,
  forward,
  hasScale,
  type input,
  isMixture,
  opOf,
  parameters,
  ROWS,
  readAll,
  type Sample,
  sample,
} from '../subjects.js';

/** Laws of the gradients, which follow from those of the results. */

/** dx, then the gradients of the parameters, for an upstream gradient. */
export function gradients(tf: Tf, pack: Pack, subject: Sample, dy: Float32Array, x = subject.x) {
  return readAll(tf, () => {
    const weights = parameters(tf, subject);
    const names = Object.keys(weights);
    const rest = (inputs: ReturnType<typeof input>[]) =>
      Object.fromEntries(names.map((name, k) => [name, inputs[k + 1] as (typeof inputs)[0]]));
    if (!opOf(pack, subject.row)) {
      // It runs by its layer, whose weights are its own: only dx can be asked for.
      const f = (t: ReturnType<typeof input>) => forward(tf, pack, subject, t, weights);
      return [tf.grad(f)(tf.tensor(x, [...subject.shape]), tf.tensor(dy, [...subject.shape]))];
    }
    const f = (...inputs: ReturnType<typeof input>[]) =>
      forward(tf, pack, subject, inputs[0] as (typeof inputs)[0], rest(inputs));
    return tf.grads(f)(
      [tf.tensor(x, [...subject.shape]), ...Object.values(weights)],
      tf.tensor(dy, [...subject.shape]),
    );
  });
}

const upstream = (subject: Sample, seed = 21) => normal(subject.x.length, { seed });

const sums = (values: Float64Array, sets: Int32Array) => {
  const total = new Float64Array(sets.reduce((most, s) => Math.max(most, s), 0) + 1);
  sets.forEach((s, i) => {
    total[s] = (total[s] as number) + (values[i] as number);
  });
  return total;
};

/** The sets over which a law of the gradient holds: a mixture only knows everything together. */
const setsFor = (subject: Sample) =>
  isMixture(subject.row) ? new Int32Array(subject.x.length) : setsOf(subject, subject.row.averagesOver[0] ?? []);

/** No shift of a set changes the result, so dx adds up to nothing over it. */
async function sumsToZero(tf: Tf, pack: Pack, subject: Sample) {
  const [dx] = (await gradients(tf, pack, subject, upstream(subject))) as [Float32Array];
  const total = sums(Float64Array.from(dx), setsFor(subject));
  expectTrue(
    dx.some((v) => Math.abs(v) > 0.01),
    'dx is not nothing',
  );
  expectClose(
    total,
    total.map(() => 0),
    { atol: 2e-5, rtol: 0 },
  );
}

/** No stretching of a set changes the result (ε = 0), so dx is orthogonal to x. */
async function orthogonal(r: NormRow, tf: Tf, pack: Pack) {
  const subject = sample(r, { options: 'epsilon' in r.defaults ? { epsilon: 0 } : {} });
  const [dx] = (await gradients(tf, pack, subject, upstream(subject))) as [Float32Array];
  const total = sums(
    Float64Array.from(dx, (v, i) => v * (subject.x[i] as number)),
    setsFor(subject),
  );
  expectClose(
    total,
    total.map(() => 0),
    { atol: 1e-4, rtol: 0 },
  );
}

/** Gradients are linear in the upstream one: exactly for powers of two, closely for sums. */
async function linear(r: NormRow, tf: Tf, pack: Pack) {
  const subject = sample(r);
  const [a, b] = [upstream(subject, 31), upstream(subject, 32)];
  const [ofA, ofB] = [await gradients(tf, pack, subject, a), await gradients(tf, pack, subject, b)];
  const ofQuarter = await gradients(
    tf,
    pack,
    subject,
    a.map((v) => v / 4),
  );
  const ofSum = await gradients(
    tf,
    pack,
    subject,
    a.map((v, i) => v + (b[i] as number)),
  );
  ofA.forEach((g, k) => {
    expectClose(
      ofQuarter[k] as Float32Array,
      g.map((v) => v / 4),
      equal(tf),
      `a quarter, input ${k}`,
    );
    const sum = g.map((v, i) => v + ((ofB[k] as Float32Array)[i] as number));
    expectClose(ofSum[k] as Float32Array, sum, { atol: 5e-5, rtol: 1e-5 }, `a sum, input ${k}`);
  });
}

/** A constant set has no slope to speak of; what it has must be finite, also without ε. */
async function constant(r: NormRow, tf: Tf, pack: Pack) {
  for (const epsilon of [1e-5, 0]) {
    const subject = sample(r, { options: 'epsilon' in r.defaults ? { epsilon } : {} });
    const x = new Float32Array(subject.x.length).fill(r.of === 'weights' ? 0 : 1234.567);
    for (const gradient of await gradients(tf, pack, subject, upstream(subject), x)) {
      expectTrue(gradient.every(Number.isFinite), `a gradient is not finite, epsilon ${epsilon}`);
    }
  }
}

export const slopes: Check[] = [
  ...forRows(
    'Σ dx = 0',
    ACTIVATIONS.filter(({ centered }) => centered),
    (r, tf, pack) => sumsToZero(tf, pack, sample(r)),
  ),
  ...forRows('Σ dx·x = 0', ROWS.filter(hasScale), orthogonal),
  ...forRows('linear in the upstream gradient', ROWS, linear),
  ...forRows('finite gradient of a constant input', ROWS, constant),
];
