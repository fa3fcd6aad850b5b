/** A worker of the page: it tries the backends, or trains one model. The page ends it when it wants no more of it. */
import '@tensorflow/tfjs-backend-webgl';
import '@tensorflow/tfjs-backend-webgpu';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../backend.js';
import { digitsOf } from '../data.js';
import { train } from '../train.js';
import { PAGE_BACKENDS, type PageBackend, type Report, type Request } from './protocol.js';

const send = (report: Report) => postMessage(report);
const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** What a browser lacks where tfjs does not even register the backend. */
const LACKS: Readonly<Record<PageBackend, string>> = {
  wasm: 'this browser has no WebAssembly',
  webgl: 'this browser has no WebGL in workers',
  webgpu: 'this browser has no WebGPU',
  cpu: 'it is not part of this page',
};

/** Why a backend does not start, in the words of whoever refused; null where it does, and computes. */
async function unavailable(backend: PageBackend): Promise<string | null> {
  const make = tf.findBackendFactory(backend);
  if (!make) return LACKS[backend];
  if (backend === 'webgpu' && !(await navigator.gpu?.requestAdapter())) return 'the browser offers no WebGPU adapter';
  try {
    // `setBackend` would say no more than false, and write the reason to the console.
    const made = await make();
    tf.removeBackend(backend);
    tf.registerBackend(backend, () => made);
    await useBackend(backend);
    const sum = tf.tidy(() => tf.add(tf.ones([64, 64]), 1));
    const [two] = await sum.data();
    sum.dispose();
    return two === 2 ? null : `1 + 1 came out as ${two}`;
  } catch (error) {
    return textOf(error);
  }
}

async function probe(): Promise<void> {
  for (const backend of PAGE_BACKENDS) send({ kind: 'backend', backend, unavailable: await unavailable(backend) });
}

async function fetchDigits() {
  const response = await fetch('/digits.csv');
  if (!response.ok) throw new Error(`The digits could not be loaded (${response.status}).`);
  return digitsOf(await response.text());
}

async function answer(request: Request): Promise<void> {
  setWasmPaths('/wasm/');
  // Threads would cost these small layers more than they bring, and two models have a core each as it is.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  if (request.kind === 'probe') return probe();
  await useBackend(request.backend);
  await train(request.task, await fetchDigits(), {
    progress: (progress) => send({ kind: 'progress', progress }),
    epoch: (epoch) => send({ kind: 'epoch', epoch }),
  });
}

addEventListener('message', async ({ data }: MessageEvent<Request>) => {
  try {
    await answer(data);
    send({ kind: 'done' });
  } catch (error) {
    send({ kind: 'failed', reason: textOf(error) });
  }
});
