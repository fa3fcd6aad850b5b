import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Facts, recommendNormalization } from '../../src/guide/index.js';
import { installed, project, readJson, run, runNode } from './project.js';

const FACTS: Facts = { architecture: 'cnn', batchSize: 4, channels: 48 };
const FLAGS = ['recommend', '--architecture', 'cnn', '--batch-size', '4', '--channels', '48'];

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

  test('brings the licence of every library that is inside it', () => {
    const licences = readFileSync(program().replace(/\.js$/, '.licenses.txt'), 'utf8');
    const found = [...licences.matchAll(/^Name: (.*)$/gm)].map(([, name]) => name);
    expect(found.sort()).toEqual(['commander', 'picocolors']);
    expect(licences.match(/^License Text:$/gm)).toHaveLength(2);
    expect(licences).toContain('TJ Holowaychuk');
    expect(licences).toContain('Oleksii Raspopov');
  });

  test('imports nothing but Node and built modules', () => {
    const imports = [...readFileSync(program(), 'utf8').matchAll(/^import .* from '([^']+)';$/gm)].map(
      ([, name]) => name,
    );
    expect(imports.filter((name) => !/^(node:|\.\/guide\/index\.js$)/.test(name as string))).toEqual([]);
    expect(imports).toContain('./guide/index.js');
    expect(run(process.execPath, ['--check', program()])).toBe('');
  });
});
