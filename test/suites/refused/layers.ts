import { NORMS, type NormRow } from '../../../src/norms.js';
import { expectEqual } from '../harness.js';
import { ACTIVATIONS, makeLayer, type Options } from '../subjects.js';
import { has, type Refusal, two } from './refusal.js';

/** What the layers refuse, at construction and at build. */

/** Options a constructor refuses. */
function option(name: string, rows: readonly NormRow[], args: Options, says: RegExp): Refusal[] {
  return rows.map((row) => ({ name: `${name}: ${row.id}`, call: (tf, pack) => makeLayer(tf, pack, row, args), says }));
}

/** Shapes a build refuses; the layer must be as before. */
function build(
  name: string,
  rows: readonly NormRow[],
  args: Options,
  shape: (number | null)[],
  says: RegExp,
): Refusal[] {
  return rows.map((row) => ({
    name: `${name}: ${row.id}`,
    says,
    call(tf, pack) {
      const layer = makeLayer(tf, pack, row, args);
      try {
        return layer.build(shape);
      } finally {
        expectEqual([layer.built, layer.weights.length], [false, 0], 'half-built');
      }
    },
  }));
}

const THREE = ACTIVATIONS.filter(({ minRank }) => minRank === 3);

export const BAD_LAYERS: Refusal[] = [
  ...[0, -2, 1.5].flatMap((groups) => option(`groups ${groups}`, has('groups'), { groups }, /groups must be/)),
  ...build(
    'groups 5 of 6 channels',
    has('groups'),
    { groups: 5 },
    [null, 4, 6],
    /groups must divide channels.*groups=5, channels=6.*1, 2, 3, 6.*'auto'/,
  ),
  ...build('more groups than channels', has('groups'), {}, [null, 4, 6], /groups must divide channels/),
  ...build('one channel a group without space', has('groups'), { groups: 6 }, [null, 6], /more than one value/),
  ...[0, -1, Number.NaN, Number.POSITIVE_INFINITY, '1e-5'].flatMap((epsilon) =>
    option(`epsilon ${epsilon}`, has('epsilon'), { epsilon }, /epsilon must be a finite number greater than 0/),
  ),
  ...[-0.1, 1.1, Number.NaN, '0.9'].flatMap((momentum) =>
    option(`momentum ${momentum}`, has('momentum'), { momentum }, /momentum must lie in \[0, 1\]/),
  ),
  ...[0.5, 'last', [1, 1], []].flatMap((axis) =>
    option(`axis ${JSON.stringify(axis)}`, has('axis'), { axis }, /axis must/),
  ),
  ...option(
    'several axes',
    ACTIVATIONS.filter(({ parametersOver }) => parametersOver === 'channels'),
    { axis: [1, 2] },
    /axis must be one integer/,
  ),
  ...option('misspelt option', NORMS, { epsilonn: 1, name: 'misspelt' }, /\[\w+ "misspelt"\] unknown option.*epsilonn/),
  ...option('center as a number', has('center'), { center: 1 }, /center must be true or false/),
  ...option('training as text', has('training'), { training: 'always' }, /training must be 'auto', true or false/),
  ...[[], ['batch', 'batch'], ['batch', 'group']].flatMap((statistics) =>
    option(`statistics ${JSON.stringify(statistics)}`, has('statistics'), { statistics }, /statistics must be/),
  ),
  ...[0, 1.5].flatMap((partial) => option(`partial ${partial}`, has('partial'), { partial }, /partial must be/)),
  ...option('unknown initializer', has('center'), { betaInitializer: 'sideways' }, /betaInitializer must be.*sideways/),
  ...option(
    'rho outside [0, 1]',
    has('rhoLearningRateMultiplier'),
    { rhoInitializer: { className: 'Constant', config: { value: 1.5 } } },
    /rho must start in \[0, 1\]/,
  ),
  ...option(
    'rho’s rate 0',
    has('rhoLearningRateMultiplier'),
    { rhoLearningRateMultiplier: 0 },
    /rhoLearningRateMultiplier must be/,
  ),
  ...build('rank 1', ACTIVATIONS, {}, [null], /rank \d to 6/),
  ...build('rank 7', ACTIVATIONS, {}, [null, 2, 2, 2, 2, 2, 6], /rank \d to 6/),
  ...build('no space', THREE, {}, [null, 6], /rank 3 to 6/),
  ...build('no space for instance statistics', has('statistics'), {}, [null, 6], /instance statistics need/),
  ...ACTIVATIONS.flatMap((row) => build('unknown channels', [row], two(row), [null, 4, null], /must be known/)),
  ...ACTIVATIONS.flatMap((row) =>
    build('axis beyond the rank', [row], { ...two(row), axis: 3 }, [null, 4, 6], /axis must be one of.*axis=3, rank=3/),
  ),
  ...ACTIVATIONS.flatMap((row) =>
    build('the batch as axis', [row], { ...two(row), axis: 0 }, [null, 4, 6], /batch dimension/),
  ),
  ...ACTIVATIONS.filter(({ parametersOver }) => parametersOver === 'axes').flatMap((row) =>
    build('an axis twice, by another name', [row], { axis: [-1, 2] }, [null, 4, 6], /twice/),
  ),
  ...NORMS.filter(({ of }) => of === 'weights').flatMap((row): Refusal[] => [
    ...option('no layer', [row], { layer: undefined }, /layer/),
    {
      name: 'a layer without a kernel: weight',
      call: (tf, pack) => makeLayer(tf, pack, row, { layer: tf.layers.flatten() }),
      says: /kernel/,
    },
    {
      name: 'a bare cell: weight',
      call: (tf, pack) => makeLayer(tf, pack, row, { layer: tf.layers.lstmCell({ units: 3 }) }),
      says: /cell/i,
    },
  ]),
];
