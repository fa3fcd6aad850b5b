import '@tensorflow/tfjs-backend-cpu';
import * as core from '@tensorflow/tfjs-core';
import * as layersPackage from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import * as pack from '../../src/index.js';

const tf = { ...core, ...layersPackage } as typeof core & typeof layersPackage;
type Layer = layersPackage.layers.Layer;
type Factory = (args: object) => Layer;

const FACTORIES: Record<Exclude<pack.NormId, 'weight'>, Factory> = {
  batch: pack.batchNormalization,
  layer: pack.layerNormalization,
  instance: pack.instanceNormalization,
  group: pack.groupNormalization,
  rms: pack.rmsNormalization,
  batchInstance: pack.batchInstanceNormalization,
  switchable: pack.switchableNormalization,
  meanOnlyBatch: pack.meanOnlyBatchNormalization,
};

const identifier = {
  Initializer: fc.constantFrom<unknown>('ones', 'zeros', { className: 'Constant', config: { value: 0.25 } }),
  Regularizer: fc.constantFrom<unknown>(null, 'l1l2', { className: 'L2', config: { l2: 0.5 } }),
  Constraint: fc.constantFrom<unknown>(null, 'nonNeg', { className: 'UnitNorm', config: { axis: 0 } }),
};

/** Values every option may have, on inputs of rank 4 with 6 channels last and first. */
const VALUES: Record<string, fc.Arbitrary<unknown>> = {
  axis: fc.constantFrom(-1, 3, 1, -3),
  epsilon: fc.double({ min: 1e-12, max: 0.5, noNaN: true }),
  momentum: fc.double({ min: 0, max: 1, noNaN: true }),
  center: fc.boolean(),
  scale: fc.boolean(),
  training: fc.constantFrom('auto', true, false),
  groups: fc.constantFrom(-1, 1, 2, 3, 6, 'auto'),
  partial: fc.constantFrom(1, 0.5, 0.0625),
  offset: fc.constantFrom(0, 1, -0.5),
  rhoLearningRateMultiplier: fc.constantFrom(1, 10),
  statistics: fc.shuffledSubarray(['instance', 'layer', 'batch'], { minLength: 2 }),
};

/** Options that contradict each other are refused, and tested elsewhere. */
const consistent = ({ scale, offset = 0 }: Record<string, unknown>) => scale !== false || offset === 0;

function configs(row: pack.NormRow): fc.Arbitrary<Record<string, unknown>> {
  const model: Record<string, fc.Arbitrary<unknown>> = { name: fc.constant('norm'), trainable: fc.boolean() };
  for (const key of Object.keys(row.defaults)) model[key] = VALUES[key] as fc.Arbitrary<unknown>;
  for (const { option, trainable } of row.weights) {
    for (const [part, values] of Object.entries(identifier)) {
      if (trainable || part === 'Initializer') model[option + part] = values;
    }
  }
  return fc.record(model, { requiredKeys: 'groups' in model ? ['groups'] : [] }).filter(consistent);
}

/** As a file does it: the keys and strings of a whole model pass through Python's spelling. */
async function throughFile(layer: Layer): Promise<Layer> {
  const model = tf.sequential({ layers: [tf.layers.inputLayer({ inputShape: [6, 5, 6] }), layer] });
  const copy = await tf.models.modelFromJSON(JSON.parse(JSON.stringify(model.toJSON(null, false))));
  return copy.layers[1] as Layer;
}

let undo: () => void;
beforeAll(async () => {
  await tf.setBackend('cpu');
  undo = pack.replaceStockNormalization();
});
afterAll(() => undo());

for (const row of pack.NORMS.filter(({ of }) => of === 'activations')) {
  const make = FACTORIES[row.id as keyof typeof FACTORIES];

  test(`${row.className}: any configuration survives a file`, async () => {
    await fc.assert(
      fc.asyncProperty(configs(row), async (config) => {
        const given = structuredClone(config);
        const layer = make(config);
        expect(config).toEqual(given);
        const before = layer.getConfig();
        const copy = await throughFile(layer);
        const expected = { ...layer.getConfig() };
        if (before.groups !== 'auto')
          expect({ ...before, batchInputShape: 0 }).toEqual({ ...expected, batchInputShape: 0 });
        expect(copy.getClassName()).toBe(layer.getClassName());
        expect(copy.getConfig()).toEqual(expected);
        expect(copy.weights.map((w) => [w.originalName, w.shape])).toEqual(
          layer.weights.map((w) => [w.originalName, w.shape]),
        );
      }),
      { numRuns: 60, seed: 20261121 },
    );
  });

  test(`${row.className}: any JSON gives a layer or a NormalizationError`, () => {
    const cls = tf.serialization.SerializationMap.getMap().classNameMap[row.className]?.[0] as never;
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => {});
    const keys = [
      ...Object.keys(row.defaults),
      ...row.weights.map(({ option }) => `${option}Initializer`),
      '__proto__',
    ];
    const anything = fc.dictionary(fc.oneof(fc.constantFrom(...keys), fc.string()), fc.jsonValue());
    fc.assert(
      fc.property(anything, (config) => {
        try {
          (cls as { fromConfig(c: unknown, config: object): Layer }).fromConfig(cls, config);
        } catch (error) {
          expect((error as Error).name).toBe('NormalizationError');
          // (Unless the configuration itself holds such text, which the message shows.)
          const unfilled = /undefined|\$\{/;
          if (!unfilled.test(JSON.stringify(config))) expect((error as Error).message).not.toMatch(unfilled);
        }
      }),
      { numRuns: 150, seed: 20261121 },
    );
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    warn.mockRestore();
  });
}
