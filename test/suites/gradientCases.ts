import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import type { NormRow } from '../../src/norms.js';
import type { Loss } from './differences.js';
import { normal, type Tf } from './harness.js';
import { reference } from './reference.js';
import { type Options, type Sample, sample } from './subjects.js';

/** What gradients are taken of: the cases of a row, and one loss, in float64 and on the device. */

export interface Case {
  readonly what: string;
  readonly options?: Options;
  readonly shape?: readonly number[];
  /** With the batch statistics given, and differentiated. */
  readonly memory?: boolean;
}

const SHAPE = [2, 3, 5, 4];

/** What the columns of a row allow to ask for. */
export function casesOf(row: NormRow): Case[] {
  const own = 'groups' in row.defaults ? { groups: 2 } : {};
  const cases: Case[] = [
    { what: 'last axis', options: own },
    { what: 'axis 1', options: { ...own, axis: 1 }, shape: [2, 4, 3, 5] },
  ];
  if (row.memory && 'epsilon' in row.defaults) cases.push({ what: 'given statistics', memory: true });
  if (row.parametersOver !== 'channels') cases.push({ what: 'two axes apart', options: { axis: [-1, 1] } });
  if ('partial' in row.defaults) cases.push({ what: 'partial and offset', options: { partial: 0.6, offset: 1 } });
  if ('statistics' in row.defaults) {
    cases.push({ what: 'two statistics', options: { statistics: ['batch', 'layer'] } });
  }
  return cases;
}

/** Shapes that fill no vector, texel or block, with the channel axis at every place, with a memory and without. */
const ODD: readonly (readonly [axis: number, ...shape: number[]])[] = [
  [-1, 3, 7, 2],
  [-1, 5, 3, 2, 3],
  [-1, 4, 6, 10],
  [1, 2, 5, 9],
  [1, 3, 2, 3, 7],
  [2, 2, 3, 6, 5],
  [-1, 3, 9, 4],
  [-1, 2, 33, 3],
];

export function oddCasesOf(row: NormRow): Case[] {
  const hasMemory = row.memory && 'epsilon' in row.defaults;
  return ODD.flatMap(([axis, ...shape]) => {
    const options = { axis, ...('groups' in row.defaults ? { groups: (shape.at(axis) as number) % 2 ? 1 : 2 } : {}) };
    const given = { what: `[${shape}], axis ${axis}`, options, shape };
    return hasMemory ? [given, { ...given, what: `${given.what}, given statistics`, memory: true }] : [given];
  });
}

const STRETCH = (subject: Sample) => normal(subject.x.length, { seed: 77 });

/** Σ u·(y + y²/2): the upstream gradient depends on y, so that every second-order path is walked. */
export function lossOf(subject: Sample): Loss {
  const u = STRETCH(subject);
  return ({ x, ...weights }) => {
    const y = reference(subject, x as Float64Array, weights);
    return y.reduce((sum, v, i) => sum + (u[i] as number) * (v + (v * v) / 2), 0);
  };
}

export const tensorLoss = (tf: Tf, subject: Sample, y: Tensor): Scalar =>
  tf.sum(tf.mul(tf.tensor(STRETCH(subject), [...subject.shape]), tf.add(y, tf.div(tf.square(y), 2))));

export const sampleOf = (row: NormRow, { shape = SHAPE, options = {} }: Case) =>
  sample(row, {
    shape,
    options: { ...options, ...('epsilon' in row.defaults ? { epsilon: 1e-2 } : {}) },
    mean: 0.7,
    std: 1.3,
  });
