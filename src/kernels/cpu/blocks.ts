import type { SlabView } from '../contract.js';

/** Runs of equal treatment shorter than this are slower to walk one by one than lane by lane. */
const SHORT = 16;
/** Elements of the samples that are taken together: a second sweep finds them in the cache. */
const CACHED = 1 << 15;

/** The view of what treats all channels of a group alike: K belongs to T, and a row is one run. */
export function withoutChannels({ B, S, G, K, T }: SlabView): SlabView {
  return { B, S, G, K: 1, T: K * T };
}

/** Whether S rows of short runs are walked lane by lane (down the rows) instead of run by run. */
export function byLanes(rows: number, run: number): boolean {
  return rows > 1 && run < SHORT;
}

/** How many samples are taken together. */
export function samplesPerBlock({ S, G, K, T }: SlabView): number {
  return Math.max(1, Math.floor(CACHED / (S * G * K * T)));
}

/**
 * How many rows of lanes are walked before the next lanes: they stay in the first-level cache. Four lanes at a time with
 * their coefficients in registers take less than half the time of loading coefficients along each row.
 */
export function rowsPerBlock(lanes: number): number {
  return Math.max(8, Math.floor(4096 / lanes));
}

/** A value a channel → a value a lane, of which each channel has `times`. */
export function toLanes(values: Float64Array, times: number): Float64Array {
  if (times === 1) return values;
  const lanes = new Float64Array(values.length * times);
  for (let c = 0; c < values.length; c++) lanes.fill(values[c] as number, c * times, (c + 1) * times);
  return lanes;
}

export function add(into: Float64Array, i: number, value: number): void {
  into[i] = (into[i] as number) + value;
}
