import type { serialization } from '@tensorflow/tfjs-core';
import type { NormRow } from '../../../src/norms.js';
import { type Check, expectEqual, expectTrue, type Pack, type Tf } from '../harness.js';
import { forRows, free, makeLayer, nameOf, type Options, ROWS } from '../subjects.js';

/** Configurations: through real JSON, the same before and after build, and never the caller's own objects. */

type Config = serialization.ConfigDict;
type LayerClass = { fromConfig(cls: unknown, config: Config): { getConfig(): Config; name: string } };

const SHAPE = [null, 4, 5, 6];

/** Options that are not the defaults, of every kind a row has. */
export function unusual(row: NormRow): Options {
  const { defaults } = row;
  const has = (key: string, value: unknown) => (key in defaults ? { [key]: value } : {});
  const identifiers = row.weights
    .filter(({ option, trainable }) => option && trainable)
    .map(({ option }) => option as string);
  return {
    ...has('axis', row.parametersOver === 'axes' && !('partial' in defaults) ? [-1, 1] : -2),
    ...has('epsilon', 0.25),
    ...has('momentum', 0.75),
    ...has('groups', 5),
    ...has('training', true),
    ...has('partial', 0.5),
    ...has('offset', 1),
    ...has('statistics', ['batch', 'layer']),
    ...has('rhoLearningRateMultiplier', 10),
    ...Object.fromEntries(
      identifiers.flatMap((option) => [
        [`${option}Initializer`, { className: 'Constant', config: { value: 0.5 } }],
        [`${option}Regularizer`, 'l1l2'],
        [`${option}Constraint`, 'nonNeg'],
      ]),
    ),
  };
}

/** Options with which a layer can be built for the shape here. */
const plain = (row: NormRow): Options => ('groups' in row.defaults ? { groups: 3 } : {});

const throughJson = (config: Config): Config => JSON.parse(JSON.stringify(config)) as Config;

function again(layer: object, config: Config) {
  const cls = layer.constructor as unknown as LayerClass;
  return cls.fromConfig(cls, config);
}

function roundTrip(row: NormRow, tf: Tf, pack: Pack): void {
  for (const options of [plain(row), unusual(row)]) {
    const layer = makeLayer(tf, pack, row, options);
    const config = throughJson(layer.getConfig());
    const copy = again(layer, throughJson(config));
    expectEqual(throughJson(copy.getConfig()), config, 'config');
    expectEqual(Object.keys(copy).sort(), Object.keys(layer).sort(), 'properties'); // none lost, none invented
    expectEqual(copy.name, layer.name, 'name');
    for (const [key, value] of Object.entries(options)) {
      if (typeof value !== 'object' && !/(Regularizer|Constraint)$/.test(key)) expectEqual(config[key], value, key);
    }
  }
}

function beforeAndAfterBuild(row: NormRow, tf: Tf, pack: Pack): void {
  for (const options of [plain(row), unusual(row)]) {
    const layer = makeLayer(tf, pack, row, options);
    const before = throughJson(layer.getConfig());
    layer.build(SHAPE);
    expectEqual(throughJson(layer.getConfig()), before, 'config after build');
    free(layer);
  }
}

const frozen = <T>(value: T): T => {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
};

/** Frozen arguments throw where they are written to; changed ones must not be seen. */
function callersObjects(row: NormRow, tf: Tf, pack: Pack): void {
  if (row.of === 'activations') {
    const layer = makeLayer(tf, pack, row, frozen({ ...unusual(row), inputShape: [4, 5, 6], name: 'frozen' }));
    layer.build(SHAPE);
    free(layer);
  }
  const options = JSON.parse(JSON.stringify({ ...unusual(row), name: 'copied' })) as Record<string, unknown>;
  const layer = makeLayer(tf, pack, row, options);
  const before = throughJson(layer.getConfig());
  for (const list of Object.values(options)) if (Array.isArray(list)) list.splice(0);
  for (const value of Object.values(layer.getConfig())) if (Array.isArray(value)) value.splice(0);
  expectEqual(throughJson(layer.getConfig()), before, 'config after the caller changed his lists');
}

/** Names, order and number as the table lists them; with or without scale and centre. */
function weights(row: NormRow, tf: Tf, pack: Pack): void {
  for (const [scale, center] of [
    [true, true],
    [false, true],
    [true, false],
    [false, false],
  ] as const) {
    const switches = { scale, center };
    const given = Object.fromEntries(Object.entries(switches).filter(([key]) => key in row.defaults));
    const layer = makeLayer(tf, pack, row, { ...plain(row), ...given });
    layer.build(SHAPE);
    const wanted = row.weights.filter(({ when }) => !when || (given[when] ?? true));
    const names = (trainable: boolean) => wanted.filter((w) => w.trainable === trainable).map(({ name }) => name);
    const wrapped = row.of === 'weights';
    expectEqual(
      layer.trainableWeights.map(nameOf),
      [...names(true), ...(wrapped ? ['kernel', 'bias'] : [])],
      'trainable weights',
    );
    expectEqual(
      layer.nonTrainableWeights.map(nameOf),
      [...names(false), ...(wrapped ? ['initialized'] : [])],
      'other weights',
    );
    expectTrue(layer.built, 'built');
    free(layer);
  }
}

/** `groups: 'auto'` is an instruction: after build the config holds the number. */
const automatic: Check = {
  name: "groups: 'auto' becomes a number at build",
  run(_tf, pack) {
    for (const [channels, groups] of [
      [64, 32],
      [32, 16],
      [6, 3],
      [12, 6],
      [7, 1],
      [96, 32],
    ]) {
      const layer = pack.groupNormalization({ groups: 'auto' });
      expectEqual(layer.getConfig().groups, 'auto', 'before build');
      layer.build([null, 4, channels as number]);
      expectEqual(layer.getConfig().groups, groups, `${channels} channels`);
      free(layer);
    }
  },
};

export const configs: Check[] = [
  ...forRows('config survives JSON', ROWS, roundTrip),
  ...forRows('config is the same after build', ROWS, beforeAndAfterBuild),
  ...forRows('the caller’s objects stay the caller’s', ROWS, callersObjects),
  ...forRows('weights: names, order, number', ROWS, weights),
  automatic,
];
