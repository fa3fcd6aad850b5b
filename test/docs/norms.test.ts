import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NORMS } from '../../src/norms.js';

/** The page of a norm is checked against its row of the table, not generated from it. */
const page = (id: string) => join(__dirname, '../../docs/norms', `${id}.md`);

test.each(NORMS.map((row) => [row.id, row] as const))('docs/norms/%s.md tells the truth', (id, row) => {
  expect(existsSync(page(id))).toBe(true);
  const text = readFileSync(page(id), 'utf8');
  for (const heading of ['## Formula', '## Shapes', '## Options', '## When', '## Reference'])
    expect(text).toContain(heading);
  for (const name of [row.className, ...row.aliases, ...(row.stockClassName ? [row.stockClassName] : [])]) {
    expect(text).toContain(`\`${name}\``);
  }
  for (const [option, value] of Object.entries(row.defaults)) {
    const shown = JSON.stringify(value).replace(/"/g, "'").replace(/,/g, ', ');
    const spellings = [shown, typeof value === 'number' ? value.toExponential().replace('e+0', '') : shown];
    const found = spellings.some((s) => text.includes(`| \`${option}\` | \`${s}\``));
    if (!found) throw new Error(`docs/norms/${id}.md lacks the row | \`${option}\` | \`${spellings[0]}\``);
  }
  for (const weight of row.weights) expect(text).toContain(`\`${weight.name}\``);
  expect(text).toContain(row.paper.url);
});

test('docs/index.md lists every norm', () => {
  const text = readFileSync(join(__dirname, '../../docs/index.md'), 'utf8');
  for (const { id } of NORMS) expect(text).toContain(`norms/${id}.md`);
});
