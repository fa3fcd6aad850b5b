import '@tensorflow/tfjs-backend-cpu';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import * as core from '@tensorflow/tfjs-core';
import * as layersPackage from '@tensorflow/tfjs-layers';
import * as pack from '../../src/index.js';
import * as node from '../../src/node/index.js';

/** Every `js` block of the documentation, and every `@example` of the sources, runs as printed. */
const ROOT = join(__dirname, '../..');
const SKIPPED = new Set(['node_modules', 'dist', '.git', 'temp', '.cache']);

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !SKIPPED.has(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesUnder(path) : [path];
    });
}

/** Blocks of a file; in a source file they stand behind ` * `. Imports are dropped: the names are in scope. */
function snippetsOf(path: string): { name: string; code: string }[] {
  const text = readFileSync(path, 'utf8').replace(/^ *\* ?/gm, path.endsWith('.ts') ? '' : '$&');
  return [...text.matchAll(/^```js\n([\s\S]*?)^```/gm)].map((match) => {
    const line = text.slice(0, match.index).split('\n').length;
    return { name: `${relative(ROOT, path)}:${line}`, code: (match[1] as string).replace(/^import .*$/gm, '') };
  });
}

const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor as new (
  ...args: string[]
) => (...args: unknown[]) => Promise<void>;

const scope = { tf: { ...core, ...layersPackage }, ...pack, ...node };
const sources = [...filesUnder(join(ROOT, 'src')), ...filesUnder(join(ROOT, 'docs')), join(ROOT, 'README.md')];
const snippets = sources.filter((path) => /\.(ts|md)$/.test(path)).flatMap(snippetsOf);

let folder: string;
const home = process.cwd();
beforeAll(async () => {
  await core.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'snippets-'));
  process.chdir(folder); // some save a model beside them
});
afterAll(async () => {
  process.chdir(home);
  await rm(folder, { recursive: true });
});

test('there are snippets', () => expect(snippets.length).toBeGreaterThan(30));

test.each(snippets.map(({ name, code }) => [name, code]))('%s', async (_name, code) => {
  const quiet = jest.spyOn(console, 'log').mockImplementation(() => {});
  try {
    await new AsyncFunction(...Object.keys(scope), code as string)(...Object.values(scope));
  } finally {
    quiet.mockRestore();
  }
});
