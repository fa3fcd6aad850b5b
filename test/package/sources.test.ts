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

describe('the sources', () => {
  test('are there', () => expect(files.length).toBeGreaterThan(10));

  test.each(FORBIDDEN)('do not use %s', (_, pattern) => {
    expect(files.filter((name) => pattern.test(code(name)))).toEqual([]);
  });
});
