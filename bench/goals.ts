/** What is aimed at, as data: the goals of the issue, and what the research kernels reached. */
import type { Backend, CandidateName } from './candidates/types.js';
import type { Pass } from './cases.js';
import { find, peakShare, type Result, ratio } from './results.js';

export interface Goal {
  readonly backend: Backend;
  readonly name: string;
  readonly pass: Pass;
  readonly of: CandidateName;
  /** Another's median time, our memory as a multiple of x, or kernels dispatched. */
  readonly per: CandidateName | 'memory' | 'dispatches';
  readonly aim: number;
  /** Best of the research kernels: what must be reached is this and a tenth. */
  readonly research?: number;
}

type Row = readonly [name: string, per: Goal['per'], aim: number, research?: number];

const goals = (backend: Backend, pass: Pass, of: CandidateName, rows: readonly Row[]): Goal[] =>
  rows.map(([name, per, aim, research]) => ({
    backend,
    name,
    pass,
    of,
    per,
    aim,
    ...(research === undefined ? {} : { research }),
  }));

const FORWARD: readonly Row[] = [
  ['layer', 'relu', 1.8, 1.84],
  ['layer', 'ort-node', 0.75, 0.64],
  ['layer', 'stock', 1 / 500],
  ['layerDram', 'relu', 1.25, 1.31],
  ['rms', 'relu', 1.15, 1.07],
  ['rms', 'ort-node', 1, 0.9],
  ['rmsDram', 'relu', 1.05, 1.04],
  ['group32', 'relu', 2.4, 2.56],
  ['group32', 'ort-node', 0.25, 0.23],
  ['instance', 'relu', 2, 2.16],
  ['instance', 'ort-node', 1, 0.68],
  ['batchInference', 'relu', 1.15, 1.17],
  ['batchInference', 'ort-node', 1, 0.94],
  ['batchTraining', 'relu', 2.2, 2.4],
  ['rmsRow', 'relu', 1.3, 1.2],
  ['layerRow', 'relu', 1.4, 1.2],
  ['rmsRow', 'dispatches', 1],
  ['layerRow', 'dispatches', 1],
];

const TRAFFIC: readonly (readonly [name: string, aim: number, aliasing: number, copying: number])[] = [
  ['layer', 1.6, 1.7, 2.3],
  ['rms', 1.15, 1.2, 1.8],
  ['group32', 2.2, 2.4, 3],
  ['instance', 1.8, 1.9, 2.4],
  ['batchTraining', 2, 2.05, 2.5],
];

const both = 'forward+backward';

export const GOALS: readonly Goal[] = [
  ...goals('wasm', 'forward', 'op', FORWARD),
  ...goals(
    'wasm',
    both,
    'op, aliasing',
    TRAFFIC.map(([name, aim, aliasing]) => [name, 'traffic', aim, aliasing]),
  ),
  ...goals(
    'wasm',
    both,
    'op',
    TRAFFIC.map(([name, aim, , copying]) => [name, 'traffic', aim, copying]),
  ),
  ...goals(
    'wasm',
    both,
    'op',
    TRAFFIC.map(([name]) => [name, 'memory', 2.05]),
  ),
  ...goals(
    'wasm',
    both,
    'op',
    ['batchInstance', 'switchable'].map((name) => [name, 'baseline', 0.05]),
  ),
  ...goals('wasm', 'forward', 'layer', [
    ['layer', 'op', 1.1],
    ['layerRow', 'op', 1.35],
    ['rmsRow', 'op', 1.35],
  ]),
  ...goals('tensorflow', 'forward', 'op', [
    ['layer', 'baseline', 1 / 4],
    ['batchInference', 'stock', 1],
  ]),
  ...goals('tensorflow', both, 'op', [
    ['layer', 'baseline', 1 / 3],
    ['rms', 'baseline', 1 / 2.5],
    ['group32', 'baseline', 1 / 3],
    ['instance', 'baseline', 1 / 4],
    ['batchTraining', 'baseline', 1 / 8],
  ]),
  ...goals('cpu', 'forward', 'op', [
    ['layer', 'copy', 1.3],
    ['group32', 'baseline', 1 / 80],
    ['instance', 'baseline', 1 / 80],
  ]),
];

export type Mark = 'met' | 'reached' | 'missed';

export interface Judged {
  readonly goal: Goal;
  readonly value: number;
  /** `reached`: not the aim, but the research kernels' best and a tenth. */
  readonly mark: Mark;
}

function figureOf({ of, per }: Goal, result: Result): number | undefined {
  const measured = find(result, of);
  if (per === 'dispatches') return measured?.dispatches;
  if (per === 'memory') return measured && peakShare(result, measured);
  return ratio(result, of, per);
}

function markOf({ aim, research }: Goal, value: number): Mark {
  if (value <= aim) return 'met';
  return research !== undefined && value <= 1.1 * research ? 'reached' : 'missed';
}

/** The goals that these results say something about. */
export function judge(results: readonly Result[]): Judged[] {
  return GOALS.flatMap((goal) => {
    const result = results.find(
      ({ backend, name, pass }) => backend === goal.backend && name === goal.name && pass === goal.pass,
    );
    const value = result && figureOf(goal, result);
    return value === undefined ? [] : [{ goal, value, mark: markOf(goal, value) }];
  });
}
