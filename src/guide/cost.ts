import { problem } from '../core/errors.js';
import { automaticGroups, resolveGroups } from '../core/groups.js';
import { meant } from '../core/near.js';
import { type Dimensions, NORMS, type NormId, type NormRow, normRow } from '../norms.js';
import { BACKENDS, type Backend, dividesBySpread, type Phase, programs } from './programs.js';

/** A shape `[N, …space, C]`; `null` where a dimension is not known. */
export type GivenShape = readonly (number | null)[];

type Both<T> = Readonly<Record<Phase, T>>;

/** What a norm costs, computed from its row of the table. `null` where the shape leaves it open. */
export interface Cost {
  /** Multiply-adds for each value normalized; of weight norm for each value of the kernel. */
  readonly multiplyAddsPerValue: Both<number>;
  /** Multiply-adds of one forward pass. */
  readonly multiplyAdds: Both<number | null>;
  /** Means and variances of one training step, in numbers. */
  readonly statistics: number | null;
  /** Trainable weights, in numbers. */
  readonly parameters: number | null;
  /** Moving statistics a model keeps, in numbers. */
  readonly movingStatistics: number | null;
  /** Programs of a forward pass by backend. */
  readonly dispatches: Readonly<Record<Backend, Both<number>>>;
  /** Whether an example's result depends on the others of its batch, in training. */
  readonly dependsOnBatch: boolean;
  /** Whether training and inference compute different things. */
  readonly differsInInference: boolean;
  /** Whether it disappears into the layer before it in inference. */
  readonly folds: boolean;
}

/** Internal: null where a size is open. */
export const product = (sizes: GivenShape): number | null =>
  sizes.reduce<number | null>((all, size) => (all === null || size === null ? null : all * size), 1);

/** The options of a layer that its cost depends on. */
export interface CostOptions {
  /** Of group norm. @default 'auto' */
  readonly groups?: number | 'auto';
  /** Of switchable norm. @default all three */
  readonly statistics?: readonly string[];
  /** A frozen layer takes no statistics of a batch. @default true */
  readonly trainable?: boolean;
  readonly training?: 'auto' | boolean;
}

interface Sizes {
  readonly shape: GivenShape;
  readonly groups: number | 'auto' | undefined;
}

const channelsOf = ({ shape }: Sizes) => shape[shape.length - 1] ?? null;

/** Values of one set along each kind of dimension, channels last. `axes` is the last one, as by default. */
const LENGTHS: Readonly<Record<Dimensions, (sizes: Sizes) => number | null>> = {
  batch: ({ shape }) => shape[0] ?? null,
  space: ({ shape }) => product(shape.slice(1, -1)),
  channels: channelsOf,
  axes: channelsOf,
  group: (sizes) => {
    const channels = channelsOf(sizes);
    if (channels === null) return null;
    const { groups = 'auto' } = sizes;
    return channels / (groups === 'auto' ? automaticGroups(channels) : resolveGroups('guide', groups, channels));
  },
  kernel: () => null,
};

/** Internal: what is averaged over with these options: the statistics a mixture takes, those of a batch unless it is frozen. */
export function averages(
  row: NormRow,
  { statistics, trainable = true, training = 'auto' }: CostOptions,
): NormRow['averagesOver'] {
  const all = row.defaults.statistics as readonly string[] | undefined;
  const taken = row.averagesOver.filter((_, i) => !all || !statistics || statistics.includes(all[i] as string));
  const isFrozen = row.memory && training !== true && (!trainable || training === false);
  return isFrozen ? taken.filter((list) => !list.includes('batch')) : taken;
}

/** Values of one set, for each of the statistics a norm takes. */
export function setSizes(row: NormRow, shape: GivenShape, options: CostOptions = {}): (number | null)[] {
  const { groups } = options;
  return averages(row, options).map((list) => product(list.map((dimension) => LENGTHS[dimension]({ shape, groups }))));
}

/** Sweeps over the values: a mean if centred, a sum of squares if it divides, and the affine result. */
function sweeps(row: NormRow, taken: number): Both<number> {
  const each = Number(row.centered) + Number(dividesBySpread(row));
  const remembered = row.memory && row.averagesOver.every((list) => list.includes('batch'));
  return { training: (taken > 0 ? each : 0) + each, inference: (remembered ? 0 : each) + each };
}

function statisticsOf(row: NormRow, values: number | null, sizes: readonly (number | null)[]): number | null {
  const each = Number(row.centered) + Number(dividesBySpread(row));
  return sizes.reduce<number | null>(
    (all, size) => (all === null || values === null || !size ? null : all + (values / size) * each),
    0,
  );
}

/** Numbers that weights hold: one for each channel, or for each statistic of a mixture. */
function weightsOf(row: NormRow, channels: number | null, trainable: boolean, mixed: number): number | null {
  const counts = row.weights
    .filter((weight) => weight.trainable === trainable)
    .map(({ over }) => (over === 'statistics' ? mixed : channels));
  return counts.reduce<number | null>((all, n) => (all === null || n === null ? null : all + n), 0);
}

function checkNorm(id: NormId): void {
  const ids = NORMS.map((row) => row.id);
  if (ids.includes(id)) return;
  throw problem('guide', 'unknown normalization', { norm: id }, meant(id, ids));
}

function checkShape({ minRank }: NormRow, shape: GivenShape): void {
  const whole = (size: unknown) => size === null || (Number.isSafeInteger(size) && (size as number) > 0);
  if (Array.isArray(shape) && shape.length >= minRank && shape.length <= 6 && Array.from(shape).every(whole)) return;
  const rule = `a shape must have ${minRank} to 6 whole numbers, null where one is not known`;
  throw problem('guide', rule, { shape }, 'Try [32, 28, 28, 64].');
}

/**
 * What a norm costs on a shape, computed from its row of the table.
 *
 * Counts are of one forward pass of a layer with its default weights, channels last, over the last axis where axes are
 * chosen. A multiply-add is one sweep's work on one value: `layer` has four (mean, square, subtract, scale and shift), `rms` two.
 * Programs are kernels of tfjs with default options: one may be several dispatches on a GPU.
 * Weight norm works on the kernel, which a shape of activations does not tell: its totals are `null`.
 *
 * @param id The norm.
 * @param shape `[N, …space, C]`, `null` where a dimension is not known.
 * @param options Of the layer, as far as its cost depends on them.
 * @throws NormalizationError for a shape the norm does not take, and groups that do not divide the channels.
 *
 * @example
 * ```js
 * const { statistics, multiplyAdds } = normalizationCost('group', [32, 28, 28, 64], { groups: 32 });
 * console.log(statistics, multiplyAdds.training); // 2048 means and variances, 6,422,528 multiply-adds
 * ```
 */
export function normalizationCost(id: NormId, shape: GivenShape, options: CostOptions = {}): Cost {
  checkNorm(id);
  const row = normRow(id);
  checkShape(row, shape);
  const sizes = setSizes(row, shape, options);
  const taken = averages(row, options);
  const mixed = options.statistics?.length ?? row.averagesOver.length;
  const perValue = sweeps(row, taken.length);
  const values = row.of === 'weights' ? null : product(shape);
  const channels = shape[shape.length - 1] ?? null;
  const times = (n: number) => (values === null ? null : n * values);
  const dispatches = BACKENDS.map((backend) => [
    backend,
    { training: programs(backend, row, 'training'), inference: programs(backend, row, 'inference') },
  ]);
  return {
    multiplyAddsPerValue: perValue,
    multiplyAdds: { training: times(perValue.training), inference: times(perValue.inference) },
    statistics: row.of === 'weights' ? channels : statisticsOf(row, values, sizes),
    parameters: weightsOf(row, channels, true, mixed),
    movingStatistics: weightsOf(row, channels, false, mixed),
    dispatches: Object.fromEntries(dispatches) as Record<Backend, Both<number>>,
    dependsOnBatch: taken.some((list) => list.includes('batch')),
    differsInInference: row.memory && taken.some((list) => list.includes('batch')),
    folds: row.of === 'weights' || row.averagesOver.every((list) => list.includes('batch')),
  };
}
