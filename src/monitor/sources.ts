import { problem } from '../core/errors.js';
import { COMPARE, type Examples, type Passes, sourceOf } from './data.js';
import { seededRandom, shuffled } from './random.js';

/** What a comparison trains with and measures on. */
export interface ComparisonData {
  readonly train: Examples;
  /** @default a share of `train`, which must then be tensors or arrays */
  readonly validation?: Examples;
  /** The share of `train` that is held back, another one for every seed and the same for every norm. @default 0.2 */
  readonly validationSplit?: number;
}

/** Training and validation data of a seed: the same for every norm. */
export interface SeedData {
  readonly train: Passes;
  readonly validation: Passes;
}

export interface Sources {
  forSeed(seed: number): SeedData;
  dispose(): void;
}

const isSplit = (data: unknown): data is ComparisonData => typeof data === 'object' && data !== null && 'train' in data;

function heldBack(share: number, length: number): number {
  const rows = Math.round(share * length);
  if (share > 0 && share < 1 && rows > 0 && rows < length) return rows;
  const advice = 'Use a share between 0 and 1 that leaves some of both.';
  throw problem(COMPARE, 'validationSplit must split the examples', { validationSplit: share, length }, advice);
}

/** What is only measured needs no small batches; so many are tfjs's own default. */
const MEASURED_AT_ONCE = 32;

/** Reads `data`; a bare set of examples is split. */
export function sourcesOf(data: ComparisonData | Examples, batchSize: number): Sources {
  const { train, validation, validationSplit = 0.2 }: ComparisonData = isSplit(data) ? data : { train: data };
  const measured = Math.max(batchSize, MEASURED_AT_ONCE);
  const training = sourceOf(train, 'train', batchSize, true);
  try {
    if (validation !== undefined) {
      const held = sourceOf(validation, 'validation', measured, false);
      return {
        forSeed: () => ({ train: training.passes, validation: held.passes }),
        dispose: () => [training, held].forEach((source) => void source.dispose()),
      };
    }
    if (!training.table) {
      const advice = 'Pass data.validation too: only tensors and arrays can be split.';
      throw problem(COMPARE, 'a data set cannot be split', {}, advice);
    }
    const { length, of } = training.table;
    const count = heldBack(validationSplit, length);
    return {
      forSeed: (seed) => {
        const order = shuffled([...Array(length).keys()], seededRandom(seed));
        return {
          train: of(order.slice(count), batchSize, true),
          validation: of(order.slice(0, count), measured, false),
        };
      },
      dispose: training.dispose,
    };
  } catch (error) {
    training.dispose();
    throw error;
  }
}
