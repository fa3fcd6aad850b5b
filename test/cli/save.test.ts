import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Host } from '../../src/cli/host.js';
import { parseNpy } from '../../src/cli/npy.js';
import { write } from '../../src/cli/save.js';
import { npy } from './examples.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cli-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

let clear: (() => void) | undefined;
const host = {
  onStop: (each: () => void) => {
    clear = each;
    return () => {
      clear = undefined;
    };
  },
} as unknown as Host;

const half = async (into: string) => writeFileSync(join(into, 'model.weights.bin'), 'half');

test('until a model is whole its folder is not there, then all of it is', async () => {
  const place = { folder: join(folder, 'new'), isTaken: false };
  await write(host, place, async (into) => {
    await half(into);
    expect(existsSync(place.folder)).toBe(false);
    writeFileSync(join(into, 'model.json'), '{}');
  });
  expect(readdirSync(folder)).toEqual(['new']);
  expect(readdirSync(place.folder)).toEqual(['model.json', 'model.weights.bin']);
  expect(clear).toBeUndefined();
});

test('a failure half way leaves nothing', async () => {
  const place = { folder: join(folder, 'new'), isTaken: false };
  const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
  const failing = write(host, place, async (into) => {
    await half(into);
    throw full;
  });
  await expect(failing).rejects.toThrow('cannot be written, and is as before: no space left.');
  expect(readdirSync(folder)).toEqual([]);
  expect(clear).toBeUndefined();
});

test('Ctrl-C half way leaves nothing', async () => {
  await write(host, { folder: join(folder, 'new'), isTaken: false }, async (into) => {
    await half(into);
    clear?.();
    expect(readdirSync(folder)).toEqual([]);
  }).catch(() => {});
  expect(readdirSync(folder)).toEqual([]);
});

test('Ctrl-C while a model is replaced: the half file goes, the model and what was there stay', async () => {
  for (const name of ['model.json', 'mine.tmp']) writeFileSync(join(folder, name), 'old');
  await write(host, { folder, isTaken: true }, async (into) => {
    writeFileSync(join(into, 'model.weights.bin.1.tmp'), 'half');
    clear?.();
    expect(readdirSync(folder)).toEqual(['mine.tmp', 'model.json']);
  });
  expect(clear).toBeUndefined();
});

test('Ctrl-C is heard before the first folder is made', async () => {
  const heard: string[][] = [];
  const listening = {
    onStop: () => {
      heard.push(readdirSync(folder));
      return () => {};
    },
  } as unknown as Host;
  await write(listening, { folder: join(folder, 'new'), isTaken: false }, half);
  expect(heard).toEqual([[]]);
});

test('arrays of NumPy: types, shapes, both versions of the header', () => {
  const values = Float32Array.of(1.5, -2, 3, 4, 5, 6);
  expect(parseNpy(npy([3, 2], values), 'x')).toEqual({ values, shape: [3, 2] });
  const typed = (descr: string, data: Uint8Array, order = 'False', version = 1) => {
    const head = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (2,), }\n`;
    const length = Buffer.alloc(version === 1 ? 2 : 4);
    length.writeUIntLE(head.length, 0, length.length);
    return Buffer.concat([
      Buffer.from(`\x93NUMPY${String.fromCharCode(version)}\0`, 'latin1'),
      length,
      Buffer.from(head),
      data,
    ]);
  };
  const bytes = (array: ArrayBufferView) => new Uint8Array(array.buffer);
  const two = { values: Float32Array.of(7, 9), shape: [2] };
  expect(parseNpy(typed('<f8', bytes(Float64Array.of(7, 9))), 'x')).toEqual(two);
  expect(parseNpy(typed('<i4', bytes(Int32Array.of(7, 9)), 'False', 2), 'x')).toEqual(two);
  expect(parseNpy(typed('|u1', Uint8Array.of(7, 9)), 'x')).toEqual(two);
  expect(() => parseNpy(typed('<f4', bytes(Float32Array.of(7, 9)), 'True'), 'x')).toThrow('column by column');
  expect(() => parseNpy(typed('|O', Uint8Array.of(7, 9)), 'x')).toThrow('holds |O');
  expect(() => parseNpy(typed('<f4', Uint8Array.of(7, 9)), 'x')).toThrow('holds 2 bytes of values, its shape needs 8');
  expect(() => parseNpy(new Uint8Array(3), 'x')).toThrow('is no .npy file');
  const whole = typed('<f4', bytes(Float32Array.of(7, 9)));
  expect(() => parseNpy(whole.subarray(0, 30), 'x')).toThrow('has a header that is cut off');
  const scalar = Buffer.from(whole.toString('latin1').replace('(2,)', '()  '), 'latin1');
  expect(() => parseNpy(scalar, 'x')).toThrow('holds one number, not examples');
});
