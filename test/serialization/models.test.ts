import '@tensorflow/tfjs-backend-cpu';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as core from '@tensorflow/tfjs-core';
import * as layersPackage from '@tensorflow/tfjs-layers';
import * as pack from '../../src/index.js';
import { normal } from '../suites/harness.js';

const tf = { ...core, ...layersPackage } as typeof core & typeof layersPackage;

// Files under standard names load as the stock classes, whose last bits differ: here ours are to be compared with ours.
let undo: () => void;
beforeEach(() => {
  undo = pack.replaceStockNormalization();
});
afterEach(() => undo());

setWasmPaths(`${process.cwd()}/node_modules/@tensorflow/tfjs-backend-wasm/dist/`);

beforeAll(async () => {
  await tf.setBackend('cpu');
  tf.env().set('IS_TEST', true);
});

/** Saves to memory as real JSON text, as a file would hold it. */
async function saved(model: layersPackage.LayersModel, includeOptimizer = false): Promise<core.io.ModelArtifacts> {
  let kept: core.io.ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      kept = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
    { includeOptimizer },
  );
  const { weightData, ...json } = kept as core.io.ModelArtifacts;
  return { ...JSON.parse(JSON.stringify(json)), ...(weightData ? { weightData } : {}) };
}

async function reloaded(model: layersPackage.LayersModel, includeOptimizer = false) {
  return tf.loadLayersModel(tf.io.fromMemory(await saved(model, includeOptimizer)));
}

const input = (shape: number[], seed = 3) =>
  tf.tensor(
    normal(
      shape.reduce((a, b) => a * b),
      { seed },
    ),
    shape,
  );

/** Every layer of the package that normalizes activations of this rank. */
function allLayers(rank: number): layersPackage.layers.Layer[] {
  return [
    pack.batchNormalization({ momentum: 0.8 }),
    pack.layerNormalization(),
    pack.groupNormalization({ groups: 2 }),
    pack.rmsNormalization({ partial: 0.5, offset: 1 }),
    pack.meanOnlyBatchNormalization(),
    ...(rank > 2
      ? [
          pack.instanceNormalization(),
          pack.batchInstanceNormalization({ rhoInitializer: tf.initializers.constant({ value: 0.5 }) }),
          pack.switchableNormalization({ statistics: ['batch', 'layer'] }),
          pack.layerNormalization({ axis: [-2, -1] }),
          pack.batchNormalization({ axis: 1, training: true }),
        ]
      : [pack.switchableNormalization({ statistics: ['layer', 'batch'] })]),
  ];
}

async function train(model: layersPackage.LayersModel, shape: number[], optimizer: string | core.Optimizer = 'sgd') {
  model.compile({ optimizer: optimizer as string, loss: 'meanSquaredError' });
  const xs = input(shape);
  const ys = input([shape[0] as number, 1], 4);
  await model.fit(xs, ys, { epochs: 2, batchSize: 4, shuffle: false, verbose: 0 });
}

async function expectSame(a: layersPackage.LayersModel, b: layersPackage.LayersModel, shape: number[]) {
  const x = input(shape, 9);
  const [ya, yb] = [a.predict(x) as core.Tensor, b.predict(x) as core.Tensor];
  expect(Array.from(yb.dataSync())).toEqual(Array.from(ya.dataSync()));
  const strip = (m: layersPackage.LayersModel) => JSON.stringify(m.toJSON(null, false));
  expect(strip(b)).toEqual(strip(a));
}

test('a sequential model of every layer', async () => {
  for (const shape of [
    [8, 6],
    [8, 4, 6],
    [8, 3, 4, 6],
  ]) {
    const model = tf.sequential();
    allLayers(shape.length).forEach((layer, i) => {
      if (i === 0) model.add(tf.layers.inputLayer({ inputShape: shape.slice(1) }));
      model.add(layer);
    });
    if (shape.length > 2) model.add(tf.layers.flatten());
    model.add(tf.layers.dense({ units: 1 }));
    await train(model, shape);
    await expectSame(model, await reloaded(model), shape);
  }
});

test('functional, nested and shared layers', async () => {
  const shared = pack.groupNormalization({ groups: 3 });
  const inner = tf.sequential({
    layers: [
      tf.layers.dense({ units: 6, inputShape: [4, 6] }),
      pack.batchNormalization(),
      pack.switchableNormalization(),
    ],
  });
  const x = tf.input({ shape: [4, 6] });
  const a = shared.apply(inner.apply(x)) as layersPackage.SymbolicTensor;
  const b = shared.apply(pack.batchInstanceNormalization().apply(x)) as layersPackage.SymbolicTensor;
  const sum = tf.layers.add().apply([a, b]) as layersPackage.SymbolicTensor;
  const y = tf.layers.dense({ units: 1 }).apply(tf.layers.flatten().apply(sum)) as layersPackage.SymbolicTensor;
  const model = tf.model({ inputs: x, outputs: y });
  await train(model, [8, 4, 6]);
  await expectSame(model, await reloaded(model), [8, 4, 6]);
});

test('inside TimeDistributed', async () => {
  const model = tf.sequential();
  model.add(tf.layers.timeDistributed({ layer: pack.layerNormalization(), inputShape: [5, 4, 6] }));
  model.add(tf.layers.timeDistributed({ layer: pack.groupNormalization({ groups: 2 }) }));
  model.add(tf.layers.timeDistributed({ layer: pack.instanceNormalization() }));
  model.add(tf.layers.flatten());
  model.add(tf.layers.dense({ units: 1 }));
  await train(model, [8, 5, 4, 6]);
  await expectSame(model, await reloaded(model), [8, 5, 4, 6]);
});

const OPTIMIZERS = {
  sgd: () => tf.train.sgd(0.01),
  momentum: () => tf.train.momentum(0.01, 0.9),
  adam: () => tf.train.adam(0.01),
};

/** A model with every layer of the package, the same each time. */
function everything(): layersPackage.Sequential {
  const seeded = (seed: number) => ({ kernelInitializer: tf.initializers.glorotUniform({ seed }) });
  return tf.sequential({
    layers: [
      pack.weightNormalization({
        layer: tf.layers.dense({ units: 6, inputShape: [4, 6], ...seeded(1) }),
        dataInit: true,
      }),
      pack.meanOnlyBatchNormalization(),
      pack.batchNormalization(),
      pack.switchableNormalization(),
      pack.batchInstanceNormalization({ rhoInitializer: tf.initializers.constant({ value: 0.5 }) }),
      pack.groupNormalization({ groups: 3 }),
      pack.instanceNormalization(),
      pack.layerNormalization({ axis: [1, 2] }),
      pack.rmsNormalization({ partial: 0.5 }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 1, ...seeded(2) }),
    ],
  });
}

describe.each(['cpu', 'wasm'])('on %s', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
    tf.env().set('IS_TEST', false); // the host's own dense gradient trips its leak check on wasm
  });

  test.each(Object.entries(OPTIMIZERS))('resuming with %s is bit-equal', async (_name, optimizer) => {
    const [xs, ys] = [input([8, 4, 6]), input([8, 1], 4)];
    const fit = (m: layersPackage.LayersModel, epochs: number) =>
      m.fit(xs, ys, { epochs, batchSize: 4, shuffle: false, verbose: 0 });
    const compiled = () => {
      const model = everything();
      model.compile({ optimizer: optimizer(), loss: 'meanSquaredError' });
      return model;
    };
    const [whole, half] = [compiled(), compiled()];
    await fit(whole, 4);
    await fit(half, 2);
    const resumed = await reloaded(half, true);
    await fit(resumed, 2);
    const weights = (m: layersPackage.LayersModel) => m.getWeights().map((w) => Array.from(w.dataSync()));
    expect(weights(whole).flat().every(Number.isFinite)).toBe(true);
    expect(weights(resumed)).toEqual(weights(whole));
    expect(weights(resumed)).not.toEqual(weights(half));
  });
});
