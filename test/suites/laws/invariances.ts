import type { NormRow } from '../../../src/norms.js';
import { type Check, expectClose, expectTrue, type Pack, type Tf } from '../harness.js';
import { moments, setsOf } from '../reference.js';
import {
  ACTIVATIONS,
  equal,
  forRows,
  forward,
  hasScale,
  input,
  isMixture,
  isPerExample,
  parameters,
  plain,
  ROWS,
  read,
  result,
  type Sample,
  sample,
  tolerance,
} from '../subjects.js';

/** What a norm does not see: shifts, scales, the order of examples, who else is in the batch. */

const differ = (a: Float32Array, b: Float32Array) =>
  a.reduce((most, v, i) => Math.max(most, Math.abs(v - (b[i] as number))), 0);

/** Values on a grid of 2⁻¹², which adding 100 does not round. */
const onGrid = (subject: Sample) => subject.x.map((v) => Math.round(v * 4096) / 4096);

/** 4 units in the last place of the largest value, in deviations of 2. */
const SHIFT = { atol: (4 * 2 ** -17) / 2, rtol: 1e-6 };

async function shift(row: NormRow, tf: Tf, pack: Pack) {
  const subject = sample(row);
  const x = onGrid(subject);
  const before = await result(tf, pack, subject, true, x);
  const shifted = x.map((v) => v + 100);
  const after = await result(tf, pack, subject, true, shifted);
  if (row.centered) expectClose(after, before, SHIFT);
  else expectTrue(differ(after, before) > 0.1, 'a norm that is not centred must see a shift');
}

async function scale(row: NormRow, tf: Tf, pack: Pack) {
  const subject = sample(row);
  const by = (k: number) =>
    result(
      tf,
      pack,
      subject,
      hasScale(row),
      subject.x.map((v) => v * k),
    );
  const one = await by(1);
  if (!hasScale(row)) {
    const thousand = one.map((v) => v * 1000);
    return expectClose(await by(1000), thousand, { atol: 1e-2, rtol: 1e-5 }, 'without a scale a norm is homogeneous');
  }
  expectClose(await by(1000), one, { atol: 5e-5, rtol: 5e-5 }); // ε ≪ σ²
  const small = differ(await by(1e-3), one);
  if ('epsilon' in row.defaults) expectTrue(small > 0.3, `ε counts where the deviation is small, yet ${small}`);
  else expectClose(await by(1e-3), one, { atol: 1e-5, rtol: 1e-5 }, 'no ε, no difference');
}

async function sign(row: NormRow, tf: Tf, pack: Pack) {
  const subject = sample(row);
  const without = (x: Float32Array) =>
    read(tf, () => {
      const { beta: _, ...weights } = parameters(tf, subject);
      return forward(tf, pack, subject, tf.tensor(x, [...subject.shape]), weights);
    });
  const y = await without(subject.x);
  const negative = await without(subject.x.map((v) => -v));
  expectClose(
    negative,
    y.map((v) => -v),
    equal(tf),
  );
}

/** One set of statistics: its own law is mean 0 and variance σ²/(σ² + ε), not "about 1". */
async function standardizes(row: NormRow, tf: Tf, pack: Pack) {
  const subject = sample(row, { options: 'epsilon' in row.defaults ? { epsilon: 0.5 } : {} });
  const y = await result(tf, pack, subject, false);
  const sets = setsOf(subject, row.averagesOver[0] ?? []);
  const before = moments(subject.x, sets, row.centered);
  const after = moments(y, sets, row.centered);
  const expected = before.variance.map((v) => (hasScale(row) ? v / (v + 0.5) : v));
  expectClose(after.mean, new Float64Array(after.mean.length), { atol: 1e-6, rtol: 0 }, 'mean');
  expectClose(after.variance, expected, { atol: 1e-6, rtol: 1e-4 }, 'variance');
}

async function idempotence(row: NormRow, tf: Tf, pack: Pack) {
  const subject = sample(row);
  const once = await result(tf, pack, subject, false);
  expectClose(await result(tf, pack, subject, false, once), once, { atol: 1e-4, rtol: 0 });
}

async function permutation(row: NormRow, tf: Tf, pack: Pack) {
  const subject = sample(row, { shape: [5, 3, 4, 6] });
  const order = [3, 0, 4, 1, 2];
  const permuted = (before: boolean) =>
    read(tf, () => {
      const gather = (t: ReturnType<typeof input>) => tf.gather(t, tf.tensor1d(order, 'int32'));
      const x = input(tf, subject);
      const weights = parameters(tf, subject);
      return before ? forward(tf, pack, subject, gather(x), weights) : gather(forward(tf, pack, subject, x, weights));
    });
  const close = isPerExample(row) ? equal(tf) : tolerance(tf, 2);
  expectClose(await permuted(true), await permuted(false), close);
}

/** An example gives the same bits alone and in a batch. */
async function batchInvariance(row: NormRow, tf: Tf, pack: Pack) {
  const subject = sample(row, { shape: [3, 4, 5, 6] });
  const example = (alone: boolean) =>
    read(tf, () => {
      const third = (t: ReturnType<typeof input>) => tf.slice(t, [2], [1]);
      const x = input(tf, subject);
      const weights = parameters(tf, subject);
      return alone ? forward(tf, pack, subject, third(x), weights) : third(forward(tf, pack, subject, x, weights));
    });
  expectClose(await example(true), await example(false), equal(tf));
}

async function repeatable(row: NormRow, tf: Tf, pack: Pack) {
  const subject = sample(row);
  const first = await result(tf, pack, subject);
  expectClose(await result(tf, pack, subject), first, equal(tf));
}

/** Odd sizes: on wasm the mean of equal values is not that value, so a plain two-pass form fails here. */
async function constant(row: NormRow, tf: Tf, pack: Pack) {
  for (const value of [1234.567, 0.1, 1e4, -33.3]) {
    for (const shape of [
      [3, 7, 5, 6],
      [1, 101, 6],
    ]) {
      const subject = sample(row, { shape });
      const y = await result(tf, pack, subject, true, subject.x.fill(value));
      const { beta } = plain(subject) as { beta: Float32Array };
      expectClose(
        y,
        y.map((_, i) => beta[i % 6] as number),
        { atol: 0, rtol: 0 },
        `constant ${value}`,
      );
    }
  }
}

const single = (row: NormRow) => !isMixture(row);

export const invariances: Check[] = [
  ...forRows('shift', ROWS, shift),
  ...forRows('scale, and epsilon is there', ROWS, scale),
  ...forRows('sign', ROWS, sign),
  ...forRows('mean 0 and variance σ²/(σ² + ε)', ACTIVATIONS.filter(single), standardizes),
  ...forRows('idempotence', ROWS.filter(single), idempotence),
  ...forRows('batch permutation', ACTIVATIONS, permutation),
  ...forRows('batch invariance', ACTIVATIONS.filter(isPerExample), batchInvariance),
  ...forRows('repeatable bitwise', ROWS, repeatable),
  ...forRows(
    'constant input gives exactly beta',
    ACTIVATIONS.filter(({ centered }) => centered),
    constant,
  ),
];
