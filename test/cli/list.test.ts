import { FACTS, NORMS, RULES, SOURCES } from '../../src/guide/index.js';
import { cli } from './run.js';

const flat = (text: string) => text.replace(/\s+/g, ' ');
const textOf = async (...args: string[]) => (await cli(['list', ...args])).stdout;

describe('norms', () => {
  test.each(NORMS.map((row) => [row.id, row] as const))(
    '%s',
    async (id, { className, memory, paper, averagesOver }) => {
      const lines = (await textOf()).split('\n');
      const line = lines.findIndex((text) => text.startsWith(`  ${id} `));
      expect(lines[line]).toMatch(new RegExp(`^ {2}${id} +${className} +${memory ? 'yes' : 'no'} +`));
      for (const dimension of averagesOver.flat()) expect(lines.slice(line, line + 2).join(' ')).toContain(dimension);
      expect(flat(lines.slice(line).join(' '))).toContain(`${paper.title}, ${paper.year}, ${paper.url}`);
    },
  );

  test('are what is listed by itself', async () => expect(await textOf()).toBe(await textOf('norms')));
});

describe('rules', () => {
  test('all, in their order, with choice and source', async () => {
    const text = flat(await textOf('rules'));
    const at = RULES.map(({ id, choose }, i) =>
      text.indexOf(` ${i + 1}. ${id}: ${typeof choose === 'string' ? choose : 'what pretrained says'} `),
    );
    expect(at).toEqual([...at].sort((a, b) => a - b));
    expect(at).not.toContain(-1);
    for (const { source } of RULES) expect(text).toContain(flat(SOURCES[source].title));
  });

  test.each([
    ['pretrained-batch-frozen', 'pretrained is batch and statisticsBatch is fewer than 8'],
    ['pretrained', 'pretrained is given'],
    ['detection-segmentation', 'task is detection or segmentation and architecture is cnn'],
    ['cnn-large-batch', 'architecture is cnn and statisticsBatch is 16 or more'],
    ['cnn-middle-batch', 'architecture is cnn and statisticsBatch is 8 to 15'],
    ['speed', 'realTime is true; or priority is speed'],
    ['in-doubt', 'always'],
  ])('%s: %s', async (id, words) => {
    const rule = flat(await textOf('rules'))
      .split(/ \d+\. /)
      .find((text) => text.startsWith(`${id}:`));
    expect(rule).toContain(` ${words} `);
  });
});

describe('facts', () => {
  test.each(Object.entries(FACTS))('%s', async (name, row) => {
    const text = flat(await textOf('facts'));
    expect(text).toContain(` ${name} ${row.means} (`);
    if (row.kind === 'choice') expect(text).toContain(`(${row.values.join(', ')})`);
    if (row.kind === 'count') expect(text).toContain(`${row.means} (a whole number from ${row.least} `);
    for (const word of row.kind === 'count' ? (row.words ?? []) : []) expect(text).toContain(`, ${word})`);
  });
});

test.each([
  ['norms', NORMS],
  ['rules', RULES],
  ['facts', FACTS],
])('%s as JSON', async (what, data) => {
  const { code, stdout } = await cli(['list', what, '--json'], { env: { FORCE_COLOR: '1' } });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(data)));
});

test('another list: the choices', async () => {
  const { code, stderr } = await cli(['list', 'rule']);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^error: .* Allowed choices are norms, rules, facts\. Run `tfjs-normalization list --help` .*\n$/,
  );
});
