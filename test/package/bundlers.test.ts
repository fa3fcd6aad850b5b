import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LOAD_AND_PRINT, LOADED, project, root, run, runNode, write } from './project.js';

/** What a user writes; the bundle runs in a program that has `tf` and `tfl`. */
const SOURCES = {
  bare: `import 'tfjs-normalization';`,
  register: `import 'tfjs-normalization/register';`,
  'class-of-the-package': `import { GroupNormalization } from 'tfjs-normalization'; exports = GroupNormalization;`,
  class: `import { GroupNormalization } from 'tfjs-normalization/layers'; exports = GroupNormalization;`,
  op: `import { rmsNorm } from 'tfjs-normalization/ops'; exports = rmsNorm;`,
} as const;
type Case = keyof typeof SOURCES;

const text = (bundler: string, name: Case): string => readFileSync(join(project(), bundler, `${name}.cjs`), 'utf8');

/** Runs a bundle, then `program`, in a process of its own. */
const runBundle = (bundler: string, name: Case, program: string): unknown =>
  runNode(
    `run-${bundler}-${name}.cjs`,
    `const tf = require('@tensorflow/tfjs-core');
    const tfl = require('@tensorflow/tfjs-layers');
    require('@tensorflow/tfjs-backend-cpu');
    require('./${bundler}/${name}.cjs');
    ${program}`,
  );

const APPLY_CLASS = `
  const layer = new globalThis.exported({ groups: 2 });
  const y = layer.apply(tf.tensor([1, 3, 1, 3], [1, 4]));
  console.log(JSON.stringify({ shape: y.shape, positive: Array.from(y.dataSync(), (v) => v > 0) }));
`;
const APPLIED = { shape: [1, 4], positive: [false, true, false, true] };

beforeAll(() => {
  for (const [name, source] of Object.entries(SOURCES))
    write(`${name}.js`, source.replace(/\bexports\b/, 'globalThis.exported'));
  run(process.execPath, [join(root, 'test/package/bundle.mjs'), project(), ...Object.keys(SOURCES)], root);
});

describe.each(['rollup', 'esbuild', 'webpack'])('bundled by %s', (bundler) => {
  test.each(['bare', 'register', 'class-of-the-package'] as const)('%s: every class is registered', (name) => {
    expect(runBundle(bundler, name, LOAD_AND_PRINT)).toEqual(LOADED);
  });

  test.each(['class-of-the-package', 'class'] as const)('%s: the class works', (name) => {
    expect(runBundle(bundler, name, APPLY_CLASS)).toEqual(APPLIED);
  });

  test('one class brings no other layer', () => {
    expect(text(bundler, 'class')).toContain('GroupNormalization');
    expect(text(bundler, 'class').length).toBeLessThan(text(bundler, 'bare').length);
    expect(text(bundler, 'class')).not.toMatch(/className\s*=\s*["'](?!GroupNormalization)\w*Normalization["']/);
  });

  test('one op brings no layers, and works', () => {
    expect(text(bundler, 'op')).not.toMatch(/tfjs-layers|\.className\s*=/); // the table names classes, as data
    const y = runBundle(
      bundler,
      'op',
      `console.log(JSON.stringify(Array.from(globalThis.exported(tf.tensor([3, -3, 3, 3], [1, 4])).dataSync(), Math.round)))`,
    );
    expect(y).toEqual([1, -1, 1, 1]);
  });
});
