import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { whenInWords } from '../../src/cli/words.js';
import { OPTION_ROWS } from '../../src/guide/config.js';
import {
  CONFLICTS,
  NORMS,
  type NoteRow,
  PLACEMENT,
  RULES,
  SOURCES,
  type SourceId,
  WARNINGS,
} from '../../src/guide/index.js';
import { COST_NOTES } from '../../src/guide/notes.js';
import { codeIn, linksIn, readDoc, sectionsOf, tableOf } from './peers.js';

/** docs/guide.md is checked against the guide's data, row by row; nothing of it is generated. */
const text = readDoc('guide.md');
const section = (heading: string) => sectionsOf(text).get(heading) as string;
const rows = (heading: string) => tableOf(section(heading)).rows;

/** A source as the tables name it: its identifier, linked where there is an address. */
const named = (id: SourceId) => (SOURCES[id].url ? `[${id}](${SOURCES[id].url})` : id);

test('has its sections in order', () => {
  const headings = [
    'The tree',
    'Rules',
    'Reasons',
    'Where sources disagree',
    'Options',
    'Placement',
    'Warnings',
    'Cost',
    'Facts',
    'Sources',
  ];
  expect([...sectionsOf(text).keys()]).toEqual(headings);
});

test('lists every rule in order, with its conditions, choice, alternatives and source', () => {
  const expected = RULES.map(({ id, when, choose, alternatives, source }, i) => [
    String(i + 1),
    `\`${id}\``,
    whenInWords(when),
    typeof choose === 'string' ? choose : `what ${choose.fact} says`,
    alternatives.map(({ norm }) => norm).join(', ') || '–',
    named(source),
  ]);
  expect(rows('Rules')).toEqual(expected);
});

test('Reasons tells every reason, and what each alternative trades', () => {
  const lines = section('Reasons')
    .split('\n')
    .filter((line) => /^ *- /.test(line));
  const expected = RULES.flatMap(({ id, because, source, alternatives }) => [
    `- **${id}**: ${because} (${named(source)})`,
    ...alternatives.map((other) => {
      const where = other.when ? `; where ${whenInWords(other.when)}` : '';
      return `  - ${other.norm}: ${other.trade} (${named(other.source)}${where})`;
    }),
  ]);
  expect(lines).toEqual(expected);
});

test.each<[string, readonly NoteRow[]]>([
  ['Placement', PLACEMENT],
  ['Warnings', WARNINGS],
  ['Cost', COST_NOTES],
])('%s lists every note', (heading, notes) => {
  const expected = notes.map(({ id, when, text: says, source }) => [
    `\`${id}\``,
    whenInWords(when),
    says,
    named(source),
  ]);
  expect(rows(heading)).toEqual(expected);
});

test('Options lists every value', () => {
  const found = rows('Options').map(([option = '', when, value = '', says, source]) => {
    const literal = JSON.parse((codeIn(value)[0] ?? '').replace(/'/g, '"'));
    return [codeIn(option)[0], when, literal, says, source];
  });
  const expected = Object.entries(OPTION_ROWS).flatMap(([option, list]) =>
    list.map(({ when, value, text: says, source }) => [option, whenInWords(when), value, says, named(source)]),
  );
  expect(found).toEqual(expected);
});

test('Facts lists every conflict', () => {
  const expected = CONFLICTS.map(({ id, when, rule }) => [`\`${id}\``, whenInWords(when), rule]);
  expect(rows('Facts')).toEqual(expected);
});

test('Sources lists every source', () => {
  const lines = section('Sources')
    .split('\n')
    .filter((line) => line.startsWith('- '));
  const expected = Object.entries(SOURCES).map(
    ([id, { title, url }]) => `- ${id}: ${url ? `[${title}](${url})` : title}`,
  );
  expect(lines).toEqual(expected);
});

test('the prose names every norm it can choose, and every threshold of the rules', () => {
  const prose = section('The tree').toLowerCase();
  const thresholds = RULES.flatMap(({ when }) => when).flatMap(({ statisticsBatch: range }) =>
    range && 'atLeast' in range ? [range.atLeast] : [],
  );
  for (const threshold of new Set(thresholds)) expect(prose).toMatch(new RegExp(`\\b${threshold}\\b`));
  const chosen = new Set(RULES.map(({ choose }) => choose).filter((choose) => typeof choose === 'string'));
  for (const id of chosen) {
    if (id === 'none') continue;
    const words = (NORMS.find((row) => row.id === id)?.id ?? '').replace(
      /[A-Z]/g,
      (letter) => `-${letter.toLowerCase()}`,
    );
    expect(prose).toContain(`${words}`);
  }
});

test('the picture is there, and is that of the rules', () => {
  expect(linksIn(section('The tree'))).toContain('guide-tree.svg');
  const root = join(__dirname, '../..');
  const args = ['--import', 'tsx', 'scripts/guide-tree.ts', '--check'];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
});
