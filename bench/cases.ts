/** What is measured, as data. Goals (`goals.ts`) and `--filter` speak of these names. */

export type Norm = 'layer' | 'rms' | 'group' | 'instance' | 'batch' | 'batchInstance' | 'switchable';
export const PASSES = ['forward', 'forward+backward'] as const;
export type Pass = (typeof PASSES)[number];

export interface Case {
  readonly name: string;
  readonly norm: Norm;
  readonly shape: readonly number[];
  readonly passes: readonly Pass[];
  readonly epsilon: number;
  readonly groups?: number;
  /** Statistics of a memory instead of the batch's own. */
  readonly inference?: boolean;
  /** What the case is for. */
  readonly note: string;
}

const FORWARD = ['forward'] as const;
const HIDDEN = [8, 512, 768] as const;
const DRAM = [64, 512, 768] as const;
const IMAGE = [32, 14, 14, 256] as const;

/** Those that leave the caches come last: they grow the wasm heap, which never shrinks. */
export const CASES: readonly Case[] = [
  { name: 'layer', norm: 'layer', shape: HIDDEN, passes: PASSES, epsilon: 1e-3, note: 'a transformer, 12.6 MB' },
  { name: 'rms', norm: 'rms', shape: HIDDEN, passes: PASSES, epsilon: 1e-6, note: 'a transformer, 12.6 MB' },
  { name: 'group32', norm: 'group', groups: 32, shape: IMAGE, passes: PASSES, epsilon: 1e-3, note: 'images, 6.4 MB' },
  {
    name: 'instance',
    norm: 'instance',
    shape: [4, 128, 128, 32],
    passes: PASSES,
    epsilon: 1e-3,
    note: 'style, 8.4 MB',
  },
  {
    name: 'batchInference',
    norm: 'batch',
    inference: true,
    shape: IMAGE,
    passes: FORWARD,
    epsilon: 1e-3,
    note: 'statistics of a memory, 6.4 MB',
  },
  {
    name: 'batchTraining',
    norm: 'batch',
    shape: IMAGE,
    passes: PASSES,
    epsilon: 1e-3,
    note: "the batch's own, 6.4 MB",
  },
  { name: 'layerRow', norm: 'layer', shape: [1, 1, 2048], passes: FORWARD, epsilon: 1e-3, note: 'decoding, one token' },
  { name: 'rmsRow', norm: 'rms', shape: [1, 1, 2048], passes: FORWARD, epsilon: 1e-6, note: 'decoding, one token' },
  {
    name: 'batchInstance',
    norm: 'batchInstance',
    shape: [32, 14, 14, 64],
    passes: PASSES,
    epsilon: 1e-5,
    note: '1.6 MB',
  },
  { name: 'switchable', norm: 'switchable', shape: [32, 14, 14, 64], passes: PASSES, epsilon: 1e-5, note: '1.6 MB' },
  { name: 'layerDram', norm: 'layer', shape: DRAM, passes: FORWARD, epsilon: 1e-3, note: 'out of the caches, 101 MB' },
  { name: 'rmsDram', norm: 'rms', shape: DRAM, passes: FORWARD, epsilon: 1e-6, note: 'out of the caches, 101 MB' },
];

/** Norms over the last axis; the others have statistics per channel, or per group of them. */
export const isRows = ({ norm }: Case): boolean => norm === 'layer' || norm === 'rms';

export const sizeOf = ({ shape }: Case): number => shape.reduce((product, d) => product * d, 1);

/** Samples, positions and channels of a case with channels last. */
export function slabOf({ shape }: Case): { N: number; S: number; C: number } {
  const N = shape[0] as number;
  const C = shape[shape.length - 1] as number;
  return { N, S: shape.slice(1, -1).reduce((product, d) => product * d, 1), C };
}
