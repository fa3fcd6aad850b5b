import '@tensorflow/tfjs-backend-cpu';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as core from '@tensorflow/tfjs-core';
import * as layersPackage from '@tensorflow/tfjs-layers';
import { fileSystem } from '../../src/node/index.js';

const tf = { ...core, ...layersPackage };

let folder: string;
beforeAll(async () => {
  await tf.setBackend('cpu');
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'overlap-'));
});
afterEach(() => rm(folder, { recursive: true }));

const model = (value: number) =>
  tf.sequential({
    layers: [tf.layers.dense({ units: 1, inputShape: [2], kernelInitializer: tf.initializers.constant({ value }) })],
  });

test('saves that overlap leave one model, whole', async () => {
  const [a, b] = [model(1), model(2)];
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  for (let round = 0; round < 40; round++) {
    await a.save(fileSystem(folder));
    await Promise.all([b.save(fileSystem(folder)), pause(round % 5).then(() => a.save(fileSystem(folder)))]);
    const found = await tf.loadLayersModel(fileSystem(folder));
    expect([1, 2]).toContain(found.getWeights()[0]?.dataSync()[0]);
  }
});

test('one save after another leaves two files', async () => {
  for (const value of [1, 2, 1]) await model(value).save(fileSystem(folder));
  expect((await readdir(folder)).length).toBe(2);
});

test('a file URL may be a string; other schemes are refused', async () => {
  await model(3).save(fileSystem(pathToFileURL(folder).href));
  expect(await readdir(folder)).toContain('model.json');
  expect(() => fileSystem('https://example.com/model.json')).toThrow(/scheme file:/);
});
