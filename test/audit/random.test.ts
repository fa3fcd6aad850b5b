import fc from 'fast-check';
import * as pack from '../../src/index.js';
import { AUDIT_RULES, auditModel, describeModel, recommendNormalization } from '../../src/index.js';
import { onCpu, tf } from '../layers/setup.js';

onCpu();

const { layers } = tf;
type Layer = InstanceType<typeof layers.Layer>;

/** Layers that any image takes, each made of a small number. */
const STEPS: readonly ((n: number) => Layer)[] = [
  (n) =>
    layers.conv2d({
      filters: 1 + n,
      kernelSize: 1 + (n % 3),
      strides: 1 + (n % 2),
      padding: 'same',
      useBias: n % 2 === 0,
    }),
  (n) => layers.depthwiseConv2d({ kernelSize: 2, padding: 'same', depthMultiplier: 1 + (n % 2) }),
  (n) => layers.conv2dTranspose({ filters: 1 + n, kernelSize: 2, strides: 2, padding: n % 2 ? 'same' : 'valid' }),
  () => layers.maxPooling2d({ poolSize: 2, padding: 'same' }),
  (n) =>
    layers.zeroPadding2d({
      padding: [
        [n % 3, 1],
        [0, n % 2],
      ],
    }),
  () => layers.upSampling2d({ size: [2, 1] }),
  () => layers.permute({ dims: [2, 1, 3] }),
  (n) => layers.dropout({ rate: (n % 3) / 4 }),
  () => layers.reLU(),
  (n) =>
    layers.batchNormalization({
      momentum: n / 8,
      axis: n % 4 === 3 ? 1 : -1,
      scale: n % 2 === 0,
      trainable: n % 3 > 0,
    }),
  (n) => layers.layerNormalization({ axis: n % 2 ? -1 : 1 }),
  () => pack.groupNormalization({ groups: 1 }),
  (n) => pack.switchableNormalization({ momentum: n / 8 }),
  (n) => pack.rmsNormalization({ epsilon: 10 ** -n }),
  (n) => pack.batchNormalization({ training: n % 2 === 0, center: n % 3 > 0 }),
  (n) => layers.separableConv2d({ filters: 2 + n, kernelSize: 2, dilationRate: 1 + (n % 2) }),
  (n) => pack.weightNormalization({ layer: layers.conv2d({ filters: 1 + n, kernelSize: 1 }) }),
];

const graphs = fc.record({
  batch: fc.option(fc.integer({ min: 1, max: 20 })),
  steps: fc.array(
    fc.tuple(fc.nat(STEPS.length - 1), fc.nat(7), fc.nat(20), fc.constantFrom('chain', 'add', 'concat')),
    { maxLength: 10 },
  ),
  end: fc.constantFrom('dense', 'none', 'pool'),
});

type Recipe = typeof graphs extends fc.Arbitrary<infer T> ? T : never;

/** A network of a recipe: steps read the last result, or join an earlier one of the same shape. Null where sizes run out. */
function built({ batch, steps, end }: Recipe) {
  const image = tf.input({ batchShape: [batch, 9, 8, 3] });
  const results = [image];
  for (const [step, n, back, join] of steps) {
    const x = results[results.length - 1] as typeof image;
    const y = (STEPS[step] as (typeof STEPS)[number])(n).apply(x) as typeof image;
    const other = results[back % results.length] as typeof image;
    const alike = other.shape.join() === y.shape.join() && other !== y;
    const merge = join === 'add' ? layers.add() : layers.concatenate();
    results.push(alike && join !== 'chain' ? (merge.apply([y, other]) as typeof image) : y);
  }
  const last = results[results.length - 1] as typeof image;
  const ends = {
    dense: [layers.flatten(), layers.dense({ units: 2 })],
    none: [layers.reLU()],
    pool: [layers.globalAveragePooling2d({})],
  };
  return tf.model({
    inputs: image,
    outputs: ends[end as 'dense'].reduce((x, layer) => layer.apply(x) as typeof image, last),
  });
}

test('random networks: described alike in memory and as JSON, audited alike, nothing thrown, nothing left', async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(graphs, async (recipe) => {
      const before = tf.memory().numTensors;
      let model: ReturnType<typeof built>;
      try {
        model = built(recipe);
      } catch {
        // Sizes ran out within a layer, whose weights nobody can dispose: not of interest here.
        tf.disposeVariables();
        return;
      }
      const json = JSON.parse(model.toJSON() as unknown as string);
      const facts = describeModel(model);
      recommendNormalization(facts);
      expect(describeModel(json)).toEqual(facts);
      const live = await auditModel(model);
      const file = await auditModel(json);
      expect(file.layers).toEqual(live.layers);
      expect(file.findings).toEqual(live.findings);
      expect(live.html()).toContain('</html>');
      for (const { rule } of live.findings) seen.add(rule);
      model.dispose();
      expect(tf.memory().numTensors).toBe(before);
    }),
    { numRuns: 150, seed: 11 },
  );
  expect(seen.size).toBeGreaterThan(8);
}, 60_000);

/** Configurations of strangers: right words in wrong places. */
const words = fc.constantFrom(
  'layers',
  'config',
  'class_name',
  'name',
  'inbound_nodes',
  'axis',
  'groups',
  'kernel_size',
  'filters',
  'layer',
  'cell',
  'cells',
  '__proto__',
  'constructor',
  'toString',
  'units',
  'strides',
  'data_format',
  'target_shape',
  'dims',
  'batch_input_shape',
);
const names = fc.constantFrom(
  'Conv2D',
  'BatchNormalization',
  'GroupNormalization',
  'Dense',
  'Sequential',
  'Functional',
  'LSTM',
  'RNN',
  'TimeDistributed',
  'Reshape',
  'Permute',
  'Dot',
  'Concatenate',
  'InputLayer',
  'constructor',
  '__proto__',
  'Embedding',
  'ZeroPadding2D',
  'WeightNormalization',
  'SwitchableNormalization',
);
const values = fc.oneof(
  fc.integer({ min: -3, max: 40 }),
  fc.double(),
  fc.string(),
  names,
  fc.constantFrom(null, true, 'channels_first', 'same'),
  fc.array(fc.option(fc.integer({ min: -2, max: 9 })), { maxLength: 5 }),
);
const { layer } = fc.letrec<{ layer: unknown; config: unknown }>((tie) => ({
  layer: fc.record({
    class_name: names,
    name: fc.constantFrom('a', 'b', 'c', '<script>'),
    config: tie('config'),
    inbound_nodes: fc.array(
      fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constant(0), fc.constant(0)), { maxLength: 3 }),
      { maxLength: 2 },
    ),
  }),
  config: fc.dictionary(
    words,
    fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      values,
      tie('layer'),
      fc.array(tie('layer'), { maxLength: 4 }),
    ),
    { maxKeys: 6 },
  ),
}));
const files = fc.record({
  class_name: fc.constantFrom('Sequential', 'Functional'),
  config: fc.record({
    layers: fc.array(layer, { maxLength: 8 }),
    input_layers: fc.constantFrom([], [['a', 0, 0]], ['b', 0, 0]),
    output_layers: fc.constantFrom([], [['c', 0, 0]]),
  }),
});

test('strange files: read, or refused in words; never anything else', async () => {
  await fc.assert(
    fc.asyncProperty(files, async (file) => {
      const facts = describeModel(file as never);
      recommendNormalization(facts);
      const report = await auditModel(file as never, { batchSize: 2, style: 'keep' });
      expect(JSON.parse(JSON.stringify(report)).findings).toHaveLength(report.findings.length);
      expect(`${report.html()}`).not.toContain('<script');
    }),
    { numRuns: 600, seed: 12 },
  );
}, 60_000);

test('deep, cyclic and long files', async () => {
  const deep = (n: number): object =>
    n === 0
      ? { class_name: 'Dense', config: { units: 2 } }
      : { class_name: 'Sequential', config: { layers: [deep(n - 1)] } };
  expect(() => describeModel(deep(400) as never)).toThrow(/nested/);
  expect({ ...describeModel(deep(20) as never) }).toEqual({ architecture: 'feedForward' });
  const cycle = ['a', 'b'].map((name, i) => ({
    class_name: 'BatchNormalization',
    name,
    config: {},
    inbound_nodes: [[[i ? 'a' : 'b', 0, 0, {}]]],
  }));
  const ends = { input_layers: [['a', 0, 0]], output_layers: [['b', 0, 0]] };
  await auditModel({ class_name: 'Functional', config: { layers: cycle, ...ends } });
  const long = Array.from({ length: 20_000 }, (_, i) => ({
    class_name: i % 2 ? 'BatchNormalization' : 'Dense',
    config: { name: `l${i}`, units: 3, batch_input_shape: [null, 3], use_bias: false },
  }));
  const start = Date.now();
  const report = await auditModel({ class_name: 'Sequential', config: { layers: long } }, { batchSize: 2 });
  expect(report.findings.length).toBeGreaterThan(9_000);
  expect(report.html().length).toBeGreaterThan(0);
  expect(Date.now() - start).toBeLessThan(10_000);
});

test('there are rules', () => expect(AUDIT_RULES.length).toBeGreaterThan(30));
