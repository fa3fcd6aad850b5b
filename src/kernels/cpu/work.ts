import type { SlabView } from '../contract.js';
import type { Sets } from './statistics.js';
import type { Affinity, Collected, Known, Line } from './terms.js';

/**
 * The work on whole arrays, as the kernels call it; arrays in, arrays out, nothing of tfjs. Samples are taken in blocks that
 * the cache holds, so that the second sweep over a block does not fetch it again.
 */
export interface Loops {
  moments(x: Float32Array, view: SlabView, center: boolean): Sets;
  normalize(x: Float32Array, view: SlabView, options: NormalizeOptions): { y: Float32Array; sets: Sets };
  normalizeGrad(x: Float32Array, dy: Float32Array, view: SlabView, known: Known, center: boolean): Gradients;
  apply(x: Float32Array, view: SlabView, by: Affinity): Float32Array;
  applyToSets(x: Float32Array, view: SlabView, by: Affinity): Float32Array;
  collect(x: Float32Array, dy: Float32Array, view: SlabView, known: Known): Collected;
  spread(x: Float32Array, dy: Float32Array, view: SlabView, line: Line): Float32Array;
}

export interface NormalizeOptions {
  readonly epsilon: number;
  readonly center: boolean;
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

export type Gradients = Pick<Collected, 'dgamma' | 'dbeta'> & { readonly dx: Float32Array };
