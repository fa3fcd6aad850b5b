import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { NORMS, type NormRow, type OptionValue } from '../../src/norms.js';
import { blocksIn, codeIn, linksIn, longLines, PEERS, readDoc, sectionsOf, tableOf } from './peers.js';

/** The page of a norm is checked against its row of the table, not generated from it. */
const HEADINGS = [
  'Formula',
  'When',
  'When not',
  'Options',
  'Shapes',
  'Saved as',
  'Differences',
  'Example',
  'Reference',
];

const pageOf = ({ id }: NormRow) => readDoc(`norms/${id}.md`);
const sectionOf = (row: NormRow, heading: string) => sectionsOf(pageOf(row)).get(heading) as string;

/** How a table may print a default: `0.001` or `1e-3`, lists with single quotes. */
function spellings(value: OptionValue): string[] {
  const shown = JSON.stringify(value).replace(/"/g, "'").replace(/,/g, ', ');
  return [shown, typeof value === 'number' ? value.toExponential().replace('e+0', '') : shown];
}

describe.each(NORMS.map((row) => [row.id, row] as const))('docs/norms/%s.md', (id, row) => {
  const peer = PEERS[id];

  test('has a sentence of introduction and every heading, in the order of all pages', () => {
    expect([...sectionsOf(pageOf(row)).keys()]).toEqual(HEADINGS);
    const [title, introduction] = pageOf(row).split('\n\n');
    expect(title).toMatch(/^# .+ normalization$/);
    expect(introduction).toMatch(/[Aa]verages [^.]+\.$/);
    for (const heading of HEADINGS) expect(sectionOf(row, heading).trim()).not.toBe('');
  });

  test('has a row for every option with its default, and no other', () => {
    const { head, rows } = tableOf(sectionOf(row, 'Options'));
    expect(head).toEqual(['here', 'default', 'Keras', 'PyTorch']);
    const wrapped = row.of === 'weights' ? [['`layer`', 'required']] : [];
    const expected = Object.entries(row.defaults).map(([option, value], i) => {
      const shown = rows[i + wrapped.length]?.[1]?.slice(1, -1) as string;
      return [`\`${option}\``, `\`${spellings(value).includes(shown) ? shown : spellings(value)[0]}\``];
    });
    expect(rows.map((cells) => cells.slice(0, 2))).toEqual([...wrapped, ...expected]);
  });

  test('gives the names and defaults of Keras and PyTorch', () => {
    const { rows } = tableOf(sectionOf(row, 'Options'));
    for (const [option, { keras, torch, kept, named = [] }] of Object.entries(peer.options)) {
      const [, , inKeras = '', inTorch = ''] = rows.find((cells) => cells[0] === `\`${option}\``) ?? [];
      if (keras) expect(inKeras).toContain(keras);
      if (torch) expect(inTorch).toContain(torch);
      if (kept !== undefined && Number(torch) !== kept) expect(inTorch).toMatch(/the other share/);
      for (const name of named) expect(codeIn(`${inKeras} ${inTorch}`)).toContain(name);
    }
  });

  test('names the classes in files, and the weights in their order', () => {
    const saved = sectionOf(row, 'Saved as');
    const classes = [row.className, ...row.aliases, ...(row.stockClassName ? [row.stockClassName] : [])];
    expect(codeIn(saved)).toEqual(expect.arrayContaining(classes));
    const [, line] = /^Weights in order: (.*)$/m.exec(saved) as RegExpExecArray;
    const names = row.weights.map(({ name }) => name);
    // A wrapper's own weights stand before and after those of the layer within.
    if (row.of === 'weights') expect(codeIn(line as string)).toEqual([...names, 'kernel', 'initialized']);
    else expect(line).toBe(`${names.map((name) => `\`${name}\``).join(', ')}.`);
  });

  test('says when another norm is better, with a link to its page', () => {
    const others = NORMS.filter((other) => other !== row).map((other) => `${other.id}.md`);
    const named = linksIn(sectionOf(row, 'When not'));
    expect(named.filter((link) => others.includes(link))).not.toEqual([]);
    expect(named.filter((link) => link === `${id}.md`)).toEqual([]);
  });

  test('has one example, which uses the norm', () => {
    expect(blocksIn(pageOf(row))).toEqual(blocksIn(sectionOf(row, 'Example')));
    const [block, ...more] = blocksIn(pageOf(row));
    expect(more).toEqual([]);
    expect(block).toMatch(new RegExp(`\\b${id}Normalization\\(`));
  });

  test('refers to the paper', () => {
    const reference = sectionOf(row, 'Reference').replace(/\s+/g, ' ');
    expect(reference).toContain(`*${row.paper.title}*, ${row.paper.year}, `);
    expect(reference.trim().endsWith(` ${row.paper.url}`)).toBe(true);
  });

  test('has links that lead somewhere, and lines that fit', () => {
    const broken = linksIn(pageOf(row)).filter((link) => !existsSync(join(__dirname, '../../docs/norms', link)));
    expect(broken).toEqual([]);
    expect(longLines(pageOf(row))).toEqual([]);
  });
});

test('docs/index.md lists every norm', () => {
  for (const { id } of NORMS) expect(readDoc('index.md')).toContain(`norms/${id}.md`);
});
