import Table from 'cli-table3';
import type { CandidateName } from './candidates/types.js';
import { type Goal, type Judged, judge } from './goals.js';
import { type Machine, machineLines } from './machine.js';
import { find, type Measured, peakShare, type Result, ratio } from './results.js';
import { putSection } from './section.js';

/** A table before it has a form: text on a terminal, Markdown in a file. */
export interface Grid {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly notes: readonly string[];
}

const NONE = '–';

/** Three digits that count, without exponents. */
export function digits(value: number | undefined): string {
  if (value === undefined) return NONE;
  if (value === 0) return '0';
  return value >= 100 ? value.toFixed(0) : value.toPrecision(value >= 1 ? 3 : 2);
}

const time = (ms: number) => (ms < 0.1 ? `${digits(1000 * ms)} µs` : `${digits(ms)} ms`);
const error = (value: number | undefined) => (value === undefined ? NONE : value.toExponential(1));

/** What the time of a pass is first held against: what it cannot do without. */
const floorOf = ({ pass }: Result): CandidateName => (pass === 'forward' ? 'relu' : 'traffic');

function row(result: Result, measured: Measured, peers: readonly CandidateName[]): string[] {
  const { name, median, deviation, dispatches, error: far } = measured;
  const spread = `±${Math.max(1, Math.round((100 * deviation) / median))} %`;
  const ratios = peers.map((peer) => digits(ratio(result, name, peer)));
  return [
    name,
    time(median),
    spread,
    ...ratios,
    dispatches?.toString() ?? NONE,
    digits(peakShare(result, measured)),
    error(far),
  ];
}

/** Few kernels can be named; of hundreds the most frequent. */
function kernelLine({ name, kernels, dispatches }: Measured): string {
  const counts = Object.entries(kernels ?? {}).sort(([, a], [, b]) => b - a);
  const shown = counts.slice(0, 8).map(([kernel, count]) => (count > 1 ? `${count} ${kernel}` : kernel));
  const rest = counts.length > shown.length ? `, … (${counts.length} kinds)` : '';
  return `${name} dispatches ${dispatches}: ${shown.join(', ')}${rest}`;
}

function notesOf(result: Result): string[] {
  const ours = result.candidates.filter(({ name }) => name === 'op' || name === 'layer');
  const notes = result.candidates.flatMap(({ name, note, call }) => {
    const whole = call === undefined ? '' : `; one call of run(): ${time(call)}`;
    return note ? [`${name}: ${note}${whole}`] : [];
  });
  const absent = result.absent.map(({ name, why }) => `${name}: ${why}`);
  return [...ours.map(kernelLine), ...notes, ...absent];
}

export function resultGrid(result: Result): Grid {
  const floor = floorOf(result);
  const peers: CandidateName[] = [floor, 'copy', 'baseline', 'ort-node'];
  const there = peers.filter((peer) => find(result, peer));
  const { name, pass, shape, note, backend, absent } = result;
  const missing = absent.map((one) => [one.name, one.why.startsWith('failed') ? 'failed' : 'not here']);
  const width = 6 + there.length;
  return {
    title: `${name} [${shape.join(', ')}] ${pass} on ${backend}: ${note}`,
    head: ['candidate', 'time', 'spread', ...there.map((peer) => `÷ ${peer}`), 'dispatches', 'peak ÷ x', 'error'],
    rows: [
      ...result.candidates.map((measured) => row(result, measured, there)),
      ...missing.map((cells) => [...cells, ...Array<string>(width - cells.length).fill(NONE)]),
    ],
    notes: notesOf(result),
  };
}

const MARKS = { met: '✓ met', reached: '○ research + 10 %', missed: '✗ missed' };

const whatOf = ({ of, per }: Goal) =>
  per === 'memory' ? `${of}, peak ÷ x` : per === 'dispatches' ? `${of}, dispatches` : `${of} ÷ ${per}`;

function goalRow({ goal, value, mark }: Judged): string[] {
  const { name, pass, aim, research } = goal;
  return [`${name} ${pass}`, whatOf(goal), digits(value), `≤ ${digits(aim)}`, digits(research), MARKS[mark]];
}

export function goalGrid(results: readonly Result[]): Grid | undefined {
  const judged = judge(results);
  if (judged.length === 0) return undefined;
  const count = (mark: Judged['mark']) => judged.filter((one) => one.mark === mark).length;
  return {
    title: 'Goals',
    head: ['case', 'figure', 'measured', 'aim', 'research', ''],
    rows: judged.map(goalRow),
    notes: [
      `${count('met')} met, ${count('reached')} within a tenth of the research kernels, ${count('missed')} missed`,
    ],
  };
}

const OTHERS: readonly CandidateName[] = ['baseline', 'stock', 'ort-node', 'ort-web', 'jax-js'];

/** Every peer that is faster than the better of our two: a benchmark that hides them is an advertisement. */
export function losses(results: readonly Result[]): string[] {
  return results.flatMap((result) => {
    const ours = result.candidates.filter(({ name }) => name.startsWith('op') || name.startsWith('layer'));
    const best = ours.sort((a, b) => a.median - b.median)[0];
    if (!best) return [];
    return result.candidates
      .filter(({ name, median }) => OTHERS.includes(name) && median < best.median)
      .map(({ name, median }) => {
        const by = digits(best.median / median);
        const where = `${result.name} ${result.pass} on ${result.backend}`;
        return `${where}: ${name} takes ${time(median)}, our ${best.name} ${time(best.median)} (${by} ×)`;
      });
  });
}

export function textTable({ title, head, rows, notes }: Grid): string {
  const colAligns = head.map((_, i): 'left' | 'right' => (i === 0 ? 'left' : 'right'));
  // No colours: the table must read the same in a file.
  const table = new Table({ head: [...head], colAligns, style: { head: [], border: [], compact: true } });
  for (const cells of rows) table.push([...cells]);
  return [`\n${title}`, table.toString(), ...notes.map((note) => `  ${note}`)].join('\n');
}

export function markdownTable({ title, head, rows, notes }: Grid): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = `|${head.map((_, i) => (i === 0 ? '---' : '--:')).join('|')}|`;
  const list = notes.length > 0 ? ['', ...notes.map((note) => `- ${note}`)] : [];
  return [`### ${title}`, '', line(head), rule, ...rows.map(line), ...list, ''].join('\n');
}

export interface Report {
  readonly machine: Machine;
  readonly results: readonly Result[];
  /** How the samples were taken. */
  readonly method: string;
}

function grids(results: readonly Result[]): Grid[] {
  const goals = goalGrid(results);
  return [...results.map(resultGrid), ...(goals ? [goals] : [])];
}

function lossLines(results: readonly Result[]): string[] {
  const lines = losses(results);
  return lines.length > 0 ? lines : ['nowhere, among those who took part'];
}

export function textReport({ machine, results, method }: Report): string {
  const where = ['\nWhere we lose', ...lossLines(results).map((line) => `  ${line}`)];
  return [...machineLines(machine), method, ...grids(results).map(textTable), ...where].join('\n');
}

function section({ machine, results, method }: Report): string {
  const backend = results[0]?.backend ?? '';
  const lines = [...machineLines(machine), method].map((line) => `- ${line}`);
  const tables = grids(results).map(markdownTable);
  const where = ['### Where we lose', '', ...lossLines(results).map((line) => `- ${line}`), ''];
  return [`## ${backend}`, '', ...lines, '', ...tables, ...where].join('\n');
}

/** Puts a backend's tables into a page, in the place of its former ones; the rest of the page stays. */
export function writeInto(page: string, report: Report): string {
  const backend = report.results[0]?.backend ?? '';
  return putSection(page, { name: backend, command: 'npm run bench', body: section(report) });
}
