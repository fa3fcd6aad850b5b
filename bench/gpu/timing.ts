/**
 * Milliseconds a call, everyone in turn. A call only asks for work, so a sample is many calls and then the wait for one
 * number of the last: the GPU takes them in order.
 */
import * as tf from '@tensorflow/tfjs-core';
import { median } from '../schedule.js';
import type { Way } from './ways.js';

export interface TimingOptions {
  readonly rounds: number;
  /** What a sample should take, in milliseconds. @default 40 */
  readonly sample?: number;
}

/** What all samples of one way may take, in milliseconds; three there are. */
const PATIENCE = 2000;
const FEWEST = 3;
/** Memory is given back only when the work is handed over. */
const MOST_CALLS = 200;

async function settle([first]: readonly tf.Tensor[]): Promise<void> {
  const { shape } = first as tf.Tensor;
  const one = tf.slice(
    first as tf.Tensor,
    shape.map(() => 0),
    shape.map(() => 1),
  );
  await one.data();
  one.dispose();
}

/** Milliseconds of so many calls. */
async function take({ tensors, enter }: Way, calls: number): Promise<number> {
  const leave = enter();
  try {
    const started = performance.now();
    for (let i = 1; i < calls; i++) tf.dispose(tensors());
    const last = tensors();
    await settle(last);
    const taken = performance.now() - started;
    tf.dispose(last);
    return taken;
  } finally {
    leave();
  }
}

const clamp = (value: number, low: number, high: number) => Math.max(low, Math.min(high, value));

interface Entry {
  readonly way: Way;
  readonly calls: number;
  readonly rounds: number;
  readonly samples: number[];
}

async function enter(way: Way, { rounds, sample = 40 }: TimingOptions): Promise<Entry> {
  const first = await take(way, 1); // compiles
  const once = first > PATIENCE ? first : Math.min(await take(way, 2), await take(way, 2)) / 2;
  const calls = clamp(Math.round(sample / once), 1, MOST_CALLS);
  return { way, calls, rounds: clamp(Math.floor(PATIENCE / (once * calls)), FEWEST, rounds), samples: [] };
}

/** Medians, in the order of the ways: round robin, so that a busy neighbour slows all of them. */
export async function timesOf(ways: readonly Way[], options: TimingOptions): Promise<number[]> {
  const entries: Entry[] = [];
  for (const way of ways) entries.push(await enter(way, options));
  for (let round = 0; round < options.rounds; round++) {
    for (let i = 0; i < entries.length; i++) {
      const { way, calls, rounds, samples } = entries[(i + round) % entries.length] as Entry;
      if (samples.length < rounds) samples.push((await take(way, calls)) / calls);
    }
  }
  return entries.map(({ samples }) => median(samples));
}
