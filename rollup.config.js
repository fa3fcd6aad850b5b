import { relative, resolve } from 'node:path';
import commonjs from '@rollup/plugin-commonjs';
import nodeResolve from '@rollup/plugin-node-resolve';
import swc from '@rollup/plugin-swc';
import terser from '@rollup/plugin-terser';
import license from 'rollup-plugin-license';
import { entryPoints } from './scripts/entry-points.js';

const external = [/^@tensorflow\//, /^node:/];

/** The host is CommonJS with `__esModule`: its exports are read as they are, without a copy of the namespace. */
const host = { interop: 'esModule', externalLiveBindings: false };

/** Sources name their neighbours as the built files do: `./x.js` is `./x.ts`. */
const neighbours = {
  name: 'neighbours',
  resolveId: (name, importer) =>
    importer && name.startsWith('.') ? resolve(importer, '..', name.replace(/\.js$/, '.ts')) : null,
};

/** Class fields are assigned, not defined: a definition would hide what the host's constructors have set. */
const jsc = {
  parser: { syntax: 'typescript' },
  target: 'es2020',
  transform: { useDefineForClassFields: false },
};

const compile = () => swc({ include: 'src/**', swc: { swcrc: false, jsc } });

const modules = {
  input: Object.fromEntries(Object.values(entryPoints).map((name) => [name, `src/${name}.ts`])),
  external,
  plugins: [neighbours, compile()],
  output: ['js', 'cjs'].map((extension) => ({
    dir: 'dist',
    format: extension === 'js' ? 'es' : 'cjs',
    entryFileNames: `[name].${extension}`,
    preserveModules: true,
    preserveModulesRoot: 'src',
    sourcemap: true,
    exports: 'named',
    ...host,
  })),
};

const umd = {
  format: 'umd',
  name: 'tfnorm',
  globals: { '@tensorflow/tfjs-core': 'tf', '@tensorflow/tfjs-layers': 'tf' },
  sourcemap: true,
  ...host,
};

const script = {
  input: 'src/index.ts',
  external,
  plugins: [neighbours, compile()],
  output: [
    { ...umd, file: 'dist/tfjs-normalization.umd.js' },
    { ...umd, file: 'dist/tfjs-normalization.umd.min.js', plugins: [terser()] },
  ],
};

/** What the command line takes from the package it imports from the built modules: no code, and no class, is there twice. */
const cliFolder = resolve('src/cli');
const besideThePackage = {
  name: 'beside-the-package',
  resolveId: (name, importer) => {
    if (!importer?.startsWith(cliFolder) || !name.startsWith('.')) return null;
    const path = resolve(importer, '..', name);
    if (path.startsWith(cliFolder)) return path.replace(/\.js$/, '.ts');
    return { id: `./${relative('src', path)}`, external: true };
  },
};

/** The libraries of the command line are inside it: the package brings none with it. Their licences stand beside. */
const cli = {
  input: 'src/cli/bin.ts',
  external,
  plugins: [
    besideThePackage,
    nodeResolve(),
    commonjs(),
    compile(),
    license({ thirdParty: { output: { file: 'dist/cli.licenses.txt' } } }),
  ],
  output: { file: 'dist/cli.js', format: 'es', banner: '#!/usr/bin/env node' },
};

export default [modules, script, cli];
