import '@tensorflow/tfjs-backend-cpu';
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

test.each(['sgd', 'momentum', 'adam'])('resuming with %s is bit-equal', async (name) => {
  const optimizer = () =>
    name === 'momentum' ? tf.train.momentum(0.05, 0.9) : name === 'adam' ? tf.train.adam(0.01) : tf.train.sgd(0.05);
  const build = () =>
    tf.sequential({
      layers: [
        tf.layers.dense({
          units: 6,
          inputShape: [4, 6],
          kernelInitializer: tf.initializers.glorotUniform({ seed: 1 }),
        }),
        pack.batchNormalization(),
        pack.switchableNormalization(),
        pack.batchInstanceNormalization(),
        tf.layers.flatten(),
        tf.layers.dense({ units: 1, kernelInitializer: tf.initializers.glorotUniform({ seed: 2 }) }),
      ],
    });
  const [xs, ys] = [input([8, 4, 6]), input([8, 1], 4)];
  const fit = (m: layersPackage.LayersModel, epochs: number) =>
    m.fit(xs, ys, { epochs, batchSize: 4, shuffle: false, verbose: 0 });
  const whole = build();
  whole.compile({ optimizer: optimizer(), loss: 'meanSquaredError' });
  await fit(whole, 4);
  const half = build();
  half.compile({ optimizer: optimizer(), loss: 'meanSquaredError' });
  await fit(half, 2);
  const resumed = await reloaded(half, true);
  await fit(resumed, 2);
  const weights = (m: layersPackage.LayersModel) => m.getWeights().map((w) => Array.from(w.dataSync()));
  expect(weights(resumed)).toEqual(weights(whole));
});
