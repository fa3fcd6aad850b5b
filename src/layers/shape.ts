import { InputSpec } from '@tensorflow/tfjs-layers';
import { type Axes, canonicalAxes, canonicalChannelAxis } from '../core/axes.js';
import { problem } from '../core/errors.js';
import type { NormRow } from '../norms.js';

/** A shape as a layer is built for it: `null` where a dimension varies. */
export type Shape = (number | null)[];

/** Ranks the slab view is made for in layers; tfjs has no tensors above 6. */
const MAX_RANK = 6;

/** The axes, of an input of this rank, whose lengths the parameters have. */
export function parameterAxes(subject: string, row: NormRow, axis: Axes, rank: number): number[] {
  if (row.parametersOver !== 'axes') return [canonicalChannelAxis(subject, axis as number, rank)];
  const axes = canonicalAxes(subject, axis, rank);
  if (axes.includes(0)) {
    const advice = 'Statistics over examples are batch normalization.';
    throw problem(subject, 'axis must not be the batch dimension', { axis }, advice);
  }
  return axes;
}

/** Checks a shape before anything is made for it, and returns the lengths of the parameters' axes. */
export function parameterSizes(subject: string, row: NormRow, axis: Axes, shape: Shape): number[] {
  const rank = shape.length;
  if (rank < row.minRank || rank > MAX_RANK) {
    const rule = `the input must have rank ${row.minRank} to ${MAX_RANK}, batch and channels included`;
    throw problem(subject, rule, { shape }, 'Below that every value would be its own mean.');
  }
  return parameterAxes(subject, row, axis, rank).map((dimension) => {
    const size = shape[dimension];
    if (typeof size === 'number') return size;
    const advice = 'Give inputShape with a number there; other dimensions may be null.';
    throw problem(subject, 'the normalized dimensions must be known', { shape, axis }, advice);
  });
}

/** What the host checks of every input. */
export function inputSpec(axes: readonly number[], shape: Shape): InputSpec {
  const fixed = Object.fromEntries(axes.map((axis) => [axis, shape[axis] as number]));
  return new InputSpec({ ndim: shape.length, axes: fixed });
}

/** The host passes a shape, or a list of one. */
export function singleShape(inputShape: Shape | Shape[]): Shape {
  return (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as Shape;
}
