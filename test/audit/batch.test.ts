import * as pack from '../../src/index.js';
import { auditModel } from '../../src/index.js';
import { onCpu, tf } from '../layers/setup.js';
import { convolutional } from './planted.js';

onCpu();

const { layers } = tf;
const norm = () => pack.batchNormalization({ name: 'norm' });

/** Two inputs of 6 and 3, their norms, and one result. */
function paired() {
  const inputs = [tf.input({ shape: [6], name: 'left' }), tf.input({ shape: [3], name: 'right' })];
  const joined = layers.concatenate().apply(inputs) as (typeof inputs)[0];
  const y = layers.dense({ units: 1 }).apply(norm().apply(joined)) as (typeof inputs)[0];
  return tf.model({ inputs, outputs: y });
}

test('audits of one model at the same time leave it as it was', async () => {
  const model = convolutional([norm()]);
  const layer = model.getLayer('norm');
  const { call } = layer;
  const batch = tf.randomNormal([4, 8, 8, 3], 0, 1, 'float32', 5);
  const before = tf.memory().numTensors;
  const reports = await Promise.all([1, 2, 3].map(() => auditModel(model, {}, { batch })));
  expect([Object.hasOwn(layer, 'call'), layer.call === call]).toEqual([false, true]);
  expect(tf.memory().numTensors).toBe(before);
  const alone = await auditModel(model, {}, { batch });
  for (const { findings } of reports) expect(findings).toEqual(alone.findings);
  model.dispose();
  batch.dispose();
});

test('a layer is watched no longer than the model runs', async () => {
  const model = convolutional([norm()]);
  const layer = model.getLayer('norm');
  const batch = tf.zeros([2, 8, 8, 3]);
  const seen: boolean[] = [];
  // What runs between two steps of the audit sees the layer as it is.
  const watching = setInterval(() => seen.push(Object.hasOwn(layer, 'call')), 0);
  let open = true;
  const probe = async () => {
    for (; open; await null) seen.push(Object.hasOwn(layer, 'call'));
  };
  await Promise.all([auditModel(model, {}, { batch }).finally(() => (open = false)), probe()]);
  clearInterval(watching);
  expect(new Set(seen)).toEqual(new Set([false]));
  model.dispose();
  batch.dispose();
});

describe('a batch that the model does not take is refused in words', () => {
  const one = () => convolutional([norm()]);
  const CASES: readonly (readonly [string, () => ReturnType<typeof one>, readonly number[][], RegExp])[] = [
    ['another rank', one, [[4, 5]], /batch must be the inputs of the model, a tensor each.*\[4, 5\].*\[null,8,8,3\]/],
    ['another size', one, [[4, 8, 8, 1]], /batch must be the inputs of the model/],
    [
      'too many',
      one,
      [
        [4, 8, 8, 3],
        [4, 8, 8, 3],
      ],
      /batch must be the inputs of the model/,
    ],
    ['too few', paired, [[4, 6]], /batch must be the inputs of the model/],
    [
      'in another order',
      paired,
      [
        [4, 3],
        [4, 6],
      ],
      /batch must be the inputs of the model/,
    ],
    [
      'of unequal length',
      paired,
      [
        [4, 6],
        [5, 3],
      ],
      /batch must have one number of examples.*\[4, 6\], \[5, 3\]/,
    ],
  ];

  test.each(CASES)('%s', async (_, make, shapes, message) => {
    const model = make();
    const tensors = shapes.map((shape) => tf.zeros(shape));
    const before = tf.memory().numTensors;
    const given = [tensors.length === 1 ? (tensors[0] as (typeof tensors)[0]) : tensors, tensors];
    for (const batch of given) {
      const refused = auditModel(model, {}, { batch });
      await expect(refused).rejects.toThrow(pack.NormalizationError);
      await expect(refused).rejects.toThrow(message);
    }
    expect(tf.memory().numTensors).toBe(before);
    expect(Object.hasOwn(model.getLayer('norm'), 'call')).toBe(false);
    tf.dispose(tensors);
    model.dispose();
  });

  test('what it takes, alone or in a list, is taken', async () => {
    for (const [make, shapes] of [
      [one, [[4, 8, 8, 3]]],
      [
        paired,
        [
          [4, 6],
          [4, 3],
        ],
      ],
    ] as const) {
      const model = make();
      const batch = shapes.map((shape) => tf.zeros([...shape]));
      const { findings } = await auditModel(model, {}, { batch });
      expect(findings.map(({ rule }) => rule)).toContain('constant-channel');
      tf.dispose(batch);
      model.dispose();
    }
  });

  test('of disposed tensors, and for a model without inputs', async () => {
    const model = one();
    const batch = tf.zeros([1, 8, 8, 3]);
    const open = tf.sequential();
    await expect(auditModel(model, {}, { batch: 3 as never })).rejects.toThrow(/batch must be the inputs of the model/);
    await expect(auditModel(open, {}, { batch })).rejects.toThrow(/the model must know its inputs/);
    batch.dispose();
    await expect(auditModel(model, {}, { batch })).rejects.toThrow(/batch must be the inputs of the model/);
    model.dispose();
  });
});
