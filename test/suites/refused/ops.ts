import type { Tensor } from '@tensorflow/tfjs-core';
import { NORMS, type NormRow } from '../../../src/norms.js';
import type { Pack, Tf } from '../harness.js';
import { ACTIVATIONS, type Options, opOf } from '../subjects.js';
import { has, type Refusal } from './refusal.js';

/** What the ops refuse. */

const SHAPE = [2, 4, 6];

/** One op refusing one option, for each row that has it. */
function op(
  name: string,
  rows: readonly NormRow[],
  options: Options | ((tf: Tf) => Options),
  says: RegExp,
  shape = SHAPE,
): Refusal[] {
  return rows.flatMap((row) => {
    const call = (tf: Tf, pack: Pack) => {
      const f = opOf(pack, row);
      if (!f) throw new Error(`no op for ${row.id}`);
      const own = 'groups' in row.defaults ? { groups: 3 } : {};
      return f(tf.ones(shape), { ...own, ...(typeof options === 'function' ? options(tf) : options) });
    };
    return { name: `${name}: ${row.id}`, call, says };
  });
}

/** Mean-only batch norm is a layer alone. */
const WITH_OP = ACTIVATIONS.filter(({ defaults }) => 'epsilon' in defaults);
const OP_OR_WEIGHT = [...WITH_OP, ...NORMS.filter(({ of }) => of === 'weights')];
const PER_CHANNEL = WITH_OP.filter(({ parametersOver }) => parametersOver === 'channels');
const SEVERAL_AXES = OP_OR_WEIGHT.filter(({ parametersOver }) => parametersOver !== 'channels');
const REMEMBERING = WITH_OP.filter(({ memory }) => memory);

export const BAD_OPS: Refusal[] = [
  ...[5, 4, 12].flatMap((groups) =>
    op(
      `groups ${groups} of 6 channels`,
      has('groups'),
      { groups },
      /groups must divide channels.*groups=\d+, channels=6.*1, 2, 3, 6/,
    ),
  ),
  ...[0, -2, 1.5, Number.NaN].flatMap((groups) => op(`groups ${groups}`, has('groups'), { groups }, /groups must be/)),
  ...[3, -4, 0.5, Number.NaN].flatMap((axis) =>
    op(`axis ${axis}`, OP_OR_WEIGHT, { axis }, /axis must be one of.*rank=3.*-3 to 2/),
  ),
  ...op(
    'the batch as channels',
    PER_CHANNEL.filter(({ averagesOver, id }) => averagesOver.length > 1 || id !== 'batch'),
    { axis: 0 },
    /batch dimension/,
  ),
  ...[
    [1, 1],
    [2, -1],
    [-2, 1],
  ].flatMap((axis) => op(`axis ${JSON.stringify(axis)} twice`, SEVERAL_AXES, { axis }, /twice/)),
  ...[-1, Number.NaN, Number.POSITIVE_INFINITY].flatMap((epsilon) =>
    op(`epsilon ${epsilon}`, WITH_OP, { epsilon }, /epsilon must be/),
  ),
  ...op('epsilon as text', WITH_OP, { epsilon: '1e-5' }, /epsilon must be.*"1e-5"/),
  ...op('misspelt option', OP_OR_WEIGHT, { epsilom: 1e-5 }, /unknown option.*epsilom/),
  ...op(
    'gamma of the wrong shape',
    WITH_OP,
    (tf) => ({ gamma: tf.ones([7]) }),
    /gamma has the wrong shape.*\[7\].*\[6\]/,
  ),
  ...op(
    'beta of the wrong shape',
    WITH_OP.filter(({ weights }) => weights.some(({ name }) => name === 'beta')),
    (tf) => ({ beta: tf.ones([6, 1]) }),
    /beta has the wrong shape/,
  ),
  ...op(
    'g of the wrong shape',
    NORMS.filter(({ of }) => of === 'weights'),
    (tf) => ({ g: tf.ones([5]) }),
    /g has the wrong shape/,
  ),
  ...op(
    'mean without variance',
    REMEMBERING,
    (tf) => ({ mean: tf.ones([6]) }),
    /mean and variance go together.*variance/,
  ),
  ...op(
    'variance of the wrong shape',
    REMEMBERING,
    (tf) => ({ mean: tf.ones([6]), variance: tf.ones([4]) }),
    /variance has the wrong shape/,
  ),
  ...op(
    'rho -0.1',
    NORMS.filter(({ weights }) => weights.some(({ name }) => name === 'rho')),
    { rho: -0.1 },
    /rho must lie in \[0, 1\]/,
  ),
  ...op(
    'rho 2',
    NORMS.filter(({ weights }) => weights.some(({ name }) => name === 'rho')),
    { rho: 2 },
    /rho must lie in \[0, 1\]/,
  ),
  ...[[], ['batch'], ['batch', 'batch'], ['batch', 'group']].flatMap((statistics) =>
    op(`statistics ${JSON.stringify(statistics)}`, has('statistics'), { statistics }, /statistics must be.*'instance'/),
  ),
  ...op(
    'meanWeight of the wrong length',
    has('statistics'),
    (tf) => ({ meanWeight: tf.ones([2]) }),
    /meanWeight has the wrong shape/,
  ),
  ...[0, -1, 1.5, Number.NaN].flatMap((partial) =>
    op(`partial ${partial}`, has('partial'), { partial }, /partial must be/),
  ),
  ...op('partial over two axes', has('partial'), { partial: 0.5, axis: [1, 2] }, /partial needs exactly one axis/),
  ...op('offset without gamma', has('offset'), { offset: 1 }, /offset is added to gamma/),
  ...op(
    'a text tensor as gamma',
    WITH_OP,
    (tf) => ({ gamma: tf.tensor(['a', 'b', 'c', 'd', 'e', 'f']) }),
    /gamma must hold numbers/,
  ),
  ...OP_OR_WEIGHT.flatMap((row): Refusal[] => [
    {
      name: `null as input: ${row.id}`,
      call: (_, pack) => opOf(pack, row)?.(null as unknown as Tensor, {}),
      says: /must be a tensor/,
    },
    {
      name: `text as input: ${row.id}`,
      call: (tf, pack) => opOf(pack, row)?.(tf.tensor(['a']), {}),
      says: /must hold numbers/,
    },
  ]),
];
