import * as tf from '@tensorflow/tfjs-core';

/** The one method through which each backend starts all its programs, ours too. */
const METHODS: Readonly<Record<string, string>> = { webgpu: 'runWebGPUProgram', webgl: 'runWebGLProgram' };

/** How many programs `f` starts on the backend of the moment. Whoever wants the warm number has run it before. */
export function programsOf(f: () => unknown): number {
  const method = METHODS[tf.getBackend()];
  if (!method) throw new Error(`Programs of ${tf.getBackend()} cannot be counted.`);
  const backend = tf.backend() as unknown as Record<string, (...args: unknown[]) => unknown>;
  const original = backend[method] as (...args: unknown[]) => unknown;
  let count = 0;
  backend[method] = (...args) => {
    count++;
    return original.apply(backend, args);
  };
  try {
    f();
  } finally {
    delete backend[method]; // the prototype has it
  }
  return count;
}
