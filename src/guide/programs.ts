/**
 * How many programs a norm's forward pass starts: kernels of tfjs that compute, at least as many dispatches on a GPU; on tensorflow
 * ops of TensorFlow.
 */
import type { Dimensions, NormRow } from '../norms.js';

export const BACKENDS = ['cpu', 'wasm', 'webgl', 'webgpu', 'tensorflow'] as const;
export type Backend = (typeof BACKENDS)[number];

export type Phase = 'training' | 'inference';

/** Programs of one step: some always, some for every dimension of the slab view that is summed over. */
interface Programs {
  readonly fixed: number;
  readonly perSum?: number;
  /** Instead of both, where an op of the backend's own takes statistics over these. */
  readonly over?: Partial<Record<Dimensions, number>>;
}

/** The steps of all norms, and what each starts. `mixture` is of two or three statistics. */
interface Steps {
  readonly normalize: Programs;
  readonly normalizeUncentered: Programs;
  readonly moments: Programs;
  readonly applyStatistics: Programs;
  readonly applyMean: Programs;
  readonly mixture: Readonly<Record<number, Readonly<Record<Phase, Programs>>>>;
  readonly kernelLength: Programs;
  /** The moving statistics: a mean and a variance, or the mean alone. */
  readonly remember: readonly Programs[];
}

/** TensorFlow's ops, of a small input; test/guide/cost.tensorflow.test.ts counts them. */
const TENSORFLOW: Steps = {
  normalize: { fixed: 9, perSum: 4, over: { axes: 3, batch: 2 } },
  normalizeUncentered: { fixed: 7 },
  moments: { fixed: 5, perSum: 4 },
  applyStatistics: { fixed: 1 },
  applyMean: { fixed: 12 },
  mixture: {
    2: { training: { fixed: 54 }, inference: { fixed: 38 } },
    3: { training: { fixed: 69 }, inference: { fixed: 57 } },
  },
  kernelLength: { fixed: 18 },
  remember: [{ fixed: 5 }, { fixed: 11 }],
};

/** Where every kernel of the contract is one program. (Of two statistics: a gate is clipped first, and written back.) */
const FUSED: Steps = {
  normalize: { fixed: 1 },
  normalizeUncentered: { fixed: 1 },
  moments: { fixed: 1 },
  applyStatistics: { fixed: 1 },
  applyMean: { fixed: 1 },
  mixture: {
    2: { training: { fixed: 4 }, inference: { fixed: 2 } },
    3: { training: { fixed: 1 }, inference: { fixed: 1 } },
  },
  kernelLength: { fixed: 4 },
  remember: [{ fixed: 5 }, { fixed: 11 }],
};

const STEPS: Readonly<Record<Backend, Steps>> = {
  cpu: FUSED,
  wasm: FUSED,
  webgl: FUSED,
  webgpu: FUSED,
  tensorflow: TENSORFLOW,
};

/** Whether a norm divides by a spread: all but the one of means alone. */
export const dividesBySpread = (row: NormRow): boolean => row.of === 'weights' || 'epsilon' in row.defaults;

/** Dimensions of the slab view, channels last, that the statistics of a norm are summed over: S, K or both. */
function sums({ averagesOver }: NormRow): number {
  const [list = []] = averagesOver;
  const streamed = list.some((dimension) => dimension === 'batch' || dimension === 'space');
  const within = list.some((dimension) => dimension === 'group' || dimension === 'axes' || dimension === 'kernel');
  return Number(streamed) + Number(within);
}

/** What a norm does in a phase, read from its row. */
function plan(steps: Steps, row: NormRow, phase: Phase): Programs[] {
  const moving = row.weights.filter(({ trainable, over }) => !trainable && over === 'channels').length;
  const remember = phase === 'training' && row.memory ? [steps.remember[moving - 1] as Programs] : [];
  const mixture = steps.mixture[row.averagesOver.length]?.[phase];
  if (row.of === 'weights') return [steps.kernelLength];
  if (mixture) return [mixture, ...remember];
  if (!dividesBySpread(row)) return [...(phase === 'training' ? [steps.moments] : []), steps.applyMean, ...remember];
  if (row.memory && phase === 'inference') return [steps.applyStatistics];
  return [row.centered ? steps.normalize : steps.normalizeUncentered, ...remember];
}

/** Programs of a forward pass on a backend. */
export function programs(backend: Backend, row: NormRow, phase: Phase): number {
  const steps = plan(STEPS[backend], row, phase);
  const [averaged = []] = row.averagesOver;
  const ofStep = ({ fixed, perSum = 0, over = {} }: Programs) => {
    const own = averaged.map((dimension) => over[dimension]).find((count) => count !== undefined);
    return own ?? fixed + perSum * sums(row);
  };
  return steps.reduce((all, step) => all + ofStep(step), 0);
}
