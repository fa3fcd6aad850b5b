import * as tf from '@tensorflow/tfjs-core';
import { problem } from '../core/errors.js';
import { seededRandom, shuffled } from './random.js';

export const COMPARE = 'compareNormalizations';

/** One tensor, or one for every input or output of the model: as a list, or by its name. */
export type Tensors = tf.Tensor | tf.Tensor[] | { [name: string]: tf.Tensor };
type Values = Tensors | tf.TensorLike;

/** A batch, as data sets yield it. */
export interface TrainingBatch {
  readonly xs: Tensors;
  readonly ys: Tensors;
}

/** What a factory is told: the order of its batches must depend on nothing else. */
export interface Pass {
  readonly seed: number;
  /** From 0. */
  readonly epoch: number;
}

/** What of `tf.data.Dataset` is used. */
export interface DatasetLike {
  iterator(): Promise<{ next(): Promise<IteratorResult<unknown>> }>;
}

type Batches = DatasetLike | Iterable<TrainingBatch> | AsyncIterable<TrainingBatch>;

/** All examples, or a function that makes the batches of a pass over them. */
export type Examples =
  | { readonly xs: Values; readonly ys: Values }
  | readonly [xs: Values, ys: Values]
  | DatasetLike
  | ((pass: Pass) => Batches | Promise<Batches>);

/** A pass over examples: a batch lives until the next one is asked for. */
export type Passes = (pass: Pass) => AsyncIterable<TrainingBatch>;

export interface Source {
  readonly passes: Passes;
  /** Of examples that are all there: how many, and passes over some of them. */
  readonly table?: { readonly length: number; of(rows: readonly number[], batchSize: number, mixed: boolean): Passes };
  dispose(): void;
}

const isTensor = (value: unknown): value is tf.Tensor => value instanceof tf.Tensor;

export const listOf = (values: Tensors): tf.Tensor[] => (isTensor(values) ? [values] : Object.values(values));

/** The same arrangement of other tensors. */
function mapped(values: Tensors, change: (tensor: tf.Tensor) => tf.Tensor): Tensors {
  if (isTensor(values)) return change(values);
  if (Array.isArray(values)) return values.map(change);
  return Object.fromEntries(Object.entries(values).map(([name, tensor]) => [name, change(tensor)]));
}

/** How many examples a batch has. */
export const sizeOf = ({ xs }: TrainingBatch) => listOf(xs)[0]?.shape[0] ?? 0;

/** Tensors as they come, numbers as a tensor of ours. */
function tensorsOf(values: Values, ours: tf.Tensor[]): Tensors {
  const parts = isTensor(values) ? [values] : Object.values(values as object);
  if (parts.length > 0 && parts.every(isTensor)) return values as Tensors;
  const made = tf.tensor(values as tf.TensorLike);
  ours.push(made);
  return made;
}

const isPair = (examples: unknown): examples is readonly [Values, Values] =>
  Array.isArray(examples) && examples.length === 2;

function pairOf(examples: Examples): { xs: Values; ys: Values } | undefined {
  if (isPair(examples)) return { xs: examples[0], ys: examples[1] };
  return typeof examples === 'object' && examples !== null && 'xs' in examples && 'ys' in examples
    ? examples
    : undefined;
}

const isDataset = (value: unknown): value is DatasetLike =>
  typeof (value as Partial<DatasetLike> | null)?.iterator === 'function';

async function* fromDataset(dataset: DatasetLike): AsyncGenerator<TrainingBatch> {
  const iterator = await dataset.iterator();
  for (let step = await iterator.next(); !step.done; step = await iterator.next()) yield step.value as TrainingBatch;
}

function checked(batch: TrainingBatch): TrainingBatch {
  const { xs, ys } = (batch ?? {}) as Partial<TrainingBatch>;
  if (xs && ys && [...listOf(xs), ...listOf(ys)].every(isTensor)) return batch;
  throw problem(COMPARE, 'a batch must be { xs, ys } of tensors', { batch: typeof batch }, 'Map the data set to that.');
}

/** What a data set or a generator yields is let go of as `fitDataset` does; a list's batches stay the caller's. */
async function* madeBatches(made: Batches): AsyncGenerator<TrainingBatch> {
  const borrowed = Array.isArray(made);
  for await (const batch of isDataset(made) ? fromDataset(made) : (made as Iterable<TrainingBatch>)) {
    try {
      yield checked(batch);
    } finally {
      if (!borrowed) tf.dispose([...listOf(batch.xs), ...listOf(batch.ys)]);
    }
  }
}

/** Rows of a table of examples, in batches. */
function rowsOf(table: TrainingBatch, rows: readonly number[], batchSize: number, shuffle: boolean): Passes {
  return async function* ({ seed, epoch }) {
    const order = shuffle ? shuffled(rows, seededRandom(seed * 10_007 + epoch)) : rows;
    for (let start = 0; start < order.length; start += batchSize) {
      const chosen = tf.tensor1d(order.slice(start, start + batchSize), 'int32'); // [n]
      const batch = {
        xs: mapped(table.xs, (t) => tf.gather(t, chosen)),
        ys: mapped(table.ys, (t) => tf.gather(t, chosen)),
      };
      chosen.dispose();
      try {
        yield batch;
      } finally {
        tf.dispose([...listOf(batch.xs), ...listOf(batch.ys)]);
      }
    }
  };
}

function checkLengths(table: TrainingBatch, name: string): number {
  const lengths = [...listOf(table.xs), ...listOf(table.ys)].map(({ shape }) => shape[0] ?? 0);
  const [first = 0] = lengths;
  if (first > 0 && lengths.every((length) => length === first)) return first;
  throw problem(COMPARE, `xs and ys of ${name} must have one row an example`, { lengths }, 'Check their first axis.');
}

/** Examples to train with, or to validate with, and what is to be disposed of them. */
export function sourceOf(examples: Examples, name: string, batchSize: number, shuffle: boolean): Source {
  const pair = pairOf(examples);
  if (pair) {
    const ours: tf.Tensor[] = [];
    const table = { xs: tensorsOf(pair.xs, ours), ys: tensorsOf(pair.ys, ours) };
    const length = checkLengths(table, name);
    const dispose = () => tf.dispose(ours);
    const of = (rows: readonly number[], size: number, mixed: boolean) => rowsOf(table, rows, size, mixed);
    return { passes: of([...Array(length).keys()], batchSize, shuffle), table: { length, of }, dispose };
  }
  const make = typeof examples === 'function' ? examples : isDataset(examples) ? () => examples : undefined;
  if (!make) {
    const advice = 'Pass { xs, ys }, [xs, ys], a data set, or a function that returns one.';
    throw problem(COMPARE, `data.${name} must be examples`, { received: typeof examples }, advice);
  }
  const passes: Passes = async function* (pass) {
    yield* madeBatches(await make(pass));
  };
  return { passes, dispose: () => {} };
}
