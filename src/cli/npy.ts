/** Arrays of NumPy: a header in Python's words, then the values. https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
import type { Tensor } from '@tensorflow/tfjs-core';
import { readBytes } from './file.js';
import { UsageError } from './host.js';
import type { Opened } from './tfjs.js';

const ADVICE = "Write it by numpy.save('inputs.npy', inputs.astype('float32')).";
const WANTED = { most: 2_000_000_000, name: 'inputs', advice: ADVICE };
const MAGIC = '\x93NUMPY';

const READ: Readonly<Record<string, (data: ArrayBuffer) => ArrayLike<number>>> = {
  '<f4': (data) => new Float32Array(data),
  '<f8': (data) => new Float64Array(data),
  '<i4': (data) => new Int32Array(data),
  '|u1': (data) => new Uint8Array(data),
};

/** Values and shape of the bytes of a `.npy` file. */
export function parseNpy(bytes: Uint8Array, name: string): { values: Float32Array; shape: number[] } {
  const refuse = (why: string) => new UsageError(`${name} ${why}. ${ADVICE}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = bytes[6] === 1 ? 10 : 12;
  if (bytes.length < 12 || String.fromCharCode(...bytes.subarray(0, 6)) !== MAGIC) throw refuse('is no .npy file');
  const length = start === 10 ? view.getUint16(8, true) : view.getUint32(8, true);
  const header = new TextDecoder('latin1').decode(bytes.subarray(start, start + length));
  const type = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const sides = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1];
  if (sides === undefined) throw refuse('has a header that is cut off, or not NumPy’s');
  const read = type !== undefined && Object.hasOwn(READ, type) ? READ[type] : undefined;
  if (!read || type === undefined) throw refuse(`holds ${type ?? 'something else'}, not an array of float32`);
  const shape = (sides.match(/\d+/g) ?? []).map(Number);
  if (shape.length === 0) throw refuse('holds one number, not examples');
  if (/'fortran_order':\s*True/.test(header)) throw refuse('has its values column by column');
  const data = Uint8Array.prototype.slice.call(bytes, start + length); // A Buffer's own slice copies nothing.
  const expected = shape.reduce((size, side) => size * side, Number(type.slice(-1)));
  if (data.length !== expected) throw refuse(`holds ${data.length} bytes of values, its shape needs ${expected}`);
  return { values: Float32Array.from(read(data.buffer)), shape };
}

/** Examples a batch; more take memory and tell no more. */
const BATCH = 32;

/** Inputs of a model in batches, from a file for each input. */
export async function readBatches({ tf }: Opened, files: readonly string[]): Promise<Tensor[][]> {
  const inputs: Tensor[] = [];
  for (const file of files) {
    const { values, shape } = parseNpy(await readBytes(file, WANTED), file);
    inputs.push(tf.tensor(values, shape)); // [examples, …]
  }
  const count = Math.min(...inputs.map(({ shape }) => shape[0] ?? 0));
  const same = inputs.every(({ shape }) => shape[0] === count);
  if (!same || count === 0) throw new UsageError(`${files.join(', ')} must hold the same examples, one at least.`);
  const starts = Array.from({ length: Math.ceil(count / BATCH) }, (_, i) => i * BATCH);
  return starts.map((start) => inputs.map((input) => tf.slice(input, start, Math.min(BATCH, count - start))));
}
