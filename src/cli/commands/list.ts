import { Argument } from 'commander';
import { FACTS, type FactRow, NORMS, RULES, type Rule, SOURCES } from '../../guide/index.js';
import { type MakeCommand, newCommand } from '../command.js';
import { beside, columns, json, type Paper, paperFor, paragraph, text } from '../print.js';
import { sourceText, whenInWords } from '../words.js';

const TEXT = {
  name: 'list',
  description: 'Lists the norms, the rules of the decision guide in their order, or the facts it can be told.',
  examples: [
    ['tfjs-normalization list', 'the norms, what they average over, and their papers'],
    ['tfjs-normalization list rules', 'the decision guide: the first rule that holds decides'],
    ['tfjs-normalization list facts --json', 'the facts and their values, for a program'],
  ],
} as const;

function norms(paper: Paper): string[] {
  const { bold, cyan, dim } = paper.colors;
  const cells = NORMS.map(({ id, className, memory, averagesOver }) => [
    id,
    className,
    memory ? 'yes' : 'no',
    averagesOver.map((dimensions) => dimensions.join(' × ')).join(', '),
  ]);
  const [head = [], ...rows] = columns(paper, [['norm', 'class', 'memory', 'averages over'], ...cells], cyan);
  const papers = NORMS.map((row) => paragraph(paper, sourceText(row.paper), 4, dim));
  return [...head.map(bold), ...rows.flatMap((lines, i) => [...lines, ...(papers[i] ?? [])])];
}

const PREFACE =
  'The first rule that holds decides. statisticsBatch are the examples that share statistics: batchSize, or where ' +
  'statistics are synchronized that of all devices together. What is not given is unknown.';

const choiceOf = ({ choose }: Rule): string => (typeof choose === 'string' ? choose : `what ${choose.fact} says`);

function rules(paper: Paper): string[] {
  const { cyan, dim } = paper.colors;
  const column = 2 + 4;
  const lines = RULES.flatMap((rule, i) => [
    ...beside(paper, `${i + 1}.`, `${rule.id}: ${choiceOf(rule)}`, column, cyan),
    ...paragraph(paper, whenInWords(rule.when), column),
    ...paragraph(paper, sourceText(SOURCES[rule.source]), column, dim),
  ]);
  return [...paragraph(paper, PREFACE, 0), '', ...lines];
}

const VALUES: { readonly [K in FactRow['kind']]: (row: FactRow & { kind: K }) => string } = {
  choice: ({ values }) => values.join(', '),
  flag: () => 'true, false',
  count: ({ least, most, words = [] }) =>
    [most === undefined ? `a whole number from ${least} on` : `a whole number from ${least} to ${most}`, ...words].join(
      ', ',
    ),
};

function facts(paper: Paper): string[] {
  const rows = Object.entries(FACTS).map(([name, row]) => [name, `${row.means} (${VALUES[row.kind](row as never)})`]);
  return columns(paper, rows, paper.colors.cyan).flat();
}

/** What can be listed: the data, and how it reads. */
const LISTS = {
  norms: { data: NORMS, lines: norms },
  rules: { data: RULES, lines: rules },
  facts: { data: FACTS, lines: facts },
} as const;

export const list: MakeCommand = (host) =>
  newCommand(host, TEXT)
    .addArgument(new Argument('[what]', 'what to list').choices(Object.keys(LISTS)).default('norms'))
    .option('--json', 'print the data as JSON')
    .action((what: keyof typeof LISTS, options: { readonly json?: true }) => {
      const { data, lines } = LISTS[what];
      host.stdout.write(options.json ? json(data) : text(lines(paperFor(host))));
    });
