import { flagName } from '../../src/cli/flags.js';
import { FACTS, type FactRow } from '../../src/guide/index.js';
import { blocks, inExamples, page } from './examples.js';
import { linesIn, runLine } from './run.js';

const lines = blocks('sh').flatMap(linesIn);

inExamples();

test('every command line of a sh block is found', () => {
  const said = (text: string) => text.match(/\btfjs-normalization\b/g) ?? [];
  expect(said(lines.join('\n'))).toHaveLength(said(blocks('sh').join('')).length);
  expect(lines.length).toBeGreaterThan(5);
});

/** The inputs of the examples are not those that the model's statistics are of: the audit says so. */
const codeOf = (line: string) => (/ audit .*--data/.test(line) ? 1 : 0);

test.each(lines.map((line) => [line]))('%s', async (line) => {
  expect(await runLine(line)).toMatchObject({ code: codeOf(line), stderr: '', stdout: expect.stringMatching(/\S/) });
});

/** What stands in the table for a fact. */
function rowOf(name: string, row: FactRow): string {
  const flag = flagName(name);
  if (row.kind === 'flag') return `| \`--${flag}\`, \`--no-${flag}\` | ${row.means} | |`;
  if (row.kind === 'choice') return `| \`--${flag}\` | ${row.means} | ${row.values.join(', ')} |`;
  const words = (row.words ?? []).map((word) => `, ${word}`).join('');
  return `| \`--${flag}\` | ${row.means} | ${row.least}${row.most === undefined ? ' or more' : ` to ${row.most}`}${words} |`;
}

test('the table is the facts', () => {
  const rows = page.split('\n').filter((line) => line.startsWith('| `--'));
  expect(rows).toEqual(Object.entries(FACTS).map(([name, row]) => rowOf(name, row)));
});

/** `$ line` and what follows it, for all text blocks that show no errors. */
const shown = blocks('text').filter((text) => !text.includes('\nerror: '));

/** Times are never the same again; neither are spaces beside them. */
const timeless = (text: string) =>
  text
    .replace(/\b[\d.e-]+ (ms|times as fast|runs)/g, '# $1')
    .replace(/\b0\.\d{3,4}(?= +\d+$)/gm, '#') // seconds an epoch
    .replace(/\b\d+ runs/g, '# runs')
    .replace(/ +/g, ' ');

test.each(shown.map((text) => [text.split('\n')[0] as string, text]))(
  '%s: the output that comes',
  async (line, text) => {
    const { stdout, stderr } = await runLine(line.replace('$ ', ''));
    const [upToDots = ''] = text.slice(line.length + 1).split('…\n');
    expect(upToDots.length).toBeGreaterThan(150);
    expect(stderr).toBe('');
    const [expected, received] = [timeless(upToDots), timeless(stdout)];
    expect(received.slice(0, expected.length)).toBe(expected);
  },
);

test('the errors shown are the errors that come', async () => {
  const [errors = ''] = blocks('text').filter((text) => text.includes('\nerror: '));
  const lines = errors.trim().split('\n');
  expect(lines.length).toBeGreaterThan(3);
  for (let i = 0; i < lines.length; i += 2) {
    const { code, stderr } = await runLine((lines[i] as string).replace('$ ', ''));
    expect({ code, stderr }).toEqual({ code: 1, stderr: `${lines[i + 1]}\n` });
  }
});
