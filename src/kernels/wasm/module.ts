import type { TensorInfo } from '@tensorflow/tfjs-core';
import { MODULE, SHARED } from './binary.js';

/** What is used of tfjs's wasm backend. */
export interface WasmBackend {
  readonly wasm: {
    /** Of builds without threads. */
    readonly asm?: { readonly memory?: WebAssembly.Memory };
    /** Of the build with threads. */
    readonly wasmMemory?: WebAssembly.Memory;
    _malloc(bytes: number): number;
    _free(address: number): void;
  };
  readonly dataIdMap: { get(dataId: object): { memoryOffset: number | null } | undefined };
  makeOutput(shape: readonly number[], dtype: 'float32'): TensorInfo;
  disposeData(dataId: object): boolean;
}

/** The backend's memory; where it grows, its buffer is another one. */
export function memoryOf({ wasm }: WasmBackend): WebAssembly.Memory {
  return (wasm?.wasmMemory ?? wasm?.asm?.memory) as WebAssembly.Memory;
}

/** The module's functions, all of numbers: addresses, sizes, flags. */
export type Functions = Readonly<
  Record<
    | 'normalizeRows'
    | 'normalizeLanes'
    | 'normalizeRuns'
    | 'applyRows'
    | 'applyLaneSets'
    | 'applyRuns'
    | 'rowsGradient'
    | 'lanesGradient'
    | 'runsGradient'
    | 'affineSets'
    | 'givenStatistics'
    | 'momentsCoefficients',
    (...values: number[]) => void
  >
>;

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

/** The module's bytes: it names the kind of memory it imports. */
export function moduleBytes(isShared: boolean): Uint8Array<ArrayBuffer> {
  const { from, to, bytes } = SHARED;
  return bytesOf(isShared ? MODULE.slice(0, 2 * from) + bytes + MODULE.slice(2 * to) : MODULE);
}

/** The kernels in a memory: they read and write tensors where they lie. */
export function instantiate(memory: WebAssembly.Memory): Functions {
  const isShared = typeof SharedArrayBuffer !== 'undefined' && memory.buffer instanceof SharedArrayBuffer;
  const module = new WebAssembly.Module(moduleBytes(isShared));
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Functions;
}

function inBackend(backend: WasmBackend): Functions {
  const memory = memoryOf(backend);
  if (!(memory instanceof WebAssembly.Memory) || typeof backend.wasm._malloc !== 'function') {
    throw new Error('this version of tfjs-backend-wasm does not show its memory');
  }
  return instantiate(memory);
}

const instances = new WeakMap<object, Functions | null>();
/** There is one backend as a rule: looking it up in a map costs every call. */
let last: { readonly backend: WasmBackend; readonly functions: Functions | null } | undefined;

/** The functions for a backend, or null, with one warning, where it cannot have them. */
export function functionsOf(backend: WasmBackend): Functions | null {
  if (last?.backend === backend) return last.functions;
  let functions = instances.get(backend);
  if (functions === undefined) {
    functions = null;
    try {
      functions = inBackend(backend);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      console.warn(`tfjs-normalization: composed operations take the place of wasm kernels (${reason}).`);
    }
    instances.set(backend, functions);
  }
  last = { backend, functions };
  return functions;
}
