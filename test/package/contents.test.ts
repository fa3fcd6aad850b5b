import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { installed, readJson, root } from './project.js';

interface Manifest {
  readonly exports: Record<string, unknown>;
  readonly scripts: Record<string, string>;
  readonly dependencies?: unknown;
  readonly peerDependencies: Record<string, string>;
  readonly peerDependenciesMeta: Record<string, { optional: boolean }>;
  readonly sideEffects: readonly string[];
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

interface Lock {
  readonly packages: Record<string, { resolved?: string; optionalDependencies?: Record<string, string> }>;
}

/** A program: one file, without declarations. */
const COMMAND_LINE = 'dist/cli.js';

const lock = (): Lock => readJson(join(root, 'package-lock.json'));
const manifest = (): Manifest => readJson(join(installed(), 'package.json'));

describe('the package', () => {
  test('holds the built modules, their declarations, the script-tag files, the command line and four documents', () => {
    const sources = filesIn(join(root, 'src')).filter((name) => !/^cli\/|\/assembly\//.test(name));
    const modules = sources.map((name) => name.replace(/\.ts$/, ''));
    const declarations = modules.flatMap((name) => [`dist/${name}.d.ts`, `dist/${name}.d.cts`]);
    const code = modules.flatMap((name) =>
      ['js', 'cjs'].flatMap((e) => [`dist/${name}.${e}`, `dist/${name}.${e}.map`]),
    );
    const script = ['umd', 'umd.min'].map((name) => `dist/tfjs-normalization.${name}.js`);
    const documents = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'];
    const required = [...documents, ...declarations, ...script, COMMAND_LINE, 'dist/cli.licenses.txt'];
    const optional = [...code, ...script.map((name) => `${name}.map`)]; // a module of types only has no code
    const found = filesIn(installed());
    expect(required.filter((name) => !found.includes(name))).toEqual([]);
    expect(found.filter((name) => !required.includes(name) && !optional.includes(name))).toEqual([]);
  });

  test('has code in both formats, with source maps, for every module that has any', () => {
    const found = filesIn(installed());
    const bare = found.filter((name) => /(?<!\.d)\.c?js$/.test(name)).map((name) => name.replace(/\.c?js$/, ''));
    expect(bare.length).toBeGreaterThan(10);
    const programs = /\.umd(\.min)?$|^dist\/cli$/;
    for (const name of bare.filter((name) => !programs.test(name))) {
      for (const e of ['js', 'cjs', 'js.map', 'cjs.map']) expect(found).toContain(`${name}.${e}`);
    }
  });

  test('names files that exist', () => {
    const found = filesIn(installed());
    const named = JSON.stringify(manifest()).match(/\.\/dist\/[^"]+/g) ?? [];
    expect(named.length).toBeGreaterThan(20);
    expect(named.map((name) => name.slice(2)).filter((name) => !found.includes(name))).toEqual([]);
  });

  test('runs no script when it is installed and brings nothing with it', () => {
    const { scripts, dependencies, peerDependencies, peerDependenciesMeta } = manifest();
    const lifecycle = /^(pre|post)?(install|prepare|publish|pack|uninstall|dependencies)|prepublishOnly/;
    expect(Object.keys(scripts).filter((name) => lifecycle.test(name))).toEqual([]);
    expect(dependencies).toBeUndefined();
    const required = Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional);
    expect(required).toEqual(['@tensorflow/tfjs-core', '@tensorflow/tfjs-layers']);
  });

  test('declares side effects of the entry, register and script-tag files only', () => {
    const bases = manifest().sideEffects.map((name) => name.replace(/^\.\/dist\//, '').replace(/\.c?js$/, ''));
    expect([...new Set(bases)]).toEqual(['index', 'register', 'tfjs-normalization.umd', 'tfjs-normalization.umd.min']);
  });

  test('is installed from a lock file that names no registry', () => {
    const named = Object.entries(lock().packages).filter(([, entry]) => entry.resolved !== undefined);
    expect(named.map(([name]) => name)).toEqual([]);
  });

  test('is installed from a lock file that is complete (npm run lock)', () => {
    const { packages } = lock();
    const optional = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
    expect(optional.filter((name) => !packages[`node_modules/${name}`])).toEqual([]);
  });
});
