import * as tf from '@tensorflow/tfjs-core';
import type { Inputs } from './tensors.js';
import type { Candidate, Problem } from './types.js';

/** What of tfjs-wasm's insides is needed: where a tensor lies. */
interface WasmBackend {
  readonly wasm: { readonly HEAPU8: Uint8Array };
  readonly dataIdMap: { get(dataId: object): { memoryOffset: number } };
}

function onHeap(t: tf.Tensor): Float32Array {
  const { wasm, dataIdMap } = tf.backend() as unknown as WasmBackend;
  return new Float32Array(wasm.HEAPU8.buffer, dataIdMap.get(t.dataId).memoryOffset >>> 0, t.size);
}

/** `Float32Array.set` between two tensors of the heap. The views break when the heap grows. */
function copyOnHeap(x: tf.Tensor): Candidate {
  const target = tf.zerosLike(x);
  let [from, to] = [onHeap(x), onHeap(target)];
  return {
    name: 'copy',
    run() {
      if (from.length === 0) [from, to] = [onHeap(x), onHeap(target)];
      to.set(from);
    },
    dispose: () => target.dispose(),
    note: 'Float32Array.set inside the heap',
  };
}

/** Where outputs are fresh arrays, their pages cost more than their values. */
function copyToFresh(values: Float32Array): Candidate {
  let copy: Float32Array | undefined;
  return {
    name: 'copy',
    run() {
      copy = new Float32Array(values);
    },
    dispose() {
      copy = undefined;
      return copy;
    },
    note: 'new Float32Array(x)',
  };
}

/** What the ratios are to: a copy, relu, and the least bytes that a forward and a backward pass can move. */
export function anchors({ pass, backend, data }: Problem, { x, dy }: Inputs): Candidate[] {
  const found = [backend === 'wasm' ? copyOnHeap(x) : copyToFresh(data.x)];
  const relu = () => [tf.relu(x)];
  const traffic = () => [tf.relu(x), tf.add(x, dy)];
  const run = (tensors: () => tf.Tensor[]) => () => {
    for (const t of tensors()) t.dispose();
  };
  found.push({ name: 'relu', run: () => tf.relu(x).dispose(), tensors: relu });
  if (pass !== 'forward') {
    found.push({ name: 'traffic', run: run(traffic), tensors: traffic, note: 'relu(x), add(x, dy)' });
  }
  return found;
}
