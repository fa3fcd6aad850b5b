import fs from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { fileSystem } from '../../src/node/index.js';
import { clearFolders, newFolder, predictions, stockModel, weightFiles } from './models.js';

beforeAll(() => tf.setBackend('cpu'));
afterEach(async () => {
  jest.restoreAllMocks();
  await clearFolders();
});

const STEPS = ['mkdir', 'open', 'rename', 'rm'] as const;
const HANDLE_STEPS = ['writeFile', 'sync', 'close'] as const;

/**
 * Lets the step of a given number fail, and, as after a crash or on a dead disk, all later ones too if `forever`.
 * Returns how many steps were tried.
 */
function failAt(number: number, forever: boolean): () => number {
  let steps = 0;
  const gate = <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    (async (...args: A) => {
      steps++;
      if (steps === number || (forever && steps > number))
        throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
      return call(...args);
    }) as never;
  for (const step of STEPS) {
    const real = fs[step].bind(fs) as (...args: unknown[]) => Promise<unknown>;
    const spied = async (...args: unknown[]) => {
      const result = await real(...args);
      if (step !== 'open' || args[1] !== 'wx') return result;
      const handle = result as fs.FileHandle;
      for (const name of HANDLE_STEPS) {
        const gated = gate(handle[name].bind(handle) as never);
        jest.spyOn(handle, name).mockImplementation(gated);
      }
      return handle;
    };
    jest.spyOn(fs, step as 'rm').mockImplementation(gate(spied));
  }
  return () => steps;
}

describe.each([
  ['once', false],
  ['from then on, as in a crash', true],
])('a save of which any one step fails %s', (_, forever) => {
  test('leaves the old model or the new one, whole', async () => {
    const [old, next] = [stockModel(1), stockModel(2)];
    const outcomes = { old: 0, next: 0 };
    for (let number = 1; ; number++) {
      const folder = await newFolder();
      await old.save(fileSystem(folder));
      const tried = failAt(number, forever);
      const error = await next.save(fileSystem(folder)).then(
        () => null,
        (reason: Error) => reason,
      );
      const steps = tried();
      jest.restoreAllMocks();
      const loaded = predictions(await tfl.loadLayersModel(fileSystem(folder)));
      expect(loaded).toEqual(predictions(error ? old : next));
      outcomes[error ? 'old' : 'next']++;
      if (error) {
        expect(error).toMatchObject({ name: 'NormalizationError', cause: { code: 'ENOSPC' } });
        expect(error.message).toMatch(/the files there are as before\. Received .*no space.*Check the free space/);
      }
      if (steps < number) break;
      // A single failure is tidied up after: nothing stays but one whole model.
      if (!forever && error) expect(await fs.readdir(folder)).toEqual(['model.json', ...(await weightFiles(folder))]);
      if (!forever && error) expect(await weightFiles(folder)).toHaveLength(1);
    }
    expect(outcomes.old).toBeGreaterThan(6);
    expect(outcomes.next).toBeGreaterThan(0);
  });
});

test('a first save that fails leaves no model, and the next one works', async () => {
  const folder = await newFolder();
  const model = stockModel(1);
  failAt(5, false);
  await expect(model.save(fileSystem(folder))).rejects.toThrow(/must be writable/);
  jest.restoreAllMocks();
  expect(await fs.readdir(folder)).toEqual([]);
  await model.save(fileSystem(folder));
  expect(predictions(await tfl.loadLayersModel(fileSystem(folder)))).toEqual(predictions(model));
});

test('a file where the folder should be is reported', async () => {
  const path = join(await newFolder(), 'file');
  await fs.writeFile(path, '');
  await expect(stockModel(1).save(fileSystem(path))).rejects.toThrow(/must be writable.*EEXIST|ENOTDIR/);
});

test('artifacts that cannot be a layers model are refused before anything is written', async () => {
  const folder = await newFolder();
  const { save } = fileSystem(folder);
  await expect(save?.({ modelTopology: new ArrayBuffer(4) })).rejects.toThrow(/JSON topology/);
  await expect(save?.({ modelTopology: undefined })).rejects.toThrow(/JSON topology.*undefined/);
  const weightSpecs = [{ name: 'w', shape: [3], dtype: 'float32' as const }];
  await expect(save?.({ modelTopology: {}, weightSpecs, weightData: new ArrayBuffer(8) })).rejects.toThrow(
    /size of their specifications. Received bytes=8, expected=12/,
  );
  expect(await fs.readdir(folder)).toEqual([]);
});
