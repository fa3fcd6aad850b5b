import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { project, root, write } from './project.js';

/** One import that goes against an arrow, and the rule that refuses it. */
const WRONG: readonly (readonly [from: string, statement: string, rule: string])[] = [
  ['kernels/a', `import '../core/a.js';`, 'kernels-at-the-bottom'],
  ['core/a', `import '../ops/a.js';`, 'core-below-ops'],
  ['ops/a', `import '../layers/a.js';`, 'ops-below-layers'],
  ['layers/a', `import '../kernels/a.js';`, 'layers-through-ops'],
  ['wrappers/a', `import '../register.js';`, 'side-effects-on-top'],
  ['serialization/a', `import '../layers/a.js';`, 'serialization-reads-names'],
  ['guide/a', `import '@tensorflow/tfjs-core';`, 'guide-reads-the-table'],
  ['audit/a', `import '../kernels/a.js';`, 'tools-read-models'],
  ['convert/a', `import '../core/a.js';`, 'convert-builds-models'],
  ['layers/a', `import '../convert/a.js';`, 'nobody-below-converts'],
  ['audit/b', `import '../wrappers/a.js';`, 'audit-reads'],
  ['norms', `import './core/a.js';`, 'table-is-data'],
  ['ops/a', `import 'node:fs';`, 'node-builtins-in-node-only'],
  ['ops/a', `import 'commander';`, 'peers-only'],
  ['layers/a', `import '../cli/a.js';`, 'cli-stands-apart'],
  ['cli/a', `import '../ops/a.js';`, 'cli-reads-entry-points'],
  ['cli/c', `import 'chalk';`, 'cli-reads-entry-points'],
  ['cli/d', `import '../guide/a.js';`, 'cli-reads-entry-points'],
  ['cli/e', `import '../index.js';`, 'cli-starts-without-tfjs'],
  ['index', `import './node/a.js';`, 'node-stands-apart'],
  ['kernels/a', `import '@tensorflow/tfjs-backend-cpu';`, 'no-backend'],
  ['kernels/a', `import { LayersModel } from '@tensorflow/tfjs-layers/dist/engine/training';`, 'no-deep-import'],
  ['core/a', `import './b.js';`, 'no-circular'],
  ['core/b', `import './a.js';`, 'no-circular'],
  ['core/a', `import './nowhere.js';`, 'no-unresolved'],
];
const RIGHT = [
  ['kernels/b', `import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';`],
  ['kernels/b', `import type { LayersModel } from '@tensorflow/tfjs-layers/dist/engine/training';`],
  ['layers/b', `import '../ops/b.js'; import '../core/c.js'; import '../norms.js';`],
  ['ops/b', `import '../core/c.js';`],
  ['core/c', `import '../kernels/b.js';`],
  ['node/a', `import 'node:fs';`],
  ['guide/index', `import '../core/errors.js';`],
  ['core/errors', ''],
  ['cli/b', `import 'node:fs'; import 'commander'; import '../guide/index.js'; void import('../index.js');`],
  ['register', `import './layers/b.js';`],
] as const;

interface Violation {
  readonly from: string;
  readonly rule: { readonly name: string };
}

let violations: readonly (readonly [from: string, rule: string])[];

beforeAll(() => {
  const files = new Map<string, string>();
  for (const [name, statement] of [...WRONG, ...RIGHT]) files.set(name, `${files.get(name) ?? ''}${statement}\n`);
  for (const [name, text] of files) write(`arrows/src/${name}.ts`, `${text}export const here = 1;\n`);
  for (const name of ['commander', 'chalk']) write(`arrows/node_modules/${name}/index.js`, '');
  write('arrows/tsconfig.json', JSON.stringify({ compilerOptions: { module: 'esnext', moduleResolution: 'bundler' } }));
  const depcruise = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const { stdout } = spawnSync(
    process.execPath,
    [depcruise, '--config', join(root, '.dependency-cruiser.cjs'), '--output-type', 'json', 'src'],
    { cwd: join(project(), 'arrows'), encoding: 'utf8', maxBuffer: 1 << 26 },
  );
  const { summary } = JSON.parse(stdout) as { summary: { violations: readonly Violation[] } };
  violations = summary.violations.map(({ from, rule }) => [from, rule.name]);
});

test.each(WRONG)('%s: %s is refused by %s', (from, _, rule) => {
  const known = rule === 'no-circular' ? violations.map(([, name]) => ['', name]) : violations;
  expect(known).toContainEqual([rule === 'no-circular' ? '' : `src/${from}.ts`, rule]);
});

test('an import along the arrows is not', () => {
  const right = RIGHT.map(([from]) => `src/${from}.ts`);
  expect(violations.filter(([from]) => right.includes(from))).toEqual([]);
});
