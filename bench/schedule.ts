/**
 * Round robin: every round takes one sample of every candidate, in rotated order and every other time backwards, so
 * that a neighbour of the machine who wakes up slows all of them and leaves the ratios as they are.
 */
import type { Candidate } from './candidates/types.js';
import type { Collect } from './collect.js';

export interface Timing {
  /** Milliseconds, the middle of the rounds. */
  readonly median: number;
  /** Median absolute deviation, milliseconds. */
  readonly deviation: number;
  readonly rounds: number;
  /** Milliseconds of the whole call, where `median` is a marginal cost. */
  readonly call?: number;
}

export interface ScheduleOptions {
  readonly rounds: number;
  readonly collect: Collect;
  /** What a sample should take, in milliseconds. @default 10 */
  readonly sample?: number;
  readonly onRound?: (round: number) => void;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[sorted.length % 2 ? middle : middle - 1], sorted[middle]];
  return ((low as number) + (high as number)) / 2;
}

const deviationOf = (values: readonly number[]) => {
  const middle = median(values);
  return median(values.map((value) => Math.abs(value - middle)));
};

/** From here on a run is not repeated to warm up. */
const SLOW = 200;
/** From here on one round must do. */
const VERY_SLOW = 4000;
/** What all rounds of one candidate may take, in milliseconds; three rounds there are, but of the very slow. */
const PATIENCE = 3000;
const FEWEST_ROUNDS = 3;

interface Entry {
  readonly candidate: Candidate;
  readonly iterations: number;
  readonly rounds: number;
  readonly samples: number[];
  readonly calls: number[];
}

async function repeat(run: () => unknown, times: number, asynchronous: boolean): Promise<void> {
  for (let i = 0; i < times; i++) {
    const running = run();
    if (asynchronous) await running;
  }
}

/** How long a candidate warms up, in milliseconds: calls of a few microseconds take thousands to be compiled well. */
const warmUp = (taken: number) => (taken < 0.1 ? 200 : 20);

/** Milliseconds of one run, and by the way the compilers' warm-up. */
async function estimate({ run, asynchronous = false }: Candidate): Promise<number> {
  let count = 0;
  let spent = 0;
  let taken = Number.POSITIVE_INFINITY;
  while (spent < warmUp(taken) || count < 3) {
    const started = performance.now();
    await repeat(run, 1, asynchronous);
    const last = performance.now() - started;
    taken = Math.min(taken, last);
    spent += last;
    count++;
    if (last > SLOW) break;
  }
  return taken;
}

const clamp = (value: number, low: number, high: number) => Math.max(low, Math.min(high, value));

/** Someone to time, and the milliseconds the first run took. */
export interface Entrant {
  readonly candidate: Candidate;
  readonly first: number;
}

async function enter({ candidate, first }: Entrant, { rounds, sample = 10 }: ScheduleOptions): Promise<Entry> {
  const leave = candidate.enter?.();
  const taken = first > VERY_SLOW ? first : await estimate(candidate);
  leave?.();
  const iterations = clamp(Math.round(sample / taken), 1, 20_000);
  const fewest = taken > VERY_SLOW ? 1 : FEWEST_ROUNDS;
  const affordable = clamp(Math.floor(PATIENCE / (taken * iterations)), fewest, rounds);
  return { candidate, iterations, rounds: affordable, samples: [], calls: [] };
}

/** A batch is a plain loop, so that the clock's own cost is spread over all of it. */
function batch(run: () => unknown, iterations: number, asynchronous: boolean): () => unknown {
  if (asynchronous) return () => repeat(run, iterations, true);
  return () => {
    for (let i = 0; i < iterations; i++) run();
  };
}

async function sample({ candidate, iterations, samples, calls }: Entry, collect: Collect): Promise<void> {
  const { run, less, asynchronous = false } = candidate;
  const leave = candidate.enter?.();
  const time = async (what: () => unknown) =>
    (await collect(batch(what, iterations, asynchronous), asynchronous)) / iterations;
  if (iterations > 1) await repeat(run, 1, asynchronous); // brings the caches back from the candidate before
  const taken = await time(run);
  if (less) {
    const call = await time(less.run);
    calls.push(call);
    samples.push((taken - call) / less.units);
  } else {
    samples.push(taken);
  }
  leave?.();
}

/** Whether a slow candidate, which has fewer rounds than the others, is due in this one: they lie evenly among them. */
const isDue = ({ rounds }: Entry, round: number, all: number) =>
  Math.floor(((round + 1) * rounds) / all) > Math.floor((round * rounds) / all);

/** The time of every candidate; those that cannot run throw here, and are to be sorted out before. */
export async function interleave(entrants: readonly Entrant[], options: ScheduleOptions): Promise<Timing[]> {
  const { rounds, collect, onRound } = options;
  const entries: Entry[] = [];
  for (const entrant of entrants) entries.push(await enter(entrant, options));
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < entries.length; i++) {
      const step = round % 2 === 0 ? i : entries.length - 1 - i; // or each would always follow the same one
      const entry = entries[(step + round) % entries.length] as Entry;
      if (isDue(entry, round, rounds)) await sample(entry, collect);
    }
    onRound?.(round);
  }
  return entries.map(({ samples, calls }) => ({
    median: median(samples),
    deviation: deviationOf(samples),
    rounds: samples.length,
    ...(calls.length > 0 ? { call: median(calls) } : {}),
  }));
}
