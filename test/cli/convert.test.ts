import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { lenet } from '../../models/shapes/index.js';
import { fileSystem } from '../../src/node/index.js';
import { loadMobileNetV2 } from '../audit/keras/network.js';
import { tf } from '../layers/setup.js';
import { inExamples, npy, save, small } from './examples.js';
import { cli } from './run.js';

inExamples();

/** All files of a folder, byte by byte. */
const bytesOf = (folder: string) =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(`${folder}/${name}`).toString('base64')]));

const load = (folder: string) => tf.loadLayersModel(fileSystem(folder));

/**
 * Largest difference of two models' outputs, in units of the first's largest. Through the 52 norms of MobileNetV2 rounding
 * alone, the same model on cpu and on wasm, comes to 1.2e-6 … 5.8e-6.
 */
function apart(a: LayersModel, b: LayersModel, shape: number[]): number {
  return tf.tidy(() => {
    const x = tf.randomNormal(shape, 0, 1, 'float32', 11);
    const [before, after] = [a.predict(x), b.predict(x)] as [
      ReturnType<typeof tf.tensor>,
      ReturnType<typeof tf.tensor>,
    ];
    const scale = tf.max(tf.abs(before));
    return tf.div(tf.max(tf.abs(tf.sub(before, after))), scale).dataSync()[0] as number;
  });
}

test('MobileNetV2 made by Keras is audited, folded and converted', async () => {
  const model = await loadMobileNetV2();
  await save(model, 'mobilenet');
  const before = bytesOf('mobilenet');

  expect(await cli(['audit', 'mobilenet', '--batch-size', '32'])).toMatchObject({ code: 0, stderr: '' });
  expect((await cli(['audit', 'mobilenet', '--batch-size', '2'])).stdout).toContain('52 errors in 156 layers');

  const folded = JSON.parse((await cli(['fold', 'mobilenet', 'mobile-small', '--json'])).stdout);
  expect(folded.replaced).toHaveLength(52);
  expect(new Set(folded.replaced.map(({ weights }: { weights: string }) => weights))).toEqual(new Set(['folded']));
  expect(folded.deviation.relative.max).toBeLessThan(1e-5);
  expect(folded.parameters.before).toBe(423_018);
  expect(folded.parameters.after).toBeLessThan(folded.parameters.before);
  expect(folded.bytes.after).toBeLessThan(folded.bytes.before);
  const { before: old, after, ratio, runs } = folded.inference;
  expect(ratio).toBeCloseTo(old / after, 6);
  expect(runs).toBeGreaterThanOrEqual(5);
  console.log(`folded MobileNetV2: ${ratio.toFixed(2)} times as fast (${old.toFixed(1)} → ${after.toFixed(1)} ms)`);
  const smaller = await load('mobile-small');
  expect(smaller.countParams()).toBe(folded.parameters.after);
  expect(apart(model, smaller, [2, 96, 96, 3])).toBeLessThan(1e-5);

  const grouped = JSON.parse((await cli(['convert', 'mobilenet', 'mobile-group', '--to', 'group:8', '--json'])).stdout);
  expect(grouped.replaced.every(({ to, reason }: { to: string; reason?: string }) => to === 'group' && !reason)).toBe(
    true,
  );
  const converted = await load('mobile-group');
  expect(converted.layers.filter((layer) => layer.getClassName() === 'GroupNormalization')).toHaveLength(52);
  expect(grouped.deviation.relative.max).toBeGreaterThan(0.1);
  expect(bytesOf('mobilenet')).toEqual(before);
  for (const each of [model, smaller, converted]) each.dispose();
}, 120_000);

describe('convert', () => {
  test('says what was done and how far the outputs are; calibrated they are nearer', async () => {
    const plain = JSON.parse((await cli(['convert', 'model', 'plain', '--to', 'group:8', '--json'])).stdout);
    const args = ['convert', 'model', 'fitted', '--to', 'group:8', '--calibrate', 'inputs.npy', '--json'];
    const fitted = JSON.parse((await cli(args)).stdout);
    expect(fitted.replaced[0]).toEqual({ path: 'batch1', from: 'batch', to: 'group', weights: 'calibrated' });
    expect(fitted.deviation.input).toBe('given');
    expect(plain.deviation.input).toBe('synthetic');
    expect(fitted.deviation.relative.mean).toBeLessThan(plain.deviation.relative.mean);
    expect(fitted.written).toMatch(/fitted$/);
  });

  test('random calibration is said to be random', async () => {
    const { stdout } = await cli(['convert', 'model', 'by-chance', '--to', 'group:8', '--calibrate', 'random']);
    expect(stdout).toContain('batch1  batch  group  calibrated');
    expect(stdout).toContain('warning: calibrated on random inputs');
  });

  test('only some; the guide; the probe', async () => {
    const only = JSON.parse((await cli(['convert', 'model', 'one', '--to', 'rms', '--only', '*1', '--json'])).stdout);
    expect(only.replaced.map(({ path }: { path: string }) => path)).toEqual(['batch1']);
    const { stdout } = await cli(['convert', 'model', 'guided', '--guide', '--batch-size', '2', '--json']);
    expect(JSON.parse(stdout).replaced.map(({ to }: { to: string }) => to)).toEqual(['group', 'group']);
    const probe = lenet({ norm: 'switchable' });
    await save(probe, 'probe');
    const { code, stdout: read } = await cli(['convert', 'probe', 'static', '--from-probe', '--json']);
    expect(code).toBe(0);
    expect(
      JSON.parse(read).replaced.every(
        ({ from, to }: { from: string; to: string }) => from === 'switchable' && to !== from,
      ),
    ).toBe(true);
    probe.dispose();
  });

  test('a dry run writes nothing, named folder or not', async () => {
    const before = readdirSync('.');
    for (const out of [[], ['dry']]) {
      const { code, stdout } = await cli(['convert', 'model', ...out, '--to', 'group:8', '--dry-run']);
      expect(code).toBe(0);
      expect(stdout).toContain('batch2  batch  group  kept');
    }
    expect(readdirSync('.')).toEqual(before);
  });

  test.each([
    ['no new folder', ['model', '--to', 'rms'], 'name a new folder'],
    ['no norm', ['model', 'x'], 'must be named in one way'],
    ['two ways', ['model', 'x', '--to', 'rms', '--guide'], 'must be named in one way'],
    ['facts without the guide', ['model', 'x', '--to', 'rms', '--batch-size', '2'], 'facts are for the guide'],
    ['an unknown norm', ['model', 'x', '--to', 'grup'], 'Did you mean `group`?'],
    ['no such layer', ['model', 'x', '--to', 'rms', '--only', 'nothing'], 'nothing was converted'],
    ['nothing that fits', ['model', 'x', '--to', 'group:7'], 'groups must divide channels'],
    ['no probe', ['model', 'x', '--from-probe'], 'needs a model with switchable norms'],
    [
      'other inputs',
      ['model', 'x', '--to', 'rms', '--calibrate', 'wrong.npy'],
      'a batch must be the inputs of the model',
    ],
    [
      'inputs that are not there',
      ['model', '--to', 'rms', '--dry-run', '--calibrate', 'gone.npy'],
      'gone.npy cannot be read',
    ],
    [
      'random and files',
      ['model', 'x', '--to', 'rms', '--calibrate', 'random', '--calibrate', 'a.npy'],
      'random alone',
    ],
    ['a file for a folder', ['model', 'x.json', '--to', 'rms'], 'x.json would be read as a model file'],
    ['no inputs', ['model', 'x', '--to', 'rms', '--calibrate', 'facts.json'], 'is no .npy file'],
    ['inputs cut off', ['model', 'x', '--to', 'rms', '--calibrate', 'cut.npy'], 'its shape needs'],
  ])('%s: one line, nothing written', async (_, args, part) => {
    writeFileSync('wrong.npy', npy([4, 3], new Float32Array(12)));
    writeFileSync('cut.npy', npy([4, 3], new Float32Array(11)));
    const before = readdirSync('.');
    const { code, stdout, stderr } = await cli(['convert', ...args]);
    expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(/^error: .*\n$/) });
    expect(stderr).toContain(part);
    expect(readdirSync('.')).toEqual(before);
  });
});

describe('the new folder', () => {
  const fold = (...args: string[]) => cli(['fold', ...args]);

  test('is never the model’s, nor around it, by any name, and not by force', async () => {
    symlinkSync('model', 'link');
    const before = bytesOf('model');
    const outs = ['model', './model/', 'link', '.', '..', `${process.cwd()}/model`];
    for (const [input, out] of outs.flatMap((each) => [
      ['model', each],
      ['link', each],
      ['model/model.json', each],
    ])) {
      const { code, stderr } = await fold(input as string, out as string, '--force');
      expect({ out, code, stderr }).toEqual({ out, code: 1, stderr: expect.stringContaining('never written over') });
    }
    expect(bytesOf('model')).toEqual(before);
  });

  test('is new, or empty; anything else needs force, which leaves other files', async () => {
    mkdirSync('taken');
    writeFileSync('taken/mine.txt', 'mine');
    writeFileSync('file', 'mine');
    expect((await fold('model', 'taken')).stderr).toContain('taken is not empty');
    expect((await fold('model', 'file', '--force')).stderr).toContain('file is no folder');
    expect((await fold('model', 'no/where/new')).stderr).toContain('is not there');
    expect(readdirSync('taken')).toEqual(['mine.txt']);
    for (let i = 0; i < 2; i++) expect((await fold('model', 'taken', '--force')).code).toBe(0);
    expect(readFileSync('taken/mine.txt', 'utf8')).toBe('mine');
    expect(readdirSync('taken')).toHaveLength(3);
    mkdirSync('empty');
    expect((await fold('model', 'empty')).code).toBe(0);
    const [model, folded] = [small(), await load('empty')];
    expect(apart(model, folded, [2, 10, 10, 1])).toBeLessThan(1e-5);
    for (const each of [model, folded]) each.dispose();
  });

  test('holds folder and file of the umask, and nothing is beside it', async () => {
    expect((await fold('model', 'fresh')).code).toBe(0);
    expect(readdirSync('fresh').sort()).toEqual(['model.json', expect.stringMatching(/^model\.weights\.\w+\.bin$/)]);
    expect(readdirSync('.').filter((name) => name.startsWith('.'))).toEqual([]);
    expect(existsSync('fresh/model.json')).toBe(true);
  });

  test('fold: checked and timed on given inputs; those must fit', async () => {
    const { code, stdout } = await fold('model', 'given', '--input', 'inputs.npy');
    expect(code).toBe(0);
    expect(stdout).toContain('deviation on given input');
    expect(stdout).toContain('on 32 given examples');
    writeFileSync('short.npy', npy([4, 3], new Float32Array(12)));
    expect((await fold('model', 'short', '--input', 'short.npy')).stderr).toMatch(/^error: .*a batch must be.*\n$/);
    expect(existsSync('short')).toBe(false);
  });

  test('fold: a model without what folds is not written again', async () => {
    await fold('model', 'once');
    expect(await fold('once', 'twice')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('nothing was folded'),
    });
    expect(existsSync('twice')).toBe(false);
  });
});
