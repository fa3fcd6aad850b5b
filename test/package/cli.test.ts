import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Facts, recommendNormalization } from '../../src/guide/index.js';
import { installed, project, readJson, run, runNode, SAVED_MODEL } from './project.js';

const FACTS: Facts = { architecture: 'cnn', batchSize: 4, channels: 48 };
const FLAGS = ['recommend', '--architecture', 'cnn', '--batch-size', '4', '--channels', '48'];

/** What is inside the program: two of ours, and the progress bar with what it stands on. */
const LIBRARIES = [
  'ansi-regex',
  'cli-progress',
  'commander',
  'emoji-regex',
  'is-fullwidth-code-point',
  'picocolors',
  'string-width',
  'strip-ansi',
];

interface Manifest {
  readonly version: string;
  readonly bin: Record<string, string>;
}

const manifest = (): Manifest => readJson(join(installed(), 'package.json'));
const program = (): string => join(installed(), manifest().bin['tfjs-normalization'] as string);

/** As npm links a program: a name in `.bin`, executable. */
let linked: string;
beforeAll(() => {
  const bin = join(project(), 'node_modules/.bin');
  mkdirSync(bin);
  linked = join(bin, 'tfjs-normalization');
  chmodSync(program(), 0o755);
  symlinkSync(program(), linked);
});

const environment = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => {
  const { NO_COLOR: _, FORCE_COLOR: __, ...others } = process.env;
  return { ...others, ...more };
};

const start = (args: readonly string[], more: { input?: string; env?: NodeJS.ProcessEnv } = {}) => {
  const { input = '', env } = more;
  return spawnSync(linked, args, { cwd: project(), encoding: 'utf8', input, env: environment(env) });
};

describe('npx tfjs-normalization', () => {
  test('tells the version of the package', () => expect(start(['--version']).stdout).toBe(`${manifest().version}\n`));

  test('recommends what the guide does, facts from a pipe', () => {
    const expected = JSON.parse(JSON.stringify(recommendNormalization(FACTS)));
    expect(JSON.parse(start([...FLAGS, '--json']).stdout)).toEqual(expected);
    const piped = start(['recommend', '-', '--json'], { input: JSON.stringify(FACTS) });
    expect(JSON.parse(piped.stdout)).toEqual(expected);
  });

  test('prints a program that runs in the project', () => {
    const { stdout } = start([...FLAGS, '--code']);
    const code = stdout
      .replace(
        /import \* as tf .*/,
        `import * as tfl from '@tensorflow/tfjs-layers'; import '@tensorflow/tfjs-backend-cpu';`,
      )
      .replace('const model', 'const tf = { ...tfl, layers: tfl.layers };\nconst model');
    const shape = runNode('printed.mjs', `${code}console.log(JSON.stringify(model.outputs[0].shape));`);
    expect(shape).toEqual([null, 16, 16, 48]);
  });

  test('a fault of the user is one line and exit code 1', () => {
    for (const args of [
      ['recommend', '--batchsize', '4'],
      ['recommend', '--architecture', 'cn'],
      ['recommend', 'no.json'],
    ]) {
      const { status, stdout, stderr } = start(args);
      expect({ status, stdout, stderr }).toEqual({
        status: 1,
        stdout: '',
        stderr: expect.stringMatching(/^error: .+\n$/),
      });
    }
  });

  test('colours only where asked for', () => {
    expect(start(FLAGS).stdout).not.toContain('\u001b');
    expect(start(FLAGS, { env: { FORCE_COLOR: '1' } }).stdout).toContain('\u001b[1m');
  });

  test('a reader that stops reading is no fault', async () => {
    const child = spawn(linked, ['list', 'rules', '--json'], { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
    let complaints = '';
    child.stderr.on('data', (text) => {
      complaints += text;
    });
    child.stdout.destroy(); // before anything is written
    const status = await new Promise((done) => child.on('close', done));
    expect({ status, complaints }).toEqual({ status: 0, complaints: '' });
  });

  test('needs nothing beside it, not even tfjs', () => {
    const folder = mkdtempSync(join(tmpdir(), 'alone-'));
    try {
      cpSync(installed(), folder, { recursive: true });
      const args = [join(folder, manifest().bin['tfjs-normalization'] as string), ...FLAGS];
      expect(execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })).toBe(start(FLAGS).stdout);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('reads, writes and runs saved models with the tfjs of the project', () => {
    const saved = runNode<{ layers: number }>(
      'save.mjs',
      `
      import '@tensorflow/tfjs-backend-cpu';
      import { layers, sequential } from '@tensorflow/tfjs-layers';
      import { batchNormalization } from 'tfjs-normalization';
      import { fileSystem } from 'tfjs-normalization/node';
      const list = [layers.dense({ units: 3, inputShape: [4], useBias: false }), batchNormalization(), layers.reLU()];
      await sequential({ layers: list }).save(fileSystem('saved-by-cli'));
      console.log(JSON.stringify({ layers: list.length }));`,
    );
    expect(saved.layers).toBe(3);
    expect(start(['describe', 'saved-by-cli', '--json']).stdout).toContain('"pretrained": "batch"');
    expect(start(['audit', 'saved-by-cli', '--batch-size', '2'])).toMatchObject({ status: 1, stderr: '' });
    const folded = start(['fold', 'saved-by-cli', 'folded-by-cli', '--json', '--backend', 'cpu']);
    expect(folded).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(folded.stdout).replaced).toMatchObject([{ from: 'batch', to: 'none', weights: 'folded' }]);
    expect(start(['convert', 'saved-by-cli', 'rms-by-cli', '--to', 'rms', '--backend', 'cpu']).status).toBe(0);
    expect(start(['audit', 'rms-by-cli']).status).toBe(0);
  });

  test('without tfjs a model is not read, and the line that installs it is named', () => {
    const folder = mkdtempSync(join(tmpdir(), 'alone-'));
    try {
      cpSync(installed(), folder, { recursive: true });
      writeFileSync(join(folder, 'model.json'), SAVED_MODEL);
      const args = [join(folder, manifest().bin['tfjs-normalization'] as string), 'describe', folder];
      const { status, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
      expect({ status, stderr }).toEqual({
        status: 1,
        stderr: expect.stringMatching(/^error: reading models needs @tensorflow\/tfjs-.*npm install @tensorflow.*\n$/),
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('brings the licence of every library that is inside it', () => {
    const licences = readFileSync(program().replace(/\.js$/, '.licenses.txt'), 'utf8');
    const found = [...licences.matchAll(/^Name: (.*)$/gm)].map(([, name]) => name);
    expect(found.sort()).toEqual(LIBRARIES);
    expect(licences.match(/^License Text:$/gm)).toHaveLength(LIBRARIES.length);
    expect(licences).toContain('TJ Holowaychuk');
    expect(licences).toContain('Oleksii Raspopov');
  });

  test('imports nothing but Node and built modules', () => {
    const imports = [...readFileSync(program(), 'utf8').matchAll(/^import .* from '([^']+)';$/gm)].map(
      ([, name]) => name,
    );
    expect(imports.filter((name) => name !== './guide/index.js' && !isBuiltin(name as string))).toEqual([]);
    expect(imports).toContain('./guide/index.js');
    expect(run(process.execPath, ['--check', program()])).toBe('');
  });
});
