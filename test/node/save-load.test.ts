import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { fileSystem } from '../../src/node/index.js';
import { clearFolders, inputs, newFolder, predictions, readJSON, stockModel, weightFiles } from './models.js';

beforeAll(() => tf.setBackend('cpu'));
afterEach(clearFolders);

test('a saved model gives the same predictions and weights when it is loaded', async () => {
  const folder = await newFolder();
  const model = stockModel(1);
  const before = tf.memory().numTensors;
  const result = await model.save(fileSystem(folder));
  expect(tf.memory().numTensors).toBe(before);
  expect(result.modelArtifactsInfo.modelTopologyType).toBe('JSON');
  expect(result.modelArtifactsInfo.weightDataBytes).toBe(4 * (15 + 5 + 20 + 10 + 2));
  const loaded = await tfl.loadLayersModel(fileSystem(folder));
  expect(predictions(loaded)).toEqual(predictions(model));
  expect(loaded.getConfig()).toEqual(model.getConfig());
});

test('the files are the standard ones: the host reads them without this handler', async () => {
  const folder = await newFolder();
  const model = stockModel(2);
  model.setUserDefinedMetadata({ labels: ['a', 'b'] });
  await model.save(fileSystem(folder));
  const json = await readJSON(folder);
  expect(json).toMatchObject({
    format: 'layers-model',
    convertedBy: null,
    userDefinedMetadata: { labels: ['a', 'b'] },
  });
  expect(json.generatedBy).toMatch(/^TensorFlow\.js tfjs-layers v4/);
  const [{ paths, weights }] = json.weightsManifest;
  const fetchFunc = async (url: string) => {
    const bytes = await readFile(join(folder, url.replace('http://host/', '')));
    const arrayBuffer = async () => new Uint8Array(bytes).buffer;
    return { ok: true, json: async () => JSON.parse(bytes.toString()), arrayBuffer };
  };
  const overHTTP = await tfl.loadLayersModel(tf.io.http('http://host/model.json', { fetchFunc: fetchFunc as never }));
  expect(predictions(overHTTP)).toEqual(predictions(model));
  expect(await readdir(folder)).toEqual(['model.json', ...paths]);
  expect(weights).toHaveLength(8);
  const loaded = await tfl.loadLayersModel(fileSystem(folder));
  expect(loaded.getUserDefinedMetadata()).toEqual({ labels: ['a', 'b'] });
});

test('a folder, a model file, a file URL and a folder that does not exist yet are all good paths', async () => {
  const folder = join(await newFolder(), 'deep', 'er');
  const model = stockModel(3);
  await model.save(fileSystem(folder));
  await model.save(fileSystem(join(folder, 'other.json')));
  for (const path of [
    folder,
    `${folder}/`,
    join(folder, 'model.json'),
    join(folder, 'other.json'),
    pathToFileURL(folder),
  ]) {
    expect(predictions(await tfl.loadLayersModel(fileSystem(path)))).toEqual(predictions(model));
  }
  expect(await weightFiles(folder)).toHaveLength(2);
});

test('saving over a model replaces its weights, and touches no file of the user', async () => {
  const folder = await newFolder();
  await writeFile(join(folder, 'group1-shard1of1.bin'), 'mine');
  await stockModel(1).save(fileSystem(folder));
  const [first] = (await readJSON(folder)).weightsManifest[0].paths;
  const model = stockModel(2);
  await model.save(fileSystem(folder));
  await model.save(fileSystem(folder));
  const [second] = (await readJSON(folder)).weightsManifest[0].paths;
  expect(second).not.toBe(first);
  expect(await readdir(folder)).toEqual(['group1-shard1of1.bin', 'model.json', second]);
  expect(predictions(await tfl.loadLayersModel(fileSystem(folder)))).toEqual(predictions(model));
});

test('a model without weights, and one saved for its topology only, load', async () => {
  const folder = await newFolder();
  const flat = tfl.sequential({ layers: [tfl.layers.reLU({ inputShape: [3] })] });
  await flat.save(fileSystem(folder));
  expect(await readdir(folder)).toEqual(['model.json']);
  expect(predictions(await tfl.loadLayersModel(fileSystem(folder)))).toEqual(predictions(flat));
  const modelTopology = stockModel(1).toJSON(null, false) as object;
  await fileSystem(folder).save?.({ modelTopology });
  expect((await tfl.loadLayersModel(fileSystem(folder))).countParams()).toBe(52);
});

test('several groups in several shards load, as the converter writes them', async () => {
  const folder = await newFolder();
  const model = stockModel(4);
  await model.save(fileSystem(folder));
  const json = await readJSON(folder);
  const [{ paths, weights }] = json.weightsManifest;
  const bytes = await readFile(join(folder, paths[0]));
  const cut = 4 * (15 + 5 + 5); // kernel, bias, gamma
  const shards = { 'group1-shard1of2.bin': bytes.subarray(0, 42), 'group1-shard2of2.bin': bytes.subarray(42, cut) };
  const files = { ...shards, 'sub/../group2.bin': null, 'group2-shard1of1.bin': bytes.subarray(cut) };
  for (const [name, part] of Object.entries(files)) if (part) await writeFile(join(folder, name), part);
  json.weightsManifest = [
    { paths: Object.keys(shards), weights: weights.slice(0, 3) },
    { paths: ['./group2-shard1of1.bin'], weights: weights.slice(3) },
  ];
  await writeFile(join(folder, 'model.json'), JSON.stringify(json));
  expect(predictions(await tfl.loadLayersModel(fileSystem(folder)))).toEqual(predictions(model));
});

test('a model that is replaced while it is being loaded loads as the new one', async () => {
  const [folder, next] = [await newFolder(), await newFolder()];
  await stockModel(1).save(fileSystem(folder));
  const stale = await readJSON(folder);
  stale.weightsManifest[0].paths = ['gone.bin'];
  await writeFile(join(folder, 'model.json'), JSON.stringify(stale));
  const model = stockModel(5);
  await model.save(fileSystem(next));
  const loading = fileSystem(folder).load?.();
  // The handler has asked for the old file by now; what it names is already gone.
  for (const name of await weightFiles(next)) await rename(join(next, name), join(folder, name));
  await rename(join(next, 'model.json'), join(folder, 'model.json'));
  const artifacts = await loading;
  expect(predictions(await tfl.loadLayersModel(tf.io.fromMemory(artifacts as tf.io.ModelArtifacts)))).toEqual(
    predictions(model),
  );
});

const OPTIMIZERS = {
  sgd: () => tf.train.sgd(0.1),
  momentum: () => tf.train.momentum(0.1, 0.9),
  adam: () => tf.train.adam(0.01),
};

test.each(Object.entries(OPTIMIZERS))('training resumed with %s is bit-equal', async (_, optimizer) => {
  const folder = await newFolder();
  const [x, y] = [inputs(), tf.tensor2d([1, 0, 0, 1, 1, 0, 0, 1], [4, 2])];
  const train = (model: tfl.LayersModel, epochs: number) =>
    model.fit(x, y, { epochs, batchSize: 2, shuffle: false, verbose: 0 });
  const weights = (model: tfl.LayersModel) => model.getWeights().map((weight) => Array.from(weight.dataSync()));
  const model = stockModel(6);
  model.compile({ optimizer: optimizer(), loss: 'meanSquaredError' });
  await train(model, 3);
  await model.save(fileSystem(folder), { includeOptimizer: true });
  const resumed = await tfl.loadLayersModel(fileSystem(folder));
  await train(model, 4);
  await train(resumed, 4);
  expect(weights(resumed)).toEqual(weights(model));
});
