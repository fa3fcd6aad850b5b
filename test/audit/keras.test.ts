import { auditModel, describeModel, recommendNormalization } from '../../src/index.js';
import { onCpu, tf } from '../layers/setup.js';
import { loadMobileNetV2, mobileNetV2, mobileNetV2Artifacts } from './keras/network.js';

onCpu();

const WANTED = { architecture: 'cnn', rank: 4, pretrained: 'batch' } as const;

test('Keras 3’s own JSON and the layout of Keras 2 tell the same', () => {
  const { keras, modelTopology } = mobileNetV2();
  const facts = describeModel(keras);
  expect({ ...facts }).toEqual(WANTED);
  expect(describeModel({ modelTopology })).toEqual(facts);
  expect(describeModel(modelTopology).seen).toEqual(facts.seen);
  expect(facts.seen.pretrained?.where).toHaveLength(52);
  expect(recommendNormalization(facts).norm).toBe('batch');
});

test('loaded, it has the shapes that were told from the file, and no fault', async () => {
  const model = await loadMobileNetV2();
  expect(model.countParams()).toBe(423_018);
  const loaded = await auditModel(model, { batchSize: 32 });
  const { keras } = mobileNetV2();
  const file = await auditModel(keras, { batchSize: 32 });
  expect(file.layers).toEqual(loaded.layers);
  expect(loaded.layers.find(({ path }) => path === 'out_relu')?.output).toEqual([null, 3, 3, 1280]);
  expect(loaded.findings).toEqual([]);
  expect(file.findings).toEqual([]);
  model.dispose();
});

test('faults of fine-tuning it: small batches, a frozen base', async () => {
  const { modelTopology } = mobileNetV2Artifacts();
  const small = await auditModel(modelTopology as never, { batchSize: 2 });
  expect(small.findings.map(({ rule }) => rule)).toEqual(Array(52).fill('batch-under-4'));
  const frozen = JSON.parse(JSON.stringify(modelTopology));
  for (const { config } of frozen.config.layers) config.trainable = false;
  const { findings } = await auditModel(frozen, { batchSize: 2 });
  expect(findings.map(({ rule }) => rule)).toEqual(Array(52).fill('frozen-batch-norm'));
});

test('a base in a model of one’s own: paths go through it', async () => {
  const base = await loadMobileNetV2();
  const own = tf.sequential({ layers: [base, tf.layers.dense({ units: 2, name: 'own' })] });
  const { findings, layers } = await auditModel(own, { batchSize: 5 });
  expect(findings[0]).toMatchObject({ rule: 'batch-under-8', path: `${base.name}/bn_Conv1` });
  expect(layers[layers.length - 1]).toMatchObject({ path: 'own', output: [null, 2] });
  own.dispose();
});
