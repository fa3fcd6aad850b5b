import { COMMANDS } from '../../src/cli/commands/index.js';
import { FACTS } from '../../src/guide/index.js';
import { inExamples } from './examples.js';
import { cli, linesIn, runLine } from './run.js';

const output = { write: () => {} };
const host = { stdin: { [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: '' }) }) } };
const names = COMMANDS.map((make) =>
  make({ ...host, stdout: output, stderr: output, env: {}, version: '' } as never).name(),
);

inExamples();

describe('help', () => {
  test.each([[], ['--help'], ['-h'], ['help']])('of the program: %s', async (...args) => {
    const { code, stdout, stderr } = await cli(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const name of names) expect(stdout).toMatch(new RegExp(`^  ${name} [[<]`, 'm'));
  });

  test.each([[[]], ...names.map((name) => [[name]])])('of %j has a description and examples that run', async (path) => {
    const { code, stdout } = await cli([...path, '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Usage: .*\n\n\w/);
    const examples = linesIn(stdout.split('\nExamples:\n')[1] ?? '');
    expect(examples.length).toBeGreaterThan(1);
    for (const line of examples) {
      expect(line).toContain(path.join(' '));
      expect({ line, ...(await runLine(line)) }).toMatchObject({
        code: 0,
        stderr: '',
        stdout: expect.stringMatching(/\S/),
      });
    }
  });

  test('of recommend says every fact, and that some can be denied', async () => {
    const text = (await cli(['recommend', '--help'])).stdout.replace(/\s+/g, ' ');
    for (const { means } of Object.values(FACTS)) expect(text).toContain(means);
    expect(text).toContain(' --[no-]real-time ');
    expect(text).not.toContain('--no-real-time ');
  });

  test('is as wide as the terminal', async () => {
    const longest = async (terminal: number) =>
      Math.max(
        ...(await cli(['recommend', '-h'], { terminal, env: { NO_COLOR: '1' } })).stdout
          .split('\n')
          .map((l) => l.length),
      );
    expect(await longest(100)).toBeGreaterThan(await longest(80));
  });
});

test.each(['-v', '--version'])('%s', async (flag) => {
  expect(await cli([flag])).toEqual({ code: 0, stdout: '1.2.3\n', stderr: '' });
});

test.each([
  ['help recomend', 'there is no such command. Run `tfjs-normalization --help` to see what there is.'],
  [
    'recomend',
    "unknown command 'recomend'. Did you mean recommend? Run `tfjs-normalization --help` to see what there is.",
  ],
  ['--jsn', "unknown option '--jsn'. Run `tfjs-normalization --help` to see what there is."],
])('%s', async (words, message) => {
  expect(await cli(words.split(' '))).toEqual({ code: 1, stdout: '', stderr: `error: ${message}\n` });
});

describe('colours', () => {
  const ESCAPE = '\u001b';
  const LINES = [
    ['recommend', '--architecture', 'cnn'],
    ['list'],
    ['list', 'rules'],
    ['list', 'facts'],
    ['recommend', '-h'],
    ['nothing'],
  ];

  test.each(LINES.map((line) => [line]))('%j', async (line) => {
    const colored = async (around: object) => {
      const { stdout, stderr } = await cli(line, around);
      return (stdout + stderr).includes(ESCAPE);
    };
    expect(await colored({})).toBe(false);
    expect(await colored({ terminal: 80 })).toBe(true);
    expect(await colored({ env: { FORCE_COLOR: '1' } })).toBe(true);
    expect(await colored({ terminal: 80, env: { FORCE_COLOR: '0' } })).toBe(false);
    expect(await colored({ terminal: 80, env: { NO_COLOR: '1' } })).toBe(false);
    expect(await colored({ env: { NO_COLOR: '1', FORCE_COLOR: '1' } })).toBe(false);
    expect(await colored({ terminal: 80, env: { NO_COLOR: '' } })).toBe(true);
    expect(await colored({ terminal: 80, env: { TERM: 'dumb' } })).toBe(false);
  });

  test.each(LINES.map((line) => [line]))('%j: nothing but text where there is no terminal', async (line) => {
    const { stdout, stderr } = await cli(line);
    expect((stdout + stderr).replaceAll('\n', '')).not.toMatch(/\p{Cc}|\p{Co}/u);
  });

  test.each([['--json'], ['--code']])('never in %s', async (flag) => {
    const { stdout } = await cli(['recommend', '--architecture', 'cnn', flag], { terminal: 80 });
    expect(stdout).not.toContain(ESCAPE);
  });

  test('change no letter', async () => {
    const bare = (await cli(['recommend', '--architecture', 'rnn'])).stdout;
    const { stdout } = await cli(['recommend', '--architecture', 'rnn'], { env: { FORCE_COLOR: '1' } });
    expect(
      stdout
        .split(ESCAPE)
        .map((part, i) => (i > 0 ? part.replace(/^\[\d+m/, '') : part))
        .join(''),
    ).toBe(bare);
  });
});
