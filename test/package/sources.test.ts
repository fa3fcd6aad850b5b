import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './project.js';

const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.ts'),
);
const code = (name: string): string =>
  readFileSync(join(root, 'src', name), 'utf8').replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*/g, '');

/** What no source uses, and why. */
const FORBIDDEN: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['tf.batchNorm (one pass on some backends, wrong on others)', /\bbatchNorm(alization)?[234]d\b|\btf\.batchNorm/],
  ['tf.tile (slow)', /\btf\.tile\b|\.tile\(/],
  ['reading a tensor synchronously (blocks a GPU)', /\b(data|array|buffer)Sync\b/],
  ['code from strings', /\beval\b|\bnew\s+Function\b|\bFunction\(/],
  ['the network', /\bfetch\b|\bXMLHttpRequest\b|\bWebSocket\b/],
  ['chance outside the host', /\bMath\.random\b/],
  ['a default export', /\bexport\s+default\b/],
];

/** Where a read of a handful of values, outside every hot path, is what a method is for. */
const READS = ['layers/switchable.ts', 'wrappers/dataInit.ts'];

describe('the sources', () => {
  test('are there', () => expect(files.length).toBeGreaterThan(10));

  test.each(FORBIDDEN)('do not use %s', (_, pattern) => {
    const allowed = pattern.test('dataSync') ? READS : [];
    expect(files.filter((name) => pattern.test(code(name)) && !allowed.includes(name))).toEqual([]);
  });
});

test('no test is left focused', () => {
  const focused = /^\s*((test|it|describe)\.only|f(it|describe))\(/m;
  const names = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' });
  const tests = names.filter((name) => name.endsWith('.test.ts'));
  expect(tests.filter((name) => focused.test(readFileSync(join(root, 'test', name), 'utf8')))).toEqual([]);
});
