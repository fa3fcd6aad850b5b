import os from 'node:os';
import type { GpuBackend } from '../candidates/types.js';
import { versionOf } from '../machine.js';
import { digits, type Grid, markdownTable, textTable } from '../report.js';
import { putSection } from '../section.js';
import type { Adapter } from './adapter.js';
import { type GpuCase, MANY } from './cases.js';
import type { Figures, PassFigures } from './device.js';
import type { Host } from './session.js';
import type { WayName } from './ways.js';

export interface GpuResult {
  readonly given: GpuCase;
  readonly figures: Figures;
}

/** All cases on one backend. */
export interface GpuReport {
  readonly backend: GpuBackend;
  readonly host: Host;
  readonly adapter: Adapter;
  readonly rounds: number;
  readonly results: readonly GpuResult[];
}

const CAVEAT =
  'Rendered in software: programs are what a GPU would get, times are those of a processor that plays one, and say ' +
  'nothing of a GPU.';
const AIM = 'Aim on a GPU: rows and inference ≤ 1.3 × relu, slabs ≤ 2 ×, and ≥ 4 × faster than composed.';

/** Programs forward, and what all gradients add to them. */
function programs({ figures }: GpuResult, way: WayName): string {
  const forward = figures.forward.programs[way];
  const both = figures['forward+backward'].programs[way];
  if (forward === undefined) return '–';
  return `${forward} / ${both === undefined ? `> ${MANY}` : both - forward}`;
}

const quotient = ({ times }: PassFigures, of: keyof PassFigures['times'], per: keyof PassFigures['times']) => {
  const [a, b] = [times[of], times[per]];
  return a === undefined || b === undefined ? undefined : a / b;
};

/** A ratio of times forward, and with all gradients. */
function times({ figures }: GpuResult, ...pair: [keyof PassFigures['times'], keyof PassFigures['times']]): string {
  return [figures.forward, figures['forward+backward']].map((pass) => digits(quotient(pass, ...pair))).join(' / ');
}

function row(result: GpuResult): string[] {
  const { name, shape } = result.given;
  const counts = (['ours', 'composed', 'stock'] as const).map((way) => programs(result, way));
  const ratios = (['ours', 'composed'] as const).map((way) => times(result, way, 'relu'));
  return [name, `[${shape.join(', ')}]`, ...counts, ...ratios, times(result, 'composed', 'ours')];
}

function grid({ backend, host, adapter, results }: GpuReport): Grid {
  const layers = results.some(({ given }) => given.norm === 'batch' && !given.inference);
  return {
    title: `Programs on ${backend}, and times, ${host === 'dawn' ? 'by Dawn in Node' : 'in a page'}: ${adapter.name}`,
    head: ['case', 'shape', 'ours', 'composed', 'stock', 'ours ÷ relu', 'composed ÷ relu', 'composed ÷ ours'],
    rows: results.map(row),
    notes: [
      adapter.software ? CAVEAT : AIM,
      'Programs: forward / what dx, dγ, dβ (dρ, logits) add, warm, inputs on the GPU. Times: forward / with all gradients.',
      'composed: our ops without kernels of their own; stock: the layer of tfjs-layers, where it has one' +
        `${layers ? ', in training with its moving averages' : ''}.`,
    ],
  };
}

/** What the figures depend on besides the adapter. */
function machine({ backend, rounds }: GpuReport): string[] {
  const cpu = os.cpus()[0]?.model.trim() ?? 'unknown processor';
  const packages = ['core', 'layers', `backend-${backend}`].map((name) => `@tensorflow/tfjs-${name}`);
  return [
    `${cpu}, ${os.cpus().length} cores, ${os.platform()} ${os.arch()}; Node ${process.versions.node}`,
    packages.map((name) => `${name} ${versionOf(name)}`).join(', '),
    rounds > 0 ? `${rounds} rounds (fewer of what is slow), all in turn; medians` : 'no times were taken',
  ];
}

export function gpuText(report: GpuReport): string {
  return [textTable(grid(report)), ...machine(report).map((line) => `  ${line}`)].join('\n');
}

/** Puts the table of a backend, host and kind of adapter into a page: a GPU's stands beside the software's. */
export function writeGpu(page: string, report: GpuReport): string {
  const { backend, host, adapter } = report;
  const name = ['gpu', backend, host, ...(adapter.software ? [] : [adapter.name])].join(' ');
  const lines = machine(report).map((line) => `- ${line}`);
  const body = [`## ${backend}, ${adapter.name}`, '', ...lines, '', markdownTable(grid(report))].join('\n');
  return putSection(page, { name, command: 'npm run bench:gpu', body });
}
