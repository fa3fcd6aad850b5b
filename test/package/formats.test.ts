import { LOAD_AND_PRINT, LOADED, runNode } from './project.js';

const NAMES = `['GroupNormalization', 'groupNormalization', 'rmsNorm'].map((name) => typeof pack[name])`;
const REGISTRY = 'tf.serialization.SerializationMap.getMap().classNameMap';
const ESM_HOST = `
  import * as tf from '@tensorflow/tfjs-core';
  import * as tfl from '@tensorflow/tfjs-layers';
  import '@tensorflow/tfjs-backend-cpu';
`;
const CJS_HOST = `
  const tf = require('@tensorflow/tfjs-core');
  const tfl = require('@tensorflow/tfjs-layers');
  require('@tensorflow/tfjs-backend-cpu');
`;

describe('the installed package', () => {
  test('is an ECMAScript module', () => {
    const types = runNode(
      'esm.mjs',
      `import * as pack from 'tfjs-normalization'; console.log(JSON.stringify(${NAMES}))`,
    );
    expect(types).toEqual(['function', 'function', 'function']);
  });

  test('is a CommonJS module', () => {
    const types = runNode(
      'cjs.cjs',
      `const pack = require('tfjs-normalization'); console.log(JSON.stringify(${NAMES}))`,
    );
    expect(types).toEqual(['function', 'function', 'function']);
  });

  test.each([
    ['import of the package', 'load.mjs', `${ESM_HOST} import 'tfjs-normalization';`],
    ['import of /register', 'register.mjs', `${ESM_HOST} import 'tfjs-normalization/register';`],
    ['require of the package', 'load.cjs', `${CJS_HOST} require('tfjs-normalization');`],
    ['require of /register', 'register.cjs', `${CJS_HOST} require('tfjs-normalization/register');`],
  ])('loads saved models after a bare %s', (_, name, text) => {
    expect(runNode(name, text + LOAD_AND_PRINT)).toEqual(LOADED);
  });

  test('both formats in one process leave one registration', () => {
    const found = runNode(
      'both.mjs',
      `${ESM_HOST}
      import { createRequire } from 'node:module';
      const pack = await import('tfjs-normalization');
      const first = { ...${REGISTRY} };
      const other = createRequire(import.meta.url)('tfjs-normalization');
      const own = Object.keys(first).filter((name) => name in ${REGISTRY});
      console.log(JSON.stringify({
        kept: own.every((name) => ${REGISTRY}[name][0] === first[name][0]),
        added: Object.keys(${REGISTRY}).length - own.length,
        shapes: [pack, other].map((p) => p.groupNormalization({ groups: 2 }).computeOutputShape([2, 3, 4])),
      }));`,
    );
    expect(found).toEqual({
      kept: true,
      added: 0,
      shapes: [
        [2, 3, 4],
        [2, 3, 4],
      ],
    });
  });

  test.each(['umd', 'umd.min'])('works as a script tag (%s)', (file) => {
    const found = runNode(
      `script-${file}.cjs`,
      `${CJS_HOST}
      const vm = require('node:vm');
      const { readFileSync } = require('node:fs');
      const { dirname, join } = require('node:path');
      const folder = dirname(require.resolve('tfjs-normalization/package.json'));
      const page = vm.createContext({ tf: { ...tf, ...tfl }, console });
      vm.runInContext(readFileSync(join(folder, 'dist/tfjs-normalization.${file}.js'), 'utf8'), page);
      if (vm.runInContext('typeof tfnorm.groupNormalization', page) !== 'function') throw new Error('no tfnorm');
      ${LOAD_AND_PRINT}`,
    );
    expect(found).toEqual(LOADED);
  });

  test('/ops and /layers register nothing', () => {
    const added = runNode(
      'pure.mjs',
      `${ESM_HOST}
      const before = new Set(Object.keys(${REGISTRY}));
      await import('tfjs-normalization/ops');
      await import('tfjs-normalization/layers');
      console.log(JSON.stringify(Object.keys(${REGISTRY}).filter((name) => !before.has(name))));`,
    );
    expect(added).toEqual([]);
  });

  test('/ops loads no layers', () => {
    const loaded = runNode(
      'ops.cjs',
      `require('tfjs-normalization/ops');
      console.log(JSON.stringify(Object.keys(require.cache).filter((name) => /tfjs-layers|dist.layers/.test(name))));`,
    );
    expect(loaded).toEqual([]);
  });
});
