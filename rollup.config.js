import terser from '@rollup/plugin-terser';
import esbuild from 'rollup-plugin-esbuild';
import { entryPoints } from './scripts/entry-points.js';

const external = [/^@tensorflow\//, /^node:/];

/** The host is CommonJS with `__esModule`: its exports are read as they are, without a copy of the namespace. */
const host = { interop: 'esModule', externalLiveBindings: false };

const compile = () => esbuild({ target: 'es2020', tsconfig: 'tsconfig.json' });

const modules = {
  input: Object.fromEntries(Object.values(entryPoints).map((name) => [name, `src/${name}.ts`])),
  external,
  plugins: [compile()],
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
  plugins: [compile()],
  output: [
    { ...umd, file: 'dist/tfjs-normalization.umd.js' },
    { ...umd, file: 'dist/tfjs-normalization.umd.min.js', plugins: [terser()] },
  ],
};

export default [modules, script];
