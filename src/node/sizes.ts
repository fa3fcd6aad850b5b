import type { io } from '@tensorflow/tfjs-core';
import { problem } from '../core/errors.js';

export type WeightSpec = io.WeightsManifestEntry;

export const BYTES = { float32: 4, int32: 4, bool: 1, complex64: 8 } as const;
export const QUANTIZED_BYTES = { uint8: 1, uint16: 2, float16: 2 } as const;

/** A string weight holds, for each value, its length in four bytes and then that many bytes. */
const STRING_HEADER = 4;

/** Elements of a weight. A double: a declared shape may be far beyond what memory or an int32 holds. */
function elements(spec: WeightSpec): number {
  return spec.shape.reduce((product, dimension) => product * dimension, 1);
}

/** Bytes of a weight in its file, or null where only the file can tell: strings. */
export function byteLength(spec: WeightSpec): number | null {
  if (spec.quantization) return elements(spec) * QUANTIZED_BYTES[spec.quantization.dtype];
  return spec.dtype === 'string' ? null : elements(spec) * BYTES[spec.dtype];
}

/** A group's files hold its weights end to end: their sizes must agree, before any memory is taken for them. */
export function checkSize(
  subject: string,
  weights: readonly WeightSpec[],
  paths: readonly string[],
  bytes: number,
): void {
  let expected = 0;
  let exact = true;
  for (const spec of weights) {
    const length = byteLength(spec);
    exact &&= length !== null;
    expected += length ?? elements(spec) * STRING_HEADER;
  }
  if (exact ? bytes === expected : bytes >= expected) return;
  const advice = 'The file may be cut off, or belong to another model.';
  throw problem(subject, 'the weight files must have the declared size', { paths, bytes, expected }, advice);
}

/** Strings carry their lengths with them: walks over these, so that the host does not read past the end. */
export function checkStrings(subject: string, weights: readonly WeightSpec[], group: Uint8Array): void {
  const view = new DataView(group.buffer, group.byteOffset, group.byteLength);
  let end = 0;
  for (const spec of weights) {
    const length = byteLength(spec);
    if (length !== null) end += length;
    for (let i = 0; length === null && i < elements(spec) && end <= group.length; i++) {
      end += STRING_HEADER;
      if (end <= group.length) end += view.getUint32(end - STRING_HEADER, true);
    }
  }
  if (end === group.length) return;
  const advice = 'The file may be cut off, or belong to another model.';
  throw problem(subject, 'the string weights must fill their files', { bytes: group.length, expected: end }, advice);
}
