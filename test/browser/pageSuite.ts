import { getThreadsCount } from '@tensorflow/tfjs-backend-wasm';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { Tensor } from '@tensorflow/tfjs-core';
import {
  type Check,
  expectClose,
  expectEqual,
  expectTrue,
  normal,
  type Pack,
  type Suite,
  type Tf,
} from '../suites/harness.js';
import { reference } from '../suites/reference.js';
import { ACTIVATIONS, forward, parameters, plain, result, sample, tolerance } from '../suites/subjects.js';
import { withoutErrors } from './device.js';
import type { Run } from './runs.js';
import { inWorker } from './worker.js';

/** What is asked of a page besides the lists: that the run is what it says, and what only a page can show. */

const [row] = ACTIVATIONS.filter(({ id }) => id === 'layer') as [(typeof ACTIVATIONS)[number]];

async function normalizes(tf: Tf, pack: Pack): Promise<void> {
  const subject = sample(row);
  expectClose(await result(tf, pack, subject), reference(subject, subject.x, plain(subject)), tolerance(tf));
}

/** Threads share their memory; it is what tells the threaded binary from the other two. */
function threads(run: Run): Check {
  const wanted = run.name === 'wasm threads';
  return {
    name: `memory is ${wanted ? '' : 'not '}shared`,
    run(tf) {
      expectTrue(globalThis.crossOriginIsolated, 'the page is isolated');
      const { wasm } = tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } };
      expectEqual(wasm.HEAPU8.buffer instanceof SharedArrayBuffer, wanted, 'shared');
      if (wanted) expectTrue(getThreadsCount() > 1, `${getThreadsCount()} thread`);
    },
  };
}

/** 2049 is no half: it would come back as 2048. */
function textures({ half }: Run): Check {
  return {
    name: `textures hold ${half ? 'halves' : 'floats'}`,
    async run(tf) {
      const y = tf.tidy(() => tf.add(tf.tensor1d([2000, 2000]), 49));
      const values = Array.from(await y.data());
      y.dispose();
      const expected = half ? 2048 : 2049;
      expectEqual(values, [expected, expected], '2000 + 49');
    },
  };
}

/** WebGPU itself tells nobody: it is the runner that must. */
const faultyProgram: Check = {
  name: 'a faulty program fails a check',
  async run(tf) {
    const { device } = tf.backend() as WebGPUBackend;
    const fault = withoutErrors(tf, () => void device.createShaderModule({ code: 'no program' }));
    const said = await fault.then(
      () => 'nothing',
      ({ message }: Error) => message,
    );
    expectTrue(/^WebGPU: .*no program/s.test(said), `the runner said ${said}`);
  },
};

/** One kernel, and no word of composed operations in its place. */
const ownKernel: Check = {
  name: 'layerNorm is one kernel of its own',
  async run(tf, pack) {
    const { warn } = console;
    const said: unknown[] = [];
    console.warn = (...words) => said.push(...words);
    const x = tf.ones([2, 3, 8]);
    try {
      const { kernelNames, result: y } = await tf.profile(() => pack.layerNorm(x));
      expectEqual(kernelNames.length, 1, `kernels (${kernelNames})`);
      tf.dispose(y as object as Parameters<Tf['dispose']>[0]);
    } finally {
      console.warn = warn;
      x.dispose();
    }
    expectEqual(said, [], 'warnings');
  },
};

/** Imported long ago, the package serves whatever backend there is now. */
const another: Check = {
  name: 'another backend and back',
  async run(tf, pack) {
    const own = tf.getBackend();
    for (const backend of ['cpu', own, 'cpu', own]) {
      expectTrue(await tf.setBackend(backend), `${backend} starts`);
      await normalizes(tf, pack);
    }
  },
};

/** As after a lost device: a new backend under the old name. Nothing of the old one may be used. */
const registeredAgain: Check = {
  name: 'registered again',
  async run(tf, pack) {
    const own = tf.getBackend();
    const factory = tf.findBackendFactory(own);
    tf.removeBackend(own);
    tf.registerBackend(own, factory);
    expectTrue(await tf.setBackend(own), `${own} starts again`);
    await normalizes(tf, pack);
  },
};

/** Forward on one backend, the gradient on another: what was saved is read there, or computed again from x. */
function switched(own: Run['backend']): Check {
  // Nothing that lies on a WebGPU device can be read at once, which is what tfjs does to bring it to another backend.
  const ways =
    own === 'webgpu'
      ? [['cpu', own]]
      : [
          ['cpu', own],
          [own, 'cpu'],
        ];
  return {
    name: 'the backend switched between forward and gradient',
    async run(tf, pack) {
      const gradient = async (norm: (typeof ACTIVATIONS)[number], from: string, to: string) => {
        const subject = sample(norm);
        await tf.setBackend(from);
        const dx = tf.tidy(() => {
          const f = (x: Tensor) => {
            const y = forward(tf, pack, subject, x, parameters(tf, subject));
            void tf.setBackend(to); // both have started: it takes effect at once
            return tf.sum(tf.mul(y, tf.tensor(normal(subject.x.length, { seed: 5 }), [...subject.shape])));
          };
          return tf.grad(f)(tf.tensor(subject.x, [...subject.shape]));
        });
        const values = await dx.data();
        dx.dispose();
        return values;
      };
      for (const norm of ACTIVATIONS) {
        const expected = await gradient(norm, 'cpu', 'cpu');
        for (const [from, to] of ways as [string, string][]) {
          const close = { atol: 2e-5, rtol: 2e-5 };
          expectClose(await gradient(norm, from, to), expected, close, `${norm.id}, ${from} to ${to}`);
        }
      }
      await tf.setBackend(own);
    },
  };
}

function worker(run: Run): Check {
  return {
    name: 'gradients in a dedicated worker',
    run: async () => {
      const failures = await inWorker(run.name, 'gradients', /^first order/);
      expectEqual(failures, [], 'failures');
    },
  };
}

export function pageSuite(run: Run): Suite {
  const own = [ownKernel, run.backend === 'wasm' ? threads(run) : worker(run)];
  if (run.backend === 'webgl') own.push(textures(run));
  if (run.backend === 'webgpu') own.push(faultyProgram);
  return {
    name: 'page',
    checks: run.half
      ? own.filter(({ name }) => !/worker/.test(name))
      : [...own, another, switched(run.backend), registeredAgain],
  };
}
