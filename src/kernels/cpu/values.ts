import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';

/** What is used of tfjs's `MathBackendCPU`, which the package does not import. */
export interface CpuBackend {
  readonly data: { get(dataId: object): { readonly values?: unknown } };
  makeTensorInfo(shape: number[], dtype: 'float32' | 'int32', values: Float32Array | Int32Array): TensorInfo;
}

/** Whether all inputs that are there hold floats; others go to the composed ops, which cast. */
export function allFloat(inputs: object): boolean {
  for (const t of Object.values(inputs) as (Tensor | undefined)[]) if (t && t.dtype !== 'float32') return false;
  return true;
}

/** The values where they lie. The backend also keeps what it was given: plain arrays and buffers are copied. */
export function floats(backend: CpuBackend, t: TensorInfo): Float32Array {
  const { values } = backend.data.get(t.dataId);
  if (values instanceof Float32Array) return values;
  return new Float32Array(values as ArrayLike<number> | ArrayBuffer);
}

/** Loops read parameters as doubles: converted once here, not at every row. Absent ones become a constant. */
export function doubles(backend: CpuBackend, t: TensorInfo | undefined, size: number, absent: number): Float64Array {
  return t ? new Float64Array(floats(backend, t)) : new Float64Array(size).fill(absent);
}

export function floatTensor(backend: CpuBackend, shape: number[], values: Float32Array | Float64Array): TensorInfo {
  return backend.makeTensorInfo(shape, 'float32', values instanceof Float32Array ? values : new Float32Array(values));
}
