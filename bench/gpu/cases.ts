import { type Case, PASSES, type Pass } from '../cases.js';

/** What is measured on a GPU, as data. */

export interface GpuCase extends Case {
  /** Keeps a real GPU busy longer than it takes to ask for it; minutes on a software renderer, so only where asked for. */
  readonly large?: boolean;
}

type Short = readonly [name: string, norm: Case['norm'], shape: readonly number[], more?: Partial<GpuCase>];

const LARGE = { large: true };
const INFERENCE = { inference: true };
const GROUPS = { groups: 32 };

const ROWS: readonly Short[] = [
  ['layer', 'layer', [8, 64, 768]],
  ['layerLong', 'layer', [2, 3, 16384]],
  ['layerRow', 'layer', [1, 1, 2048]],
  ['rms', 'rms', [8, 64, 768]],
  ['group32', 'group', [4, 14, 14, 256], GROUPS],
  ['group32Wide', 'group', [2, 56, 56, 64], GROUPS],
  ['instance', 'instance', [2, 32, 32, 32]],
  ['batchTraining', 'batch', [4, 14, 14, 256]],
  ['batchInference', 'batch', [4, 14, 14, 256], INFERENCE],
  ['batchInstance', 'batchInstance', [4, 14, 14, 64]],
  ['batchInstanceWide', 'batchInstance', [2, 32, 32, 32]],
  ['switchable', 'switchable', [4, 14, 14, 64]],
  ['switchableWide', 'switchable', [2, 32, 32, 32]],
  ['layerLarge', 'layer', [64, 512, 768], LARGE],
  ['rmsLarge', 'rms', [64, 512, 768], LARGE],
  ['group32Large', 'group', [32, 56, 56, 256], { ...GROUPS, ...LARGE }],
  ['instanceLarge', 'instance', [16, 128, 128, 64], LARGE],
  ['batchTrainingLarge', 'batch', [32, 56, 56, 256], LARGE],
  ['batchInferenceLarge', 'batch', [32, 56, 56, 256], { ...INFERENCE, ...LARGE }],
  ['batchInstanceLarge', 'batchInstance', [16, 128, 128, 64], LARGE],
  ['switchableLarge', 'switchable', [16, 128, 128, 64], LARGE],
];

export const GPU_CASES: readonly GpuCase[] = ROWS.map(([name, norm, shape, more]) => ({
  name,
  norm,
  shape,
  passes: PASSES,
  epsilon: norm === 'rms' ? 1e-6 : 1e-3,
  note: '',
  ...more,
}));

/** Programs of stock LN's gradients from which on they are not counted: minutes, for a number of no use to anybody. */
export const MANY = 6000;

/** Stock LN repeats statistics by `tile`, whose gradient takes two programs for every repetition. */
export function stockIsEndless({ norm, shape }: GpuCase, pass: Pass): boolean {
  const columns = shape[shape.length - 1] as number;
  const rows = shape.slice(0, -1).reduce((n, d) => n * d, 1);
  return norm === 'layer' && pass !== 'forward' && 4 * (rows + columns) > MANY;
}

export function gpuCase(name: string): GpuCase {
  const found = GPU_CASES.find((one) => one.name === name);
  if (!found) throw new Error(`There is no case "${name}".`);
  return found;
}
