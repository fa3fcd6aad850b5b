import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { fileSystem } from '../../src/node/index.js';
import { tf } from '../layers/setup.js';
import { normal } from '../suites/harness.js';

export const page = readFileSync(join(__dirname, '../../docs/cli.md'), 'utf8');

/** Fenced blocks of the page. */
export const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, text = '']) => text);

/** Saves a model. */
export const save = (model: LayersModel, folder: string) => model.save(fileSystem(folder));

/** Two convolutions with norms that have seen something, nothing wrong in it. */
export function small(): LayersModel {
  const conv = (filters: number, first = {}) =>
    tf.layers.conv2d({ filters, kernelSize: 3, useBias: false, name: `conv${filters}`, ...first });
  const model = tf.sequential({
    layers: [
      conv(8, { inputShape: [10, 10, 1] }),
      tf.layers.batchNormalization({ name: 'batch1' }),
      tf.layers.reLU(),
      conv(16),
      tf.layers.batchNormalization({ name: 'batch2' }),
      tf.layers.reLU(),
      tf.layers.globalAveragePooling2d({ name: 'pool' }),
      tf.layers.dense({ units: 3, name: 'out' }),
    ],
  });
  for (const layer of model.layers) {
    const values = layer.getWeights().map(({ shape, size }, i) => {
      const positive = layer.name.startsWith('batch') && (i === 0 || i === 3);
      const drawn = normal(size, { seed: 7 + i, mean: 0, std: 0.5 });
      return tf.tensor(
        Array.from(drawn, (v) => (positive ? 0.5 + Math.abs(v) : v)),
        shape,
      );
    });
    layer.setWeights(values);
    tf.dispose(values);
  }
  return model;
}

/** A file as numpy.save writes it. */
export function npy(shape: readonly number[], values: Float32Array): Buffer {
  const head = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`.padEnd(117);
  const length = Buffer.alloc(2);
  length.writeUInt16LE(head.length + 1);
  const start = [Buffer.from('\x93NUMPY\x01\x00', 'latin1'), length, Buffer.from(`${head}\n`)];
  return Buffer.concat([...start, Buffer.from(values.buffer, values.byteOffset, values.byteLength)]);
}

/** A folder with what the examples of help and page read, as the current one: for a whole file of tests. */
export function inExamples(): void {
  const home = process.cwd();
  let folder: string;
  beforeEach(() => tf.setBackend('cpu')); // a command starts the one it takes
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cli-'));
    process.chdir(folder);
    writeFileSync('facts.json', blocks('json')[0] ?? '');
    writeFileSync('task.mjs', blocks('mjs')[0] ?? '');
    writeFileSync('inputs.npy', npy([40, 10, 10, 1], normal(4000, { seed: 3, mean: 0.3, std: 1 })));
    const model = small();
    await save(model, 'model');
    model.dispose();
  });
  afterAll(() => {
    process.chdir(home);
    rmSync(folder, { recursive: true });
  });
}
