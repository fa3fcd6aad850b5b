import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import * as pack from '../../src/index.js';
import type { Check, Tf } from '../suites/harness.js';
import type { Run } from './runs.js';

/** A backend started and one check run on it, in a page as in Node. */

export async function startBackend(tf: Tf, { backend, flags = {} }: Run): Promise<void> {
  // With IS_TEST the engine itself looks for kernels that leak.
  tf.env().setFlags({ IS_TEST: true, ...flags });
  const started = await tf.setBackend(backend);
  await tf.ready();
  if (!started || tf.getBackend() !== backend)
    throw new Error(`${backend} did not start: tfjs is on ${tf.getBackend()}`);
}

/** WebGPU reports what is wrong with a program to nobody who does not ask, and gives zeros. */
export async function withoutErrors(tf: Tf, f: () => void | Promise<void>): Promise<void> {
  if (tf.getBackend() !== 'webgpu') return f();
  const { device } = tf.backend() as WebGPUBackend;
  device.pushErrorScope('validation');
  const failure = await Promise.resolve()
    .then(f)
    .then(
      () => undefined,
      (thrown: unknown) => ({ thrown }),
    );
  const error = await device.popErrorScope();
  // A faulty program is why the check failed, if it did.
  if (error) throw new Error(`WebGPU: ${error.message}${failure ? `\n${failure.thrown}` : ''}`);
  if (failure) throw failure.thrown;
}

export async function runCheck(tf: Tf, check: Check): Promise<void> {
  const before = tf.memory().numTensors;
  await withoutErrors(tf, () => check.run(tf, pack));
  const left = tf.memory().numTensors - before;
  if (left !== 0) throw new Error(`${left} tensors left behind`);
}
