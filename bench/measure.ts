/** What does not depend on the clock: kernels dispatched, memory at its highest, distance from float64. */
import * as tf from '@tensorflow/tfjs-core';
import type { Candidate } from './candidates/types.js';
import { errorOf, type Results } from './float64.js';

export interface Costs {
  /** How often each kernel ran. */
  readonly kernels?: Readonly<Record<string, number>>;
  readonly dispatches?: number;
  /** Bytes above what was there before, at the highest point. */
  readonly peak?: number;
  /** Largest difference from float64, as a share of the largest value. */
  readonly error?: number;
}

interface Allocator {
  _malloc(bytes: number): number;
  _free(pointer: number): void;
}

interface Store {
  set(id: object, value: { values?: { byteLength?: number } | null }): void;
  delete(id: object): boolean;
}

/** Live bytes, and the most there were. */
class Meter<Id> {
  peak = 0;
  private live = 0;
  private readonly sizes = new Map<Id, number>();

  add(id: Id, bytes: number): void {
    this.remove(id);
    this.sizes.set(id, bytes);
    this.live += bytes;
    this.peak = Math.max(this.peak, this.live);
  }

  /** What was there before the meter is not counted when it goes either. */
  remove(id: Id): void {
    this.live -= this.sizes.get(id) ?? 0;
    this.sizes.delete(id);
  }
}

/** Ends the watch; gives the peak. */
type Watch = () => number;

/** tfjs-wasm's allocator: tensors and the scratch of kernels go through it. (What C++ takes for itself does not.) */
function watchHeap(heap: Allocator): Watch {
  const { _malloc: malloc, _free: free } = heap;
  const meter = new Meter<number>();
  heap._malloc = (bytes) => {
    const pointer = malloc(bytes);
    meter.add(pointer, bytes);
    return pointer;
  };
  heap._free = (pointer) => {
    meter.remove(pointer);
    free(pointer);
  };
  return () => {
    Object.assign(heap, { _malloc: malloc, _free: free });
    return meter.peak;
  };
}

/** The arrays that the cpu backend holds. */
function watchStore(store: Store): Watch {
  const { set, delete: remove } = store;
  const meter = new Meter<object>();
  store.set = (id, value) => {
    meter.add(id, value.values?.byteLength ?? 0);
    set.call(store, id, value);
  };
  store.delete = (id) => {
    meter.remove(id);
    return remove.call(store, id);
  };
  return () => {
    Object.assign(store, { set, delete: remove });
    return meter.peak;
  };
}

/**
 * `tf.memory` counts bytes that two tensors share twice; what the backends really hold is asked of them. (TensorFlow does not
 * say.)
 */
function watchMemory(): Watch {
  const { wasm, data } = tf.backend() as { wasm?: Allocator; data?: Store };
  if (wasm) return watchHeap(wasm);
  return data ? watchStore(data) : () => Number.NaN;
}

interface Profiled {
  readonly costs: Costs;
  readonly tensors: readonly tf.Tensor[];
}

/** Runs once under tf's profiler, which must not read every result to look for NaN: that alone fills the memory. */
async function profile(tensors: () => tf.Tensor[]): Promise<Profiled> {
  tf.env().set('CHECK_COMPUTATION_FOR_ERRORS', false);
  const peakOf = watchMemory();
  const { kernels, result } = await tf.profile(tensors as unknown as () => tf.TensorContainer);
  const peak = peakOf();
  const counts: Record<string, number> = {};
  for (const { name } of kernels) counts[name] = (counts[name] ?? 0) + 1;
  return {
    costs: { kernels: counts, dispatches: kernels.length, ...(Number.isNaN(peak) ? {} : { peak }) },
    tensors: result as unknown as tf.Tensor[],
  };
}

export interface Measurement {
  readonly costs: Costs;
  /** Milliseconds of the first run: of a slow candidate all that needs to be known to plan its rounds. */
  readonly first: number;
}

/** The costs of one candidate; its first run, too, so that one that cannot run fails here. */
export async function measure(candidate: Candidate, truth: () => Results): Promise<Measurement> {
  const leave = candidate.enter?.();
  try {
    const started = performance.now();
    await candidate.run(); // a kernel may keep scratch from its first run on
    const first = performance.now() - started;
    const { costs, tensors }: Profiled = candidate.tensors
      ? await profile(candidate.tensors)
      : { costs: {}, tensors: [] };
    const results = await candidate.results?.(tensors);
    tf.dispose([...tensors]);
    return { costs: results ? { ...costs, error: errorOf(results, truth()) } : costs, first };
  } finally {
    leave?.();
  }
}
