import type { NormRow } from '../../src/norms.js';
import { type Check, expectClose, expectTrue, normal, type Pack, type Suite, type Tf } from './harness.js';
import { parameterIndex, reference, setsOf } from './reference.js';
import {
  ACTIVATIONS,
  equal,
  forRows,
  forward,
  hasScale,
  isMixture,
  plain,
  read,
  result,
  type Sample,
  sample,
  tolerance,
} from './subjects.js';

/** Values on which careless statistics fail, against the formula in float64. */

/** An input in which a norm has few, long sets: all axes averaged, one group. */
function long(row: NormRow, shape: number[], mean: number, std: number): Sample {
  const options = {
    ...(row.parametersOver === 'axes' ? { axis: shape.map((_, i) => i).slice(1) } : {}),
    ...('groups' in row.defaults ? { groups: 1 } : {}),
  };
  return sample(row, { shape, options, mean, std });
}

/** Half a unit in the last place of the mean, in deviations: all that statistics handed over as floats may cost. */
const roundedMean = (mean: number, std: number) => 2 ** Math.floor(Math.log2(mean) - 23) / std;

function allowed(row: NormRow, tf: Tf, mean: number, std: number) {
  const { atol, rtol } = tolerance(tf, 10);
  const given = isMixture(row) || !hasScale(row);
  return { atol: atol + (given ? roundedMean(mean, hasScale(row) ? std : 1) : 0), rtol };
}

function around(mean: number, std: number, shape: number[]) {
  return async (row: NormRow, tf: Tf, pack: Pack) => {
    const subject = long(row, shape, mean, std);
    const expected = reference(subject, subject.x, plain(subject));
    expectClose(await result(tf, pack, subject), expected, allowed(row, tf, mean, std));
  };
}

/** A spoilt value spoils the sets it is in, and nothing else. */
function spoilt(value: number) {
  return async (row: NormRow, tf: Tf, pack: Pack) => {
    const subject = sample(row);
    const at = 77;
    const before = await result(tf, pack, subject);
    const after = await result(
      tf,
      pack,
      subject,
      true,
      subject.x.map((v, i) => (i === at ? value : v)),
    );
    const sets = row.averagesOver.map((averaged) => setsOf(subject, averaged));
    const hit = (i: number) => sets.some((set) => set[i] === set[at]);
    expectClose(
      after.filter((_, i) => !hit(i)),
      before.filter((_, i) => !hit(i)),
      equal(tf),
      'other sets',
    );
    const inside = after.filter((_, i) => hit(i));
    if (row.centered && hasScale(row)) expectTrue(inside.every(Number.isNaN), 'the spoilt sets are NaN');
    else expectTrue(inside.some(Number.isNaN), 'a spoilt value is not hidden');
  };
}

async function tiny(row: NormRow, tf: Tf, pack: Pack) {
  for (const size of [1e-30, 1e-40]) {
    const subject = sample(row, { mean: 0, std: size });
    const y = await result(tf, pack, subject);
    expectClose(y, reference(subject, subject.x, plain(subject)), tolerance(tf), `values around ${size}`);
  }
}

/** One value a set: its own mean, without spread. */
async function alone(row: NormRow, tf: Tf, pack: Pack) {
  for (const shape of [
    [1, 1, 1, 1],
    [2, 1, 1, 6],
    [1, 1, 6],
  ]) {
    const subject = sample(row, { shape, options: 'groups' in row.defaults ? { groups: -1 } : {} });
    const y = await result(tf, pack, subject);
    // Where instance statistics have no variance a mixed mean that is rounded counts 1/√ε times.
    const close = isMixture(row) ? { atol: 2 ** -23 / Math.sqrt(1e-5), rtol: 1e-5 } : tolerance(tf, 3);
    expectClose(y, reference(subject, subject.x, plain(subject)), close, `shape ${shape}`);
  }
}

/** One channel of every example constant, the others not: without ε it gives β, they what they gave. */
async function noSpread(row: NormRow, tf: Tf, pack: Pack) {
  const subject = sample(row, {
    shape: [2, 5, 6],
    options: {
      epsilon: 0,
      ...('groups' in row.defaults ? { groups: 6 } : {}),
      ...(row.parametersOver === 'axes' ? { axis: 1 } : {}),
    },
  });
  const x = subject.x.map((v, i) => (i % 6 === 2 ? 1234.567 : v));
  const y = await result(tf, pack, subject, true, x);
  const expected = reference(subject, x, plain(subject));
  const beta = subject.weights.beta as Float32Array;
  const index = parameterIndex(subject);
  // The reference divides 0 by 0 exactly where there is no spread.
  expectClose(
    y,
    expected.map((v, i) => (Number.isNaN(v) ? (beta[index[i] as number] as number) : v)),
    tolerance(tf, 5),
  );
  expectTrue(isMixture(row) || expected.some(Number.isNaN), 'a set without spread is among them');
}

/** The order of the values within a set is nothing to the statistics; naive accumulators differ here. */
async function anyOrder(row: NormRow, tf: Tf, pack: Pack) {
  const subject = long(row, [1, 4097, 1], 0, 1);
  const alternating = subject.x.map((v, i) => v + (i % 2 === 0 ? 1e4 : -1e4));
  const normalized = (x: Float32Array) =>
    read(tf, () => {
      // The mixtures' own weights are the same for all; γ and β are not.
      return forward(tf, pack, subject, tf.tensor(x, [...subject.shape]));
    });
  const sorted = [...alternating].sort((a, b) => a - b);
  const expected = (await normalized(alternating)).sort();
  const close = { atol: hasScale(row) ? 1e-5 : 1e-5 * 1e4, rtol: 0 };
  expectClose((await normalized(Float32Array.from(sorted))).sort(), expected, close, 'sorted');
  expectClose((await normalized(Float32Array.from(sorted.reverse()))).sort(), expected, close, 'reversed');
}

/** Small rows that came up in other libraries' reports. */
const REPORTED: Check[] = (
  [
    [1e6, 1e6 + 1, 1e6 + 2, 1e6 + 3],
    [2000.25, 1999.5, 2001.125, 1998.75],
    Array.from(normal(16, { mean: 1449, std: 0.7, seed: 3 })),
  ] as number[][]
).map((values, k) => ({
  name: `reported case ${k + 1}: a small row around ${Math.round(values[0] as number)}`,
  async run(tf, pack) {
    const row = ACTIVATIONS.find(({ id }) => id === 'layer') as NormRow;
    const subject = { row, shape: [1, values.length], options: { epsilon: 1e-5 } };
    const y = await read(tf, () => pack.layerNorm(tf.tensor2d([values]), { epsilon: 1e-5 }));
    expectClose(y, reference(subject, Float32Array.from(values)), tolerance(tf, 3));
  },
}));

const CENTERED = ACTIVATIONS.filter(({ centered }) => centered);

/** One row for each way through the pack: the rest differ in what is short here. */
const ways = new Map(
  ACTIVATIONS.map((row) => [[row.centered, hasScale(row), isMixture(row), row.parametersOver].join(), row] as const),
);

const checks: Check[] = [
  ...forRows('mean 1e3, deviation 0.06', ACTIVATIONS, around(1e3, 0.06, [2, 9, 7, 6])),
  ...forRows('mean 1e4, deviation 0.06', ACTIVATIONS, around(1e4, 0.06, [2, 9, 7, 6])),
  ...forRows('a million values around 1000', [...ways.values()], around(1000, 0.7, [1, 500, 1000, 2])),
  ...forRows('an axis of prime length 100003', ACTIVATIONS, around(10, 1, [1, 100003, 1])),
  ...forRows('NaN spoils its own set', ACTIVATIONS, spoilt(Number.NaN)),
  ...forRows('Infinity spoils its own set', ACTIVATIONS, spoilt(Number.POSITIVE_INFINITY)),
  ...forRows('tiny values', ACTIVATIONS, tiny),
  ...forRows('sets of one value', ACTIVATIONS, alone),
  ...forRows('no spread and epsilon 0 give beta', CENTERED.filter(hasScale), noSpread),
  ...forRows('any order', CENTERED, anyOrder),
  ...REPORTED,
];

export const statistics: Suite = { name: 'statistics', checks };
