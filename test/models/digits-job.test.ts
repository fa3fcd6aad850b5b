import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseOptions } from '../../models/digits/options.js';
import { describeAdvice } from '../../models/digits/report.js';
import { clearFolders, newFolder, readJSON } from '../node/models.js';
import { runJob, tableOf } from './job.js';

jest.setTimeout(60_000); // Each job starts three processes; a loaded machine takes its time.
afterAll(clearFolders);

const SMALL = ['--epochs', '1', '--batch-size', '32'];

test('the job asks the guide, trains its choice against batch norm, shows a table, saves the better model and finds it equal in a new process', async () => {
  const folder = await newFolder();
  const { code, stdout, stderr } = await runJob(...SMALL, '--save', folder);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^1797 handwritten digits of 8 × 8 pixels: 1200 to train, 597 to test\nmlp 64-128-128-10/);
  expect(stdout).toMatch(
    /wasm backend\nbatch size 32, epochs 1, SGD with momentum 0\.9, learning rate 0\.1 .* = 0\.1, seed 1/,
  );
  expect(stdout).toMatch(
    /\nThe guide, for architecture feedForward, channels 128, rank 2, task classification, batchSize 32:\nbatch, momentum 0\.9, epsilon 0\.00001\n/,
  );
  expect(stdout).toMatch(/\n {2}With a large batch .*\[feed-forward-large-batch:/s);
  expect(stdout).toContain('\n  alternatives: layer (with batchSize 7), rms');
  expect(stdout).toMatch(/^batch epoch 1\/1, loss \d\.\d{3}$/m);
  expect(stdout).toMatch(/^layer epoch 1\/1, loss \d\.\d{3}$/m);
  const table = tableOf(stdout);
  expect(Object.keys(table)).toEqual(['norm', 'batch', 'layer']);
  expect(table.norm).toEqual(['test error, %', 'seconds an epoch', 'parameters']);
  expect(table.batch?.[2]).toBe('26890');
  expect(table.layer?.[2]).toBe('26378');
  // One pass over 1,200 images teaches something; guessing errs in 90 %.
  for (const norm of ['batch', 'layer']) expect(Number(table[norm]?.[0])).toBeLessThan(40);
  const best = Number(table.batch?.[0]) <= Number(table.layer?.[0]) ? 'batch' : 'layer';
  expect(stdout).toContain(`${best} is best; its model is saved as `);
  expect(stdout).toMatch(/\nlargest difference after reloading: 0\n$/);
  const [{ paths }] = (await readJSON(folder)).weightsManifest;
  expect(await readdir(folder)).toEqual(['model.json', ...paths]);
});

test.each([
  [['--batch-size', '64'], 'feed-forward-large-batch', ['batch', 'layer']],
  [['--batch-size', '4'], 'feed-forward-small-batch', ['batch', 'layer']],
  [['--batch-size', '12'], 'in-doubt', ['batch', 'rms']],
  [['--architecture', 'cnn'], 'cnn-small-batch', ['batch', 'group']],
])('%j is advised by %s, and compares %j', (flags, rule, norms) => {
  const options = parseOptions(flags);
  expect(options.norm).toEqual(norms);
  expect(describeAdvice(options)).toContain(`[${rule}:`);
});

test('a seed repeats its run, several seeds give mean and spread, and what is not a terminal gets no control characters', async () => {
  const folder = await newFolder();
  const flags = [...SMALL, '--norm', 'group'];
  const save = (name: string) => ['--save', join(folder, name)];
  const [one, again, both] = await Promise.all([
    runJob(...flags, '--seed', '5', ...save('a')),
    runJob(...flags, '--seed', '5', ...save('b')),
    runJob(...flags, '--seed', '5', '--seeds', '2', ...save('c')),
  ]);
  expect(tableOf(one.stdout).group?.[0]).toBe(tableOf(again.stdout).group?.[0]);
  expect(tableOf(both.stdout).group?.[0]).toMatch(/^\d+\.\d\d ± \d+\.\d\d$/);
  expect(both.stdout).toMatch(
    /seed 5 to 6[\s\S]*group \(seed 5\) epoch 1\/1[\s\S]*largest difference after reloading: 0\n$/,
  );
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
  expect(both.stdout).not.toMatch(/\x1b|\r/);
  const manifests = await Promise.all(['a', 'b', 'c'].map((name) => readJSON(join(folder, name))));
  // The name of a weights file is 16 digits of its content, and 8 of chance.
  const [a, b, c] = manifests.map((json) => json.weightsManifest[0].paths[0].slice(0, 'model.weights.'.length + 16));
  expect(b).toEqual(a);
  expect(c).toEqual(a);
});

test('norms of images train a convolutional network, on the cpu backend too', async () => {
  const folder = await newFolder();
  const flags = ['--architecture', 'cnn', '--epochs', '1', '--batch-size', '64', '--save', folder];
  const { code, stdout } = await runJob(...flags, '--norm', 'instance', 'switchable');
  expect(Object.keys(tableOf(stdout))).toEqual(['norm', 'instance', 'switchable']);
  expect(stdout).toMatch(/\nlargest difference after reloading: 0\n$/);
  expect(code).toBe(0);
  const cpu = await runJob(...SMALL, '--norm', 'none', '--backend', 'cpu', '--save', folder);
  expect([cpu.code, cpu.stderr]).toEqual([0, '']);
  expect(cpu.stdout).toMatch(/cpu backend[\s\S]*reloading: 0\n$/);
});

test.each([
  [
    ['--norm', 'bacth'],
    /'bacth' is invalid. Allowed choices are batch, layer, instance, group, rms, .*meanOnlyBatch, none\./,
  ],
  [
    ['--norm', 'batch', 'instance'],
    /instance averages over the pixels.*Add --architecture cnn, or choose from batch, layer/,
  ],
  [['--backend', 'webgl'], /Allowed choices are wasm, cpu/],
  [['--architecture', 'rnn'], /Allowed choices are mlp, cnn/],
  [['--batch-size', '0'], /whole number from 1 to 1200/],
  [['--epochs', '1e3'], /whole number from 1 to 1000/],
  [['--seeds', 'two'], /whole number from 1 to 100/],
  [['--sed', '1'], /unknown option '--sed'\n\(Did you mean .*--seed/],
])('%j is refused, and the choices named', async (flags, message) => {
  const { code, stdout, stderr } = await runJob(...flags);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(message);
});

test('--help shows every flag and examples', async () => {
  const { code, stdout } = await runJob('--help');
  expect(code).toBe(0);
  const flags = ['norm', 'batch-size', 'epochs', 'seed', 'seeds', 'backend', 'architecture', 'save'];
  for (const flag of flags) expect(stdout).toContain(`--${flag} <`);
  expect(stdout).toMatch(/Examples:\n {2}npm start /);
});

test('a model that cannot be saved is an error in one line', async () => {
  const file = join(__dirname, 'job.ts');
  const { code, stdout, stderr } = await runJob(...SMALL, '--norm', 'none', '--save', file);
  expect(code).toBe(1);
  expect(stdout).toContain('│ none ');
  expect(stderr).toMatch(/^error: \[fileSystem ".*job\.ts"\] the model must be writable;.*\n$/);
});
