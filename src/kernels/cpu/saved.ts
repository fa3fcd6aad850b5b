import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { SlabView } from '../contract.js';
import { type CpuBackend, floats } from './values.js';

/**
 * What the backward pass needs of the statistics, with all digits: a row of doubles each for the mean and, of
 * `Normalize`, rstd. Their bits travel as int32, since a bit pattern that happens to be a NaN would not survive a copy as
 * float32; by the dtype the reader also knows them from what the composed kernel saves, which runs where a forward
 * pass was declined.
 */
export function save(backend: CpuBackend, rows: readonly Float64Array[]): TensorInfo {
  const size = (rows[0] as Float64Array).length;
  const all = new Float64Array(rows.length * size);
  rows.forEach((row, i) => {
    all.set(row, i * size);
  });
  return backend.makeTensorInfo([rows.length, 2 * size], 'int32', new Int32Array(all.buffer));
}

/** Whether it is what {@link restore} reads: ours, of as many rows, or what the wasm kernels and the composed ones write. */
export function isReadable({ dtype, shape }: TensorInfo, { B, G }: SlabView, rows: number): boolean {
  if (dtype === 'int32') return shape.length === 2 && shape[0] === rows && shape[1] === 2 * B * G;
  const [first, second] = shape.length === 1 ? [1, shape[0]] : shape;
  return shape.length <= 2 && second === B * G && (first as number) <= 3;
}

export interface Restored {
  readonly mean: Float64Array;
  /** Only of `Normalize`. */
  readonly rstd: Float64Array;
}

/** The rows that {@link save} wrote. */
export function rowsOf(backend: CpuBackend, saved: TensorInfo): Float64Array[] {
  const bits = backend.data.get(saved.dataId).values as Int32Array;
  const all = new Float64Array(bits.slice().buffer); // copied: an array that came another way may lie unaligned
  const size = (saved.shape[1] as number) / 2;
  return Array.from({ length: saved.shape[0] as number }, (_, i) => all.subarray(i * size, (i + 1) * size));
}

/** The first value of each set, from which the composed kernels measure. */
function pilots(x: Float32Array, { B, S, G, K, T }: SlabView): Float64Array {
  const first = new Float64Array(B * G);
  for (let i = 0; i < first.length; i++) {
    const b = Math.floor(i / G);
    first[i] = x[(b * S * G + (i - b * G)) * K * T] as number;
  }
  return first;
}

export function restore(
  backend: CpuBackend,
  saved: TensorInfo,
  x: Float32Array,
  view: SlabView,
  center: boolean,
): Restored {
  const size = view.B * view.G;
  if (saved.dtype === 'int32') {
    const rows = rowsOf(backend, saved);
    return { mean: rows[0] as Float64Array, rstd: rows[rows.length - 1] as Float64Array };
  }
  const rows = new Float64Array(floats(backend, saved));
  if (saved.shape.length === 2 && saved.shape[0] === 3) {
    // From the wasm backend: the mean as a float, what its rounding left, rstd.
    const mean = rows.slice(0, size).map((c, i) => c + (rows[size + i] as number));
    return { mean, rstd: rows.subarray(2 * size) };
  }
  const rstd = rows.subarray(rows.length - size);
  if (!center) return { mean: new Float64Array(size), rstd };
  return { mean: pilots(x, view).map((pilot, i) => pilot + (rows[i] as number)), rstd };
}
