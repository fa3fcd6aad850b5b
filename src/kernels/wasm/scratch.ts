import type { WasmBackend } from './module.js';

/** Scratch up to this size stays allocated for the next call. */
const KEPT = 1 << 18;

const KEPT_AT = Symbol('tfnorm.scratch');
type Holder = WasmBackend & { [KEPT_AT]?: number };

function allocate(backend: WasmBackend, bytes: number): number {
  const address = backend.wasm._malloc(bytes);
  if (address === 0) throw new Error(`tfjs-normalization: out of memory (${bytes} bytes of scratch).`);
  return address;
}

function keptBy(backend: Holder): number {
  let address = backend[KEPT_AT];
  if (address === undefined) {
    address = allocate(backend, KEPT);
    backend[KEPT_AT] = address;
  }
  return address;
}

/** So many bytes of the backend's memory, to be given back with {@link release} after the call. */
export function scratch(backend: WasmBackend, bytes: number): number {
  if (bytes <= KEPT) return keptBy(backend);
  return allocate(backend, bytes);
}

export function release(backend: WasmBackend, bytes: number, address: number): void {
  if (bytes > KEPT) backend.wasm._free(address);
}
