import type { WasmBackend } from './module.js';

/** Scratch up to this size stays allocated for the next call. */
const KEPT = 1 << 18;

const kept = new WeakMap<object, number>();

/** Runs a kernel with so many bytes of the backend's memory, which it must not touch afterwards. */
export function withScratch(backend: WasmBackend, bytes: number, run: (address: number) => void): void {
  const { wasm } = backend;
  if (bytes <= KEPT) {
    let address = kept.get(backend);
    if (address === undefined) {
      address = wasm._malloc(KEPT);
      kept.set(backend, address);
    }
    run(address);
    return;
  }
  const address = wasm._malloc(bytes);
  if (address === 0) throw new Error(`tfjs-normalization: out of memory (${bytes} bytes of scratch).`);
  try {
    run(address);
  } finally {
    wasm._free(address);
  }
}
