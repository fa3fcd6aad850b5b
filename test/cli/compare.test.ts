import { writeFileSync } from 'node:fs';
import { blocks, inExamples } from './examples.js';
import { cli } from './run.js';

inExamples();

const task = () => blocks('mjs')[0] as string;
const withText = (name: string, ...changes: (readonly [string | RegExp, string])[]) => {
  writeFileSync(
    name,
    changes.reduce((text, [from, to]) => text.replace(from, to), task()),
  );
  return name;
};

test('trains the module’s model under each norm, and says what it means', async () => {
  const args = [
    'compare',
    'task.mjs',
    '--norms',
    'none,group:groups=4,epsilon=1e-4,layer',
    '--seeds',
    '3',
    '--epochs',
    '2',
  ];
  const { code, stdout, stderr } = await cli([...args, '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const report = JSON.parse(stdout);
  expect(report.results.map(({ norm }: { norm: string }) => norm).sort()).toEqual([
    'group:groups=4,epsilon=1e-4',
    'layer',
    'none',
  ]);
  expect(report).toMatchObject({ seeds: [1, 2, 3], epochs: 2, batchSize: 32, notes: [] });
  const text = (await cli(args)).stdout;
  expect(text).toContain('2 epochs, batches of 32, seeds 1, 2, 3; loss: lower is better');
  expect(text).toContain(report.recommendation.text);
});

test('what diverges is stopped and named; a default export is read; flags win', async () => {
  const sgd = "optimizer: () => sgd(1e6), loss: 'meanSquaredError'";
  const name = withText(
    'diverging.mjs',
    [/^import .*/, "$&\nimport { train } from '@tensorflow/tfjs-core';\nconst sgd = (rate) => train.sgd(rate);"],
    [/export function build/, 'function build'],
    [/export const data/, 'const data'],
    [
      /export const compile.*/,
      `export default { build, data, compile: { ${sgd} }, norms: ['batch'], seeds: 9, epochs: 9 };`,
    ],
  );
  const { code, stdout } = await cli(['compare', name, '--norms', 'none', '--seeds', '1', '--epochs', '2']);
  expect(code).toBe(0);
  expect(stdout).toContain('2 epochs');
  expect(stdout).toMatch(/none, seed 1: stopped at step \d+/);
  expect(stdout).toMatch(/none +diverged/);
});

test.each<[string, () => string[], string]>([
  ['no module', () => ['gone.mjs'], 'gone.mjs is no file'],
  [
    'a module that fails',
    () => [withText('throws.mjs', [/^/, "throw new Error('their fault');\n"])],
    'throws.mjs failed: their fault',
  ],
  [
    'a model that fails',
    () => [withText('fails.mjs', [/units: 8/, 'units: nothing']), '--norms', 'none'],
    'fails.mjs failed: nothing is not defined',
  ],
  ['no build', () => [withText('no.mjs', [/export function build/, 'function build'])], 'no.mjs must export build'],
  ['an unknown norm', () => ['task.mjs', '--norms', 'btch'], 'Did you mean `batch`?'],
  ['no norms', () => ['task.mjs'], 'norms must be a list'],
  ['seeds in words', () => ['task.mjs', '--norms', 'none', '--seeds', 'many'], 'seeds must be a count'],
])('%s: one line', async (_, args, part) => {
  const { code, stdout, stderr } = await cli(['compare', ...args()]);
  expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(/^error: .*\n$/) });
  expect(stderr).toContain(part);
});

test('seeds by name', async () => {
  const args = ['compare', 'task.mjs', '--norms', 'none', '--seeds', '4,7', '--epochs', '1', '--json'];
  expect(JSON.parse((await cli(args)).stdout).seeds).toEqual([4, 7]);
});

test('a bar on standard error of a terminal, and none elsewhere', async () => {
  const args = ['compare', 'task.mjs', '--norms', 'none,layer', '--seeds', '1', '--epochs', '1'];
  const { stdout, stderr } = await cli(args, { terminal: 80, env: { NO_COLOR: '1' } });
  expect(stderr).toMatch(/━.*100 % · layer, seed 1, epoch 1 of 1, loss/);
  expect(stdout).not.toContain('━');
  expect((await cli(args, { terminal: 80, env: { TERM: 'dumb' } })).stderr).toBe('');
  expect((await cli(args)).stderr).toBe('');
});
