import { Help } from 'commander';
import { type Colors, colorsFor, type Host, widthOf } from './host.js';

/** What a text is laid out for. */
export interface Paper {
  readonly width: number;
  readonly colors: Colors;
}

export const paperFor = ({ stdout, env }: Host): Paper => ({ width: widthOf(stdout), colors: colorsFor(stdout, env) });

const help = new Help();
help.minWidthToWrap = 1; // its own 40 would leave what stands beside a label unwrapped

/** Stands for the space of `24 %` while lines are broken. */
const GLUE = '\uE000';

/** Lines of at most `width` characters; a word longer than that has a line to itself, and a number keeps its unit. */
function wrap(text: string, width: number): string[] {
  const lines = help.boxWrap(text.replace(/(?<=\d) (?=%)/g, GLUE), width);
  return lines.replaceAll(GLUE, ' ').split('\n');
}

type Paint = (text: string) => string;
const plain: Paint = (text) => text;

/** Text in lines of its own. Painted line by line, so that no colour runs into the margin. */
export const paragraph = ({ width }: Paper, text: string, indent = 2, paint: Paint = plain): string[] =>
  wrap(text, width - indent).map((line) => ' '.repeat(indent) + paint(line));

/** Text beside its label; where it wraps, it stays in its column. */
export function beside(paper: Paper, label: string, text: string, column: number, paint: Paint = plain): string[] {
  const [first = '', ...rest] = paragraph(paper, text, column);
  const room = Math.max(0, column - 2 - label.length);
  return [`  ${paint(label)}${' '.repeat(room)}${first.slice(column)}`, ...rest];
}

/** Rows under each other, each as its lines: the first cell is painted, the last one wraps. */
export function columns(paper: Paper, rows: readonly (readonly string[])[], paint: Paint = plain): string[][] {
  const widest = (i: number) => Math.max(...rows.map((cells) => (cells[i] ?? '').length));
  const widths = (rows[0] ?? []).slice(0, -1).map((_, i) => widest(i));
  const column = 2 + widths.reduce((all, width) => all + width + 2, 0);
  return rows.map((cells) => {
    const label = widths.map((width, i) => (cells[i] ?? '').padEnd(width)).join('  ');
    const [line = '', ...rest] = beside(paper, label, cells.at(-1) ?? '', column);
    const end = 2 + (cells[0] ?? '').length;
    return [`  ${paint(line.slice(2, end))}${line.slice(end)}`.trimEnd(), ...rest];
  });
}

/** A heading with its lines; nothing where there are none. */
export const section = ({ colors }: Paper, title: string, lines: readonly string[]): string[] =>
  lines.length > 0 ? ['', colors.bold(title), ...lines] : [];

/** One line that no terminal obeys: errors may quote a file. */
export const oneLine = (text: string): string => text.replace(/[\p{C}\s]+/gu, ' ').trim();

const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Lines of a text that quotes a model, whose names no terminal obeys. */
export const linesOf = (text: string): string[] => text.split('\n').map((line) => line.replace(UNSEEN, '·'));

/** JSON of which a terminal shows every character. Beyond the first plane nothing is unseen but tags: they stay. */
export const json = (value: unknown): string =>
  `${JSON.stringify(value, null, 2).replace(/[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f]/g, escaped)}\n`;
export const text = (lines: readonly string[]): string => `${lines.join('\n')}\n`;
