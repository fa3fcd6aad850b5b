import { mkdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { fileSystem } from '../../src/node/index.js';
import { clearFolders, newFolder, readJSON, stockModel, writeManifest } from './models.js';

beforeAll(() => tf.setBackend('cpu'));
afterEach(clearFolders);

const weight = (over: object = {}) => ({ name: 'w', shape: [2], dtype: 'float32', ...over });
const load = (folder: string) => fileSystem(folder).load?.() as Promise<tf.io.ModelArtifacts>;

async function refused(folder: string, message: RegExp): Promise<void> {
  const error = await load(folder).catch((reason: unknown) => reason as Error);
  expect(error).toMatchObject({ name: 'NormalizationError', message: expect.stringMatching(message) });
  expect((error as Error).message).toMatch(/^\[fileSystem ".*"\] .+\. Received .+=/);
}

test('there must be a model file', async () => {
  await refused(join(await newFolder(), 'none'), /model\.json must be a readable file.*ENOENT.*Give the folder/);
  const folder = await newFolder();
  await mkdir(join(folder, 'model.json'));
  await refused(folder, /must be a readable file.*EISDIR/);
});

test.each([
  ['', /must hold JSON/],
  ['{"modelTopology": {}', /must hold JSON.*cut off/],
  ['[1]', /must hold an object/],
  ['null', /must hold an object/],
  ['{"weightsManifest": []}', /must have a modelTopology.*keys=\["?weightsManifest/],
  ['{"modelTopology": {}, "weightsManifest": {}}', /must be a list of groups/],
  ['{"modelTopology": {}, "weightsManifest": [null]}', /lists paths and weights/],
  ['{"modelTopology": {}, "weightsManifest": [{"paths": [7], "weights": []}]}', /names of files/],
  ['{"modelTopology": {}, "weightsManifest": [{"paths": [], "weights": [3]}]}', /must be an object/],
])('a model file %j is refused', async (text, message) => {
  const folder = await newFolder();
  await writeFile(join(folder, 'model.json'), text);
  await refused(folder, message);
});

test.each([
  [weight({ name: '' }), /needs a name/],
  [weight({ shape: [-1] }), /whole numbers/],
  [weight({ shape: [1.5] }), /whole numbers/],
  [weight({ shape: '2' }), /whole numbers/],
  [weight({ dtype: 'float64' }), /TensorFlow\.js knows.*float64.*Use one of/],
  [weight({ dtype: 'toString' }), /TensorFlow\.js knows/],
  [weight({ quantization: null }), /must be an object/],
  [weight({ quantization: { dtype: 'uint4', scale: 1, min: 0 } }), /quantized as uint8, uint16/],
  [weight({ dtype: 'int32', quantization: { dtype: 'float16' } }), /if float32, float16/],
  [weight({ quantization: { dtype: 'uint8', scale: '1e300', min: 0 } }), /finite scale and min/],
  [weight({ quantization: { dtype: 'uint8' } }), /finite scale and min/],
  [weight({ shape: [3] }), /declared size.*bytes=8, expected=12/],
  [weight({ shape: [] }), /declared size.*bytes=8, expected=4/],
  [weight({ shape: [1e9, 1e9] }), /declared size.*expected=4000000000000000000/],
  [weight({ quantization: { dtype: 'uint8', scale: 1, min: 0 } }), /declared size.*bytes=8, expected=2/],
  [weight({ dtype: 'string', shape: [3] }), /declared size/],
  [weight({ dtype: 'string', shape: [2] }), /must fill their files/],
])('a weight %j does not fit its file of 8 bytes', async (spec, message) => {
  const folder = await newFolder();
  await writeFile(join(folder, 'w.bin'), Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0));
  await writeManifest(folder, [{ paths: ['w.bin'], weights: [spec] }]);
  await refused(folder, message);
});

test.each([
  ['bool', [8]],
  ['complex64', [1]],
  ['int32', [2, 1]],
  ['string', [2]],
  ['float32', [4], { quantization: { dtype: 'float16', original_dtype: 'float32' } }],
  ['float32', [4], { quantization: { dtype: 'uint16', scale: 0.5, min: -1 } }],
  ['int32', [8], { quantization: { dtype: 'uint8', scale: 1, min: 0 } }],
])(
  'a weight of dtype %s and shape %j fits 8 bytes, and the host decodes it',
  async (dtype, shape, more: object = {}) => {
    const folder = await newFolder();
    await writeFile(join(folder, 'w.bin'), new Uint8Array(8));
    await writeManifest(folder, [{ paths: ['w.bin'], weights: [weight({ dtype, shape, ...more })] }]);
    const { weightData, weightSpecs } = await load(folder);
    const { w } = tf.io.decodeWeights(weightData as ArrayBuffer, weightSpecs as never);
    expect(w).toMatchObject({ dtype, shape });
  },
);

test.each([
  '../secret.bin',
  'sub/../../secret.bin',
  '..\\secret.bin',
  '/etc/hostname',
  'C:\\secret.bin',
  'c:secret.bin',
  '\\\\host\\share\\w.bin',
  'w.bin\0.png',
])('a manifest path %j that leaves the folder is refused', async (path) => {
  const folder = join(await newFolder(), 'model');
  await mkdir(join(folder, 'sub'), { recursive: true });
  await writeFile(join(folder, '..', 'secret.bin'), new Uint8Array(8));
  await writeManifest(folder, [{ paths: [path], weights: [weight()] }]);
  await refused(folder, /must lie in the folder of the model/);
});

test('a symbolic link may stay in the folder, not leave it', async () => {
  const folder = join(await newFolder(), 'model');
  await mkdir(folder);
  await writeFile(join(folder, '..', 'model-secret.bin'), new Uint8Array(8));
  await symlink(join(folder, '..', 'model-secret.bin'), join(folder, 'w.bin'));
  await writeManifest(folder, [{ paths: ['w.bin'], weights: [weight()] }]);
  await refused(folder, /must lie in the folder of the model/);
  await symlink('..', join(folder, 'up'));
  await writeManifest(folder, [{ paths: ['up/model-secret.bin'], weights: [weight()] }]);
  await refused(folder, /must lie in the folder of the model/);
  await writeFile(join(folder, 'real.bin'), new Uint8Array(8));
  await symlink('real.bin', join(folder, 'inside.bin'));
  await writeManifest(folder, [{ paths: ['inside.bin'], weights: [weight()] }]);
  expect((await load(folder)).weightSpecs).toEqual([weight()]);
  await symlink(folder, join(folder, '..', 'alias'));
  expect((await load(join(folder, '..', 'alias'))).weightSpecs).toEqual([weight()]);
});

test('a path must be an ordinary file, and be named once', async () => {
  const folder = await newFolder();
  await mkdir(join(folder, 'sub'));
  await writeManifest(folder, [{ paths: ['sub'], weights: [weight()] }]);
  await refused(folder, /ordinary file/);
  await writeFile(join(folder, 'w.bin'), new Uint8Array(4));
  await writeManifest(folder, [{ paths: ['w.bin', './w.bin'], weights: [weight()] }]);
  await refused(folder, /name each file once/);
});

test('missing, cut off and overlong weight files of a real model are refused', async () => {
  const folder = await newFolder();
  await stockModel(1).save(fileSystem(folder));
  const json = await readJSON(folder);
  const path = join(folder, json.weightsManifest[0].paths[0]);
  const bytes = await readFile(path);
  await writeFile(path, Buffer.concat([bytes, Buffer.of(0)]));
  await refused(folder, /declared size.*bytes=209, expected=208/);
  await truncate(path, 207);
  await refused(folder, /declared size.*bytes=207, expected=208/);
  json.weightsManifest[0].paths.push('group1-shard2of2.bin');
  await writeFile(join(folder, 'model.json'), JSON.stringify(json));
  await refused(folder, /a weight file of the manifest is missing.*shard2of2.*ENOENT/);
});

test('a path that is no path is refused at once', () => {
  expect(() => fileSystem(7 as never)).toThrow(/path must be a string or a file URL. Received path=7/);
  expect(() => fileSystem('')).toThrow(/must name a folder/);
  expect(() => fileSystem(new URL('https://host/model.json'))).toThrow(/scheme file:.*tf\.io\.http/);
});
