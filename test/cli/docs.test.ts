import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { flagName } from '../../src/cli/flags.js';
import { FACTS, type FactRow } from '../../src/guide/index.js';
import { linesIn, runLine } from './run.js';

const page = readFileSync(join(__dirname, '../../docs/cli.md'), 'utf8');
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, text = '']) => text);

const lines = blocks('sh').flatMap(linesIn);

let folder: string;
const home = process.cwd();
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cli-'));
  writeFileSync(join(folder, 'facts.json'), blocks('json')[0] ?? '');
  process.chdir(folder); // the page reads a file beside it
});
afterAll(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

test('every command line of a sh block is found', () => {
  const said =
    blocks('sh')
      .join('')
      .match(/\btfjs-normalization\b/g) ?? [];
  expect(lines).toHaveLength(said.length);
  expect(lines.length).toBeGreaterThan(5);
});

test.each(lines.map((line) => [line]))('%s', async (line) => {
  expect(await runLine(line)).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/\S/) });
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

test('the output shown is the beginning of what comes', async () => {
  const [shown = ''] = blocks('text');
  const [line = '', ...output] = shown.split('\n');
  const { stdout } = await runLine(line.replace('$ ', ''));
  const upToDots = output.join('\n').split('\n…')[0] as string;
  expect(upToDots.length).toBeGreaterThan(200);
  expect(stdout.startsWith(upToDots)).toBe(true);
});

test('the errors shown are the errors that come', async () => {
  const shown = (blocks('text')[1] ?? '').trim().split('\n');
  expect(shown.length).toBeGreaterThan(3);
  for (let i = 0; i < shown.length; i += 2) {
    const { code, stderr } = await runLine((shown[i] as string).replace('$ ', ''));
    expect({ code, stderr }).toEqual({ code: 1, stderr: `${shown[i + 1]}\n` });
  }
});
