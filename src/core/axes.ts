import { problem } from './errors.js';

/** A number, or a list of distinct numbers; negative ones count from the end. */
export type Axes = number | readonly number[];

function canonicalAxis(subject: string, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    const range = rank === 0 ? 'A scalar has none.' : `Use ${-rank} to ${rank - 1}.`;
    throw problem(subject, "axis must be one of the input's dimensions", { axis, rank }, range);
  }
  return axis < 0 ? axis + rank : axis;
}

/** Axes as a caller gives them, made non-negative, then sorted (in this order: `[-1, 0]` of rank 3 is `[0, 2]`). */
export function canonicalAxes(subject: string, axis: Axes, rank: number): number[] {
  if (typeof axis === 'number') return [canonicalAxis(subject, axis, rank)];
  const given = axis;
  if (!Array.isArray(given)) {
    throw problem(subject, 'axis must be a number or a list of numbers', { axis }, 'Use -1.');
  }
  const axes = given.map((a) => canonicalAxis(subject, a, rank)).sort((a, b) => a - b);
  if (new Set(axes).size < axes.length) {
    throw problem(subject, 'axis must not name a dimension twice', { axis, rank }, 'Name each dimension once.');
  }
  return axes;
}

/** The channel axis. Dimension 0 holds the examples, so it cannot hold the channels unless `batchAllowed`. */
export function canonicalChannelAxis(subject: string, axis: number, rank: number, batchAllowed = false): number {
  const channel = canonicalAxis(subject, axis, rank);
  if (channel === 0 && !batchAllowed) {
    throw problem(
      subject,
      'axis must not be the batch dimension',
      { axis, rank },
      'Use -1 for channels last, 1 for channels first.',
    );
  }
  return channel;
}
