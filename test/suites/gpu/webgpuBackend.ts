import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { Tf } from '../harness.js';

/** The webgpu backend as checks need it: counted, and made anew. */

export const current = (tf: Tf): WebGPUBackend => tf.backend() as WebGPUBackend;

/** A backend on a device of its own, which tfjs does not know of. */
export async function another(tf: Tf): Promise<WebGPUBackend> {
  return (await tf.findBackendFactory('webgpu')()) as WebGPUBackend;
}

/** The backend registered again, with a new device. */
export async function registerAgain(tf: Tf): Promise<WebGPUBackend> {
  const factory = tf.findBackendFactory('webgpu');
  tf.removeBackend('webgpu');
  tf.registerBackend('webgpu', factory, 3);
  await tf.setBackend('webgpu');
  return current(tf);
}

type Method<T> = { [K in keyof T]: T[K] extends (...args: never[]) => unknown ? K : never }[keyof T];

/** Counts the calls of a method that `f` makes, or those that `counts`. */
export async function countCalls<T extends object>(
  of: T,
  method: Method<T>,
  f: () => unknown,
  counts: (argument: unknown) => boolean = () => true,
): Promise<number> {
  const original = of[method] as (...args: unknown[]) => unknown;
  let calls = 0;
  Object.defineProperty(of, method, {
    configurable: true,
    value: (...args: unknown[]) => {
      if (counts(args[0])) calls++;
      return original.apply(of, args);
    },
  });
  try {
    await f();
  } finally {
    Reflect.deleteProperty(of, method); // the prototype has it
  }
  return calls;
}

/** Programs run on the GPU by `f`: ours are among tfjs's own. */
export const dispatches = (tf: Tf, f: () => unknown): Promise<number> =>
  countCalls(current(tf), 'runWebGPUProgram', () => tf.tidy(() => void f()));

/** The backend on a device that allows less. */
export function limited(backend: WebGPUBackend, limits: Record<string, number>): WebGPUBackend {
  const bound = (of: object, key: string | symbol) => {
    const value = Reflect.get(of, key);
    return typeof value === 'function' ? value.bind(of) : value;
  };
  const all = new Proxy(backend.device.limits, { get: (of, key) => limits[key as string] ?? Reflect.get(of, key) });
  const device = new Proxy(backend.device, { get: (of, key) => (key === 'limits' ? all : bound(of, key)) });
  return new Proxy(backend, { get: (of, key) => (key === 'device' ? device : bound(of, key)) });
}
