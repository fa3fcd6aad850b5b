import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-cpu';

/** Folders of the tests that are running; `clearFolders` removes them. */
const folders: string[] = [];

export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tfnorm-node-'));
  folders.push(folder);
  return folder;
}

export async function clearFolders(): Promise<void> {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
}

/** A stock model with every kind of weight a layer can have: kernel, bias, gamma, beta and moving statistics. */
export function stockModel(seed: number): tfl.Sequential {
  const kernelInitializer = tfl.initializers.glorotUniform({ seed });
  return tfl.sequential({
    layers: [
      tfl.layers.dense({ units: 5, inputShape: [3], kernelInitializer }),
      tfl.layers.batchNormalization(),
      tfl.layers.dense({ units: 2, kernelInitializer }),
    ],
  });
}

export const inputs = () => tf.tensor2d([0.5, -1, 2, 3, 0.25, -2, 1, 1, -0.5, -3, 2, 0], [4, 3]);

export function predictions(model: tfl.LayersModel): number[] {
  return tf.tidy(() => Array.from((model.predict(inputs()) as tf.Tensor).dataSync()));
}

export async function readJSON(folder: string, name = 'model.json') {
  return JSON.parse(await readFile(join(folder, name), 'utf8'));
}

/** Writes a model file as a stranger might have written it. */
export async function writeManifest(folder: string, manifest: unknown, topology: object = {}): Promise<void> {
  const model = { modelTopology: topology, format: 'layers-model', weightsManifest: manifest };
  await writeFile(join(folder, 'model.json'), JSON.stringify(model));
}

export const weightFiles = async (folder: string) => (await readdir(folder)).filter((name) => name.endsWith('.bin'));
