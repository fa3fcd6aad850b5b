import type { NormRow } from '../../../src/norms.js';
import { type Check, expectClose, type Pack, type Tf } from '../harness.js';
import { parameterIndex, reference } from '../reference.js';
import {
  ACTIVATIONS,
  equal,
  forRows,
  forward,
  free,
  hasScale,
  input,
  layerOf,
  parameters,
  plain,
  ROWS,
  read,
  result,
  sample,
  tolerance,
} from '../subjects.js';
import { undoes } from './inverse.js';

/** Every norm against its formula, at every place of the axes, and the layer against the op. */

const DIMENSIONS = [2, 3, 4, 5, 6];

/** A shape of a rank with the channels (divisible by the groups) at `axis`, every other dimension its own. */
function shapeWith(rank: number, axis: number): number[] {
  const others = [2, 5, 3, 4, 2, 3];
  return Array.from({ length: rank }, (_, i) => (i === axis ? 6 : (others[i] as number)));
}

/** All axes a norm can be asked for at a rank: one, and (where several are averaged) lists, unsorted and negative too. */
function axesAt(row: NormRow, rank: number): (number | number[])[] {
  const first = row.of === 'weights' ? 0 : 1;
  const single = Array.from({ length: rank - first }, (_, i) => i + first);
  const lists =
    row.parametersOver === 'channels' || rank < 3
      ? []
      : [
          [-1, 1],
          [-1, -2],
          [rank - 1, -2],
        ];
  const separate = rank > 3 && lists.length > 0 ? [[-1, 1, 2]] : [];
  return [...single, -1, ...lists, ...separate];
}

async function everyAxis(row: NormRow, tf: Tf, pack: Pack) {
  for (const rank of DIMENSIONS.filter((r) => r >= row.minRank)) {
    for (const axis of axesAt(row, rank)) {
      const [first] = [axis].flat() as [number];
      const shape = shapeWith(rank, first < 0 ? first + rank : first);
      const subject = sample(row, { shape, options: { axis } });
      const close = tolerance(tf, 3);
      const what = `rank ${rank}, axis ${JSON.stringify(axis)}`;
      expectClose(await result(tf, pack, subject), reference(subject, subject.x, plain(subject)), close, what);
    }
  }
}

/** With given batch statistics: those of a memory. */
async function givenStatistics(row: NormRow, tf: Tf, pack: Pack) {
  for (const axis of [1, 2, -1]) {
    const subject = sample(row, { shape: shapeWith(4, axis < 0 ? 3 : axis), options: { axis } });
    const y = await read(tf, () => forward(tf, pack, subject, input(tf, subject), parameters(tf, subject, true)));
    expectClose(y, reference(subject, subject.x, plain(subject, true)), tolerance(tf, 3), `axis ${axis}`);
  }
}

/** Every combination of the parameters that an op can go without. */
async function optionalParameters(row: NormRow, tf: Tf, pack: Pack) {
  const subject = sample(row);
  const all = Object.keys(plain(subject));
  for (let mask = 0; mask < 2 ** all.length; mask++) {
    const chosen = all.filter((_, k) => (mask >> k) & 1);
    // The mixture's own weights have a default in the op that the reference does not know.
    if (row.weights.some(({ name, trainable, when }) => trainable && !when && name !== 'g' && !chosen.includes(name)))
      continue;
    const pick = <T>(from: Record<string, T>) => Object.fromEntries(chosen.map((name) => [name, from[name] as T]));
    const y = await read(tf, () => forward(tf, pack, subject, input(tf, subject), pick(parameters(tf, subject))));
    expectClose(y, reference(subject, subject.x, pick(plain(subject))), tolerance(tf, 3), `with ${chosen}`);
  }
}

/** A layout is where the axis lies: moving it moves the result. */
async function layout(row: NormRow, tf: Tf, pack: Pack) {
  const last = sample(row, { options: { axis: -1 } });
  const expected = await result(tf, pack, last);
  for (const [axis, there, back] of [
    [1, [0, 3, 1, 2], [0, 2, 3, 1]],
    [2, [0, 1, 3, 2], [0, 1, 3, 2]],
  ] as [number, number[], number[]][]) {
    const moved = { ...last, options: { ...last.options, axis } };
    const y = await read(tf, () => {
      const x = tf.transpose(input(tf, last), there);
      return tf.transpose(forward(tf, pack, moved, x, parameters(tf, last)), back);
    });
    expectClose(y, expected, tolerance(tf), `axis ${axis}`);
  }
}

async function affine(row: NormRow, tf: Tf, pack: Pack) {
  const subject = sample(row);
  const names = row.weights.filter(({ when, trainable }) => trainable && when).map(({ name }) => name);
  const withValues = (value: (name: string) => number | undefined) =>
    read(tf, () => {
      const weights = parameters(tf, subject);
      for (const name of names) {
        const v = value(name);
        if (v !== undefined) weights[name] = tf.fill((weights[name] as { shape: number[] }).shape, v);
      }
      return forward(tf, pack, subject, input(tf, subject), weights);
    });
  const neutral = await withValues((name) => (name === 'beta' ? 0 : 1));
  expectClose(neutral, await result(tf, pack, subject, false), { atol: 0, rtol: 0 }, 'γ = 1, β = 0');
  if (!hasScale(row)) return;
  const flat = await withValues((name) => (name === 'beta' ? undefined : 0));
  const { beta } = plain(subject);
  const index = parameterIndex(subject);
  expectClose(
    flat,
    flat.map((_, i) => beta?.[index[i] as number] ?? 0),
    { atol: 0, rtol: 0 },
    'γ = 0 gives β',
  );
}

async function layerIsOp(row: NormRow, tf: Tf, pack: Pack) {
  const subject = sample(row);
  for (const training of row.memory ? [true, false] : [false]) {
    const layer = layerOf(tf, pack, subject);
    const expected = await read(tf, () =>
      forward(tf, pack, subject, input(tf, subject), parameters(tf, subject, row.memory && !training)),
    );
    const y = await read(tf, () => layer.apply(input(tf, subject), { training }) as ReturnType<typeof input>);
    free(layer);
    expectClose(y, expected, equal(tf), training ? 'in training' : 'in inference');
  }
}

export const formulas: Check[] = [
  ...forRows('the formula in float64, ranks 2 to 6, every axis', ROWS, everyAxis),
  ...forRows(
    'the formula with given statistics',
    ACTIVATIONS.filter(({ memory }) => memory),
    givenStatistics,
  ),
  ...forRows('the formula with every set of parameters', ROWS, optionalParameters),
  ...forRows('γ = √(σ² + ε), β = μ gives x back', ROWS, undoes),
  ...forRows('channels last = channels first transposed', ROWS, layout),
  ...forRows('γ = 0 gives β, γ = 1 and β = 0 nothing', ACTIVATIONS, affine),
  ...forRows('layer ≡ op', ACTIVATIONS, layerIsOp),
];
