import type { SlabView } from '../contract.js';
import { type Functions, instantiate } from '../wasm/module.js';
import { scratchBytes } from '../wasm/slab.js';

/** A small memory of one's own with the wasm kernels in it: arrays are brought in by chunks, and the results out. */
export interface Stage {
  readonly functions: Functions;
  /** The memory as floats, at least so many bytes of it; null where it cannot grow to that. */
  floats(bytes: number): Float32Array | null;
}

const PAGE = 1 << 16;

function open(): Stage {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const functions = instantiate(memory);
  let view = new Float32Array(memory.buffer);
  return {
    functions,
    floats(bytes) {
      const missing = bytes - view.byteLength;
      if (missing > 0) {
        try {
          memory.grow(Math.ceil(missing / PAGE));
        } catch {
          return null; // the machine has no more
        }
        view = new Float32Array(memory.buffer);
      }
      return view;
    },
  };
}

let stage: Stage | null | undefined;

/** The stage, or null where WebAssembly or its SIMD is missing, or a page forbids it: the loops do without. */
export function theStage(): Stage | null {
  if (stage !== undefined) return stage;
  try {
    stage = open();
  } catch {
    stage = null;
  }
  return stage;
}

/** Places in the memory, in floats, and their addresses; 16-byte aligned, scratch first. */
export function layOut<N extends string>(view: SlabView, sizes: Readonly<Record<N, number>>) {
  let at = Math.ceil(scratchBytes(view, true) / 16) * 4;
  const places = {} as Record<N, number>;
  const addresses = {} as Record<N, number>;
  for (const name of Object.keys(sizes) as N[]) {
    places[name] = at;
    addresses[name] = 4 * at;
    at += Math.ceil(sizes[name] / 4) * 4;
  }
  return { places, addresses, bytes: 4 * at };
}
