import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { flagName } from '../../src/cli/flags.js';
import { FACTS, type FactName, type Facts, recommendNormalization } from '../../src/guide/index.js';
import { cli, processLess } from './run.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cli-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const jsonOf = (facts: object) => `${JSON.stringify(recommendNormalization(facts as Facts), null, 2)}\n`;

/** Every value of every fact, with facts that go with it. */
const VALUES = (Object.keys(FACTS) as FactName[]).flatMap((name): (readonly [FactName, unknown])[] => {
  const row = FACTS[name];
  if (row.kind === 'choice') return row.values.map((value) => [name, value] as const);
  if (row.kind === 'flag') return [true, false].map((value) => [name, value] as const);
  return [row.least, row.most ?? 64, ...(row.words ?? [])].map((value) => [name, value] as const);
});

function around(name: FactName, value: unknown): Record<string, unknown> {
  if (name === 'era' || value === 'languageModel') return { architecture: 'transformer' };
  if (name === 'synchronized') return { architecture: 'cnn', devices: 2 };
  const spaceless = name === 'rank' || value === 'audioGeneration' || value === 'sequence';
  return { architecture: spaceless ? 'feedForward' : 'cnn' };
}

function flags(facts: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(facts).flatMap(([name, value]) => {
    if (typeof value === 'boolean') return [`--${value ? '' : 'no-'}${flagName(name)}`];
    return [`--${flagName(name)}`, String(value)];
  });
}

describe('facts', () => {
  test.each(VALUES)('%s: %s as a flag', async (name, value) => {
    const facts = { ...around(name, value), [name]: value };
    const { code, stdout, stderr } = await cli(['recommend', ...flags(facts), '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(jsonOf(facts));
  });

  test('no fact is called as another flag', () => {
    expect(Object.keys(FACTS).filter((name) => ['json', 'code', 'help'].includes(name))).toEqual([]);
  });

  test('from a file, from standard input, and flags that win over them', async () => {
    const facts = { architecture: 'cnn', batchSize: 2, online: true };
    const path = file('facts.json', `\uFEFF${JSON.stringify(facts)}`);
    const changed = { ...facts, online: false, batchSize: 32 };
    const other = ['--no-online', '--batch-size', '32', '--json'];
    expect((await cli(['recommend', path, '--json'])).stdout).toBe(jsonOf(facts));
    expect((await cli(['recommend', path, ...other])).stdout).toBe(jsonOf(changed));
    expect((await cli(['recommend', '-', '--json'], { stdin: JSON.stringify(facts) })).stdout).toBe(jsonOf(facts));
    expect((await cli(['recommend', '-', ...other], { stdin: JSON.stringify(facts) })).stdout).toBe(jsonOf(changed));
  });
});

describe('text', () => {
  const FLAGS = ['recommend', '--architecture', 'cnn', '--batch-size', '12', '--channels', '48'];
  const found = recommendNormalization({ architecture: 'cnn', batchSize: 12, channels: 48 });
  const flat = (text: string) => text.replace(/\s+/g, ' ');

  test('says all of a recommendation', async () => {
    const { stdout } = await cli(FLAGS);
    expect(stdout.split('\n')[0]).toBe('group  groupNormalization({ groups: 24, epsilon: 1e-5 })');
    for (const { id, text, source } of [...found.reasons, ...found.placement, ...found.warnings]) {
      for (const part of [text, `${id}: ${source.title}`]) expect(flat(stdout)).toContain(flat(part));
      if (source.url) expect(flat(stdout)).toContain(`${source.year ?? source.title}, ${source.url}`);
    }
    for (const { norm, trade } of found.alternatives) expect(flat(stdout)).toContain(flat(`${norm} ${trade}`));
    expect(stdout).toContain('would win if batchSize = 16\n');
    expect(stdout).toMatch(/parameters +96\n +moving statistics +0\n +depends on the batch +no, in training\n/);
    expect(stdout).toMatch(/multiply-adds per value +4 in training, 4 in inference\n/);
    for (const backend of Object.keys(found.cost?.dispatches ?? {})) expect(stdout).toContain(backend);
    for (const line of found.code.split('\n').filter(Boolean)) expect(stdout).toContain(`\n  ${line}\n`);
  });

  test.each([
    ['80 columns without a terminal', undefined, 80],
    ['the terminal’s', 76, 76],
    ['100 columns at most', 300, 100],
  ])('is wrapped to %s', async (_, terminal, most) => {
    const { stdout } = await cli(FLAGS, { env: { NO_COLOR: '1' }, ...(terminal ? { terminal } : {}) });
    const [prose = ''] = stdout.split('\nCode\n');
    const longest = Math.max(...prose.split('\n').map((line) => line.length));
    expect(longest).toBeLessThanOrEqual(most);
    expect(longest).toBeGreaterThan(most - 12);
  });

  test('an unknown number of channels is no number', async () => {
    const { stdout } = await cli(['recommend', '--architecture', 'cnn']);
    expect(stdout).toMatch(/parameters +depends on channels\n/);
  });

  test('no normalization has no cost', async () => {
    const { stdout } = await cli(['recommend', '--architecture', 'cnn', '--position', 'beforeOutput']);
    expect(stdout).toMatch(/^none {2}no normalization\n/);
    expect(stdout).not.toMatch(/^Cost$|null|undefined/m);
  });

  test('a call with brackets in it is whole', async () => {
    const { stdout } = await cli(['recommend', '--architecture', 'cnn', '--gradient-penalty']);
    expect(flat(stdout)).toMatch(/^weight weightNormalization\(\{ layer: tf\.layers\.conv2d\(\{ .* \}\), .* \}\) Why/);
  });

  test('--code is the program alone', async () => {
    expect((await cli([...FLAGS, '--code'])).stdout).toBe(`${found.code}\n`);
  });
});

describe('errors', () => {
  const FILE_ADVICE =
    'Give a JSON file like { "architecture": "cnn", "batchSize": 4 }, - for standard input, or flags.';
  const HELP = 'Run `tfjs-normalization recommend --help` to see what there is.';
  const cnn = ['--architecture', 'cnn'];

  async function errorOf(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await cli(['recommend', ...args]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^error: .*\n$/); // one line
    return stderr;
  }

  test.each([
    ['an unknown flag', ['--batchsize', '4'], `unknown option '--batchsize'. Did you mean --batch-size? ${HELP}`],
    ['a flag like none', ['--quux'], `unknown option '--quux'. ${HELP}`],
    ['a flag without its value', ['--task'], `option '--task <name>' argument missing. ${HELP}`],
    ['two files', ['a', 'b'], `too many arguments for 'recommend'. Expected 1 argument but got 2. ${HELP}`],
    ['two outputs', ['--json', '--code'], `option '--json' cannot be used with option '--code'. ${HELP}`],
    ['no such file', ['nowhere.json'], `nowhere.json cannot be read: there is no such file. ${FILE_ADVICE}`],
    ['a folder', [__dirname], `${__dirname} cannot be read: it is a folder. ${FILE_ADVICE}`],
  ])('%s', async (_, args, message) => {
    expect(await errorOf(...args)).toBe(`error: ${message}\n`);
  });

  test.each([
    ['a value', ['--architecture', 'cn'], 'Did you mean `cnn`? Use one of cnn, feedForward, rnn, '],
    [
      'a number',
      [...cnn, '--batch-size', '-1'],
      'must be a whole number from 1 on or \'variable\'. Received batchSize="-1"',
    ],
    ['a fraction', [...cnn, '--rank', '2.5'], 'rank must be a whole number from 2 to 6. Received rank="2.5"'],
    ['a conflict', [...cnn, '--era', 'modern'], "Leave era out, or use architecture: 'transformer'."],
    ['nothing known', [], 'architecture must be given'],
  ])('of the guide: %s', async (_, args, part) => {
    expect(await errorOf(...args)).toMatch(/^error: \[guide\] /);
    expect(await errorOf(...args)).toContain(part);
  });

  test.each([
    ['no JSON', 'architecture: cnn', 'is not JSON ('],
    ['not UTF-8', Buffer.from('{ "architecture": "caf\u00e9" }', 'latin1'), 'is not JSON ('],
    ['a list', '[{ "architecture": "cnn" }]', 'holds no JSON object.'],
    ['null', 'null', 'holds no JSON object.'],
    ['a fact that is a list', `{ "architecture": ${'['.repeat(1e5)}${']'.repeat(1e5)} }`, 'a fact is one value.'],
    ['1 MB and more', `{ "architecture": "${'a'.repeat(1e6)}" }`, 'is larger than 1 MB'],
  ])('a file: %s', async (name, text, part) => {
    const error = await errorOf(file('wrong.json', text));
    expect(error).toContain(`wrong.json${name === 'a fact that is a list' ? ' holds a list' : ''}`);
    expect(error).toContain(part);
    expect(error).toContain(FILE_ADVICE);
  });

  test.each([
    [
      'an unknown fact',
      '{ "architecture": "cnn", "batch_size": 2 }',
      'unknown fact. Received fact="batch_size". Did you mean `batchSize`?',
    ],
    ['a prototype', '{ "architecture": "cnn", "__proto__": 2 }', 'unknown fact. Received fact="__proto__"'],
    ['a value of the wrong type', '{ "architecture": "cnn", "online": "yes" }', 'online must be true or false'],
  ])('a file: %s, in the guide’s words', async (_, text, part) => {
    expect(await errorOf(file('facts.json', text))).toContain(`error: [guide] ${part}`);
  });

  test('what a file says is not obeyed by the terminal', async () => {
    const error = await errorOf(file('codes.json', '{\u001b[2J\u009b2J\r\n'));
    expect(error.trimEnd()).not.toMatch(/\p{Cc}/u);
  });

  test('what is no fault of the user is thrown', async () => {
    const broken = { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new TypeError('broken')) }) };
    const { main } = await import('../../src/cli/main.js');
    const output = { write: () => {} };
    const host = { ...processLess, stdin: broken, stdout: output, stderr: output, env: {}, version: '0' };
    await expect(main(['recommend', '-'], host)).rejects.toThrow('broken');
  });
});
