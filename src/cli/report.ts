/** A recommendation as text. */
import type { Alternative, Note, Recommendation } from '../guide/index.js';
import { beside, columns, type Paper, paragraph, section } from './print.js';
import { sourceText } from './words.js';

/** The call of the norm's factory as the program has it, up to the parenthesis that closes it. */
function callIn(code: string): string | undefined {
  const name = /import \{ (\w+) \} from 'tfjs-normalization'/.exec(code)?.[1];
  const start = name ? code.indexOf(`${name}(`) : -1;
  if (start < 0) return undefined;
  let depth = 0;
  for (let i = start; i < code.length; i++) {
    if (code[i] === '(') depth++;
    if (code[i] === ')' && --depth === 0) return code.slice(start, i + 1);
  }
  return undefined;
}

function headline(paper: Paper, { norm, code }: Recommendation): string[] {
  const lines = paragraph(paper, `${norm}  ${callIn(code) ?? 'no normalization'}`, 0);
  const [first = '', ...rest] = lines;
  const { bold, green } = paper.colors;
  return [`${bold(green(norm))}${first.slice(norm.length)}`, ...rest];
}

const noteLines = (paper: Paper, { id, text, source }: Note): string[] => [
  ...paragraph(paper, text),
  ...paragraph(paper, `${id}: ${sourceText(source)}`, 4, paper.colors.dim),
];

const winsText = (wins: NonNullable<Alternative['wins']>): string =>
  Object.entries(wins)
    .map(([name, value]) => `would win if ${name} = ${value}`)
    .join(', ');

function alternativeLines(paper: Paper, column: number, { norm, trade, wins, source }: Alternative): string[] {
  const { colors } = paper;
  return [
    ...beside(paper, norm, trade, column, colors.cyan),
    ...(wins ? paragraph(paper, winsText(wins), column) : []),
    ...paragraph(paper, sourceText(source), column, colors.dim),
  ];
}

function alternativesText(paper: Paper, alternatives: readonly Alternative[]): string[] {
  const column = 4 + Math.max(...alternatives.map(({ norm }) => norm.length));
  return alternatives.flatMap((alternative) => alternativeLines(paper, column, alternative));
}

type Cost = NonNullable<Recommendation['cost']>;

/** Weights are counted for each channel: without channels their number is open. */
const figure = (value: number | null, open = 'depends on channels'): string =>
  value === null ? open : value.toLocaleString('en');

const phases = ({ training, inference }: Cost['multiplyAddsPerValue']): string =>
  `${figure(training)} in training, ${figure(inference)} in inference`;

/** Backends that start as many programs share a line. */
function programRows(dispatches: Cost['dispatches']): string[][] {
  const byFigures = new Map<string, string[]>();
  for (const [backend, counts] of Object.entries(dispatches)) {
    const figures = phases(counts);
    byFigures.set(figures, [...(byFigures.get(figures) ?? []), backend]);
  }
  return [...byFigures].map(([figures, backends]) => ['programs', `${figures}: ${backends.join(', ')}`]);
}

function costLines(paper: Paper, cost: Cost): string[] {
  const rows = [
    ['multiply-adds per value', phases(cost.multiplyAddsPerValue)],
    ['means and variances', figure(cost.statistics, 'depends on the shape')],
    ['parameters', figure(cost.parameters)],
    ['moving statistics', figure(cost.movingStatistics)],
    ['depends on the batch', `${cost.dependsOnBatch ? 'yes' : 'no'}, in training`],
    ['inference', cost.differsInInference ? 'uses moving statistics' : 'as training'],
    ['folds into the layer before', cost.folds ? 'yes' : 'no'],
    ...programRows(cost.dispatches),
  ];
  return [...columns(paper, rows).flat(), ...cost.notes.flatMap((note) => noteLines(paper, note))];
}

/** All of a recommendation, wrapped to the paper; lines of code stay as long as they are. */
export function report(paper: Paper, found: Recommendation): string[] {
  const notes = (list: readonly Note[]) => list.flatMap((note) => noteLines(paper, note));
  return [
    ...headline(paper, found),
    ...section(paper, 'Why', notes(found.reasons)),
    ...section(paper, 'Placement', notes(found.placement)),
    ...section(paper, 'Alternatives', alternativesText(paper, found.alternatives)),
    ...section(paper, 'Warnings', notes(found.warnings)),
    ...section(paper, 'Cost', found.cost ? costLines(paper, found.cost) : []),
    ...section(
      paper,
      'Code',
      found.code.split('\n').map((line) => `  ${line}`.trimEnd()),
    ),
  ];
}
