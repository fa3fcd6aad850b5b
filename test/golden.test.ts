/** @jest-environment <rootDir>/test/tensorflow/environment.js */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as pack from '../src/index.js';
import { describeBackends, tf } from './golden/backends.js';
import { goldenSuite } from './suites/golden.js';
import type { GoldenFile } from './suites/goldenCase.js';

interface Cells {
  readonly kinds: Readonly<Record<string, string>>;
  readonly notApplicable: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const folder = join(process.cwd(), 'test/golden');
const read = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
const cells = read('cells.json') as Cells;
const norms = Object.keys(cells.notApplicable);
const files = norms.map((norm) => read(`vectors/${norm}.json`) as GoldenFile);

describe('coverage', () => {
  test('the vectors are of every norm in the table', () => {
    expect([...norms].sort()).toEqual(pack.NORMS.map(({ id }) => id).sort());
  });

  test('there are at least 400 cases, with names of their own', () => {
    const names = files.flatMap(({ cases }) => cases.map(({ id }) => id));
    expect(names.length).toBeGreaterThanOrEqual(400);
    expect(new Set(names).size).toBe(names.length);
  });

  test.each(norms)('%s has a case of every kind that makes sense of it, and of no other', (norm) => {
    const excused = cells.notApplicable[norm] ?? {};
    const found = new Set(files[norms.indexOf(norm)]?.cases.map(({ kind }) => kind));
    const wanted = Object.keys(cells.kinds).filter((kind) => !(kind in excused));
    expect([...found].sort()).toEqual(wanted.sort());
  });
});

describeBackends('golden vectors', () => {
  test.each(goldenSuite(files).checks.map((check) => [check.name, check] as const))('%s', async (_, check) => {
    await check.run(tf, pack);
  });
});
