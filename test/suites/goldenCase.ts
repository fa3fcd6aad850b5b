import type * as tfCore from '@tensorflow/tfjs-core';
import type { NormId } from '../../src/norms.js';
import type { Tf } from './harness.js';

/** An array of a reference vector: base64 of little-endian float32. */
export interface Encoded {
  readonly shape: readonly number[];
  readonly data: string;
}

/** One reference vector, as `test/golden/generate.py` writes it. */
export interface GoldenCase {
  readonly id: string;
  readonly norm: NormId;
  readonly oracle: string;
  readonly kind: string;
  readonly rank: number;
  readonly axis: number | readonly number[];
  /** The op's or the layer's own options. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Memory is only to be had of a layer, and mean-only batch norm is nothing else. */
  readonly through: 'op' | 'layer';
  /** Of x, where its mean is large. */
  readonly distribution?: { readonly mean: number; readonly std: number };
  /** Results that must be equal to the last bit. */
  readonly exact?: readonly string[];
  readonly inputs: Readonly<Record<string, Encoded>>;
  readonly expected: Readonly<Record<string, Encoded>>;
}

export interface GoldenFile {
  readonly norm: NormId;
  readonly cases: readonly GoldenCase[];
}

/** Decodes through `atob`, which pages and Node share; the bytes are read as little-endian on every machine. */
export function decode({ data }: Encoded): Float32Array {
  const text = atob(data);
  const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
}

export type Tensors = Record<string, tfCore.Tensor>;

export function inputTensors(tf: Tf, { inputs }: GoldenCase): Tensors {
  const made = Object.entries(inputs).map(([name, array]) => [
    name,
    tf.tensor(decode(array), [...array.shape], 'float32'),
  ]);
  return Object.fromEntries(made);
}
