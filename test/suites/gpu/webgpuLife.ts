import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import type { NormalizeAttrs } from '../../../src/kernels/contract.js';
import { webgpuKernels } from '../../../src/kernels/webgpu/kernels.js';
import { type Check, expectClose, expectEqual, expectThrows, expectTrue, normal, type Suite } from '../harness.js';
import { another, countCalls, current, limited, registerAgain } from './webgpuBackend.js';

/** Devices that come and go, other versions of tfjs, and what is left behind. */

const VIEW = { B: 4, S: 1, G: 1, K: 8, T: 1 };
const ATTRS: NormalizeAttrs = { view: VIEW, epsilon: 1e-3, center: true, keep: 'saved' };
const VALUES = normal(32, { mean: 3 });

function expected(): Float32Array {
  return VALUES.map((value, i) => {
    const row = VALUES.subarray(i - (i % 8), i - (i % 8) + 8);
    const mean = row.reduce((a, b) => a + b) / 8;
    const variance = row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 8;
    return (value - mean) / Math.sqrt(variance + ATTRS.epsilon);
  });
}

const kernel = () => webgpuKernels.Normalize as NonNullable<typeof webgpuKernels.Normalize>;

function input(backend: WebGPUBackend): { x: Tensor } {
  return { x: backend.makeTensorInfo([4, 8], 'float32', VALUES.slice()) as Tensor };
}

/** Layer norm by the kernel alone, on a backend that need not be registered. */
async function runOn(backend: WebGPUBackend): Promise<void> {
  const inputs = input(backend);
  expectTrue(kernel().accepts?.(inputs, ATTRS, backend) === true, 'the kernel accepts');
  const [y] = kernel().run(inputs, ATTRS, backend) as [TensorInfo];
  expectClose((await backend.read(y.dataId)) as Float32Array, expected(), { atol: 1e-5, rtol: 0 });
}

const submissions = (backend: WebGPUBackend, f: () => unknown) => countCalls(backend.queue, 'submit', f);

const recorded: Check = {
  name: 'work is recorded among tfjs’s own, once that is known to work',
  async run(tf) {
    const backend = await another(tf);
    await runOn(backend); // the answer comes with the first result at the latest
    await runOn(backend);
    const count = await submissions(backend, () => void kernel().run(input(backend), ATTRS, backend));
    expectEqual(count, 0, 'submissions of a call');
  },
};

/** A tfjs that takes the pipeline of its cache instead of the program's; `around` is what runs it. */
function withoutAccessor(backend: WebGPUBackend, around: (run: () => TensorInfo) => TensorInfo = (run) => run()): void {
  const original = backend.runWebGPUProgram.bind(backend);
  backend.runWebGPUProgram = (program, ...rest) => {
    const { variableNames, outputShape, dispatchLayout, dispatch, workgroupSize, shaderKey } = program;
    const getUserCode = () => program.getUserCode();
    const plain = { variableNames, outputShape, dispatchLayout, dispatch, workgroupSize, shaderKey, getUserCode };
    return around(() => original(plain, ...rest));
  };
}

const submitted: Check = {
  name: 'where a program’s own pipeline is not used, work is submitted on its own',
  async run(tf) {
    const backend = await another(tf);
    withoutAccessor(backend);
    for (let i = 0; i < 3; i++) await runOn(backend);
    const count = await submissions(backend, () => void kernel().run(input(backend), ATTRS, backend));
    expectEqual(count, 2, 'submissions of a call');
  },
};

const neither: Check = {
  name: 'where that does not work either, the kernels decline from then on',
  async run(tf) {
    const backend = await another(tf);
    const upload = backend.uploadToGPU.bind(backend);
    let isInside = false;
    withoutAccessor(backend, (run) => {
      isInside = true;
      try {
        return run();
      } finally {
        isInside = false;
      }
    });
    backend.uploadToGPU = (dataId) => {
      if (!isInside) throw new Error('for tfjs alone');
      upload(dataId);
    };
    const inputs = input(backend);
    expectEqual(kernel().accepts?.(inputs, ATTRS, backend), true, 'at first');
    expectThrows(() => kernel().run(inputs, ATTRS, backend), /for tfjs alone/, 'Error');
    for (let i = 0; i < 100 && kernel().accepts?.(inputs, ATTRS, backend); i++)
      await new Promise((done) => setTimeout(done, 20));
    expectEqual(kernel().accepts?.(inputs, ATTRS, backend), false, 'then');
  },
};

const declined: Check = {
  name: 'where the backend lacks a method or the device is too small, the kernels decline',
  async run(tf) {
    const backend = await another(tf);
    const inputs = input(backend);
    const fresh = await another(tf);
    Object.defineProperty(fresh, 'submitQueue', { value: undefined });
    expectEqual(kernel().accepts?.(inputs, ATTRS, fresh), false, 'without submitQueue');
    expectEqual(kernel().accepts?.(inputs, ATTRS, backend), true, 'with everything');
    expectEqual(kernel().accepts?.(inputs, ATTRS, limited(backend, { maxStorageBuffersPerShaderStage: 4 })), false);
  },
};

const large: Check = {
  name: 'a tensor that the device cannot bind is refused in words',
  async run(tf) {
    const backend = limited(await another(tf), { maxStorageBufferBindingSize: 64 });
    const inputs = input(backend);
    const before = backend.numDataIds();
    expectThrows(() => kernel().accepts?.(inputs, ATTRS, backend), /\[4,8\] has 128 bytes.* takes 64/, 'Error');
    expectEqual(backend.numDataIds(), before, 'data of the backend');
  },
};

const lost: Check = {
  name: 'a lost device is named at the next call, and a new one works',
  async run(tf) {
    const backend = await another(tf);
    await runOn(backend);
    backend.device.destroy();
    await backend.device.lost;
    expectThrows(() => kernel().accepts?.(input(backend), ATTRS, backend), /WebGPU device was lost/, 'Error');
    await runOn(await another(tf));
  },
};

const again: Check = {
  name: 'the backend registered again, with a new device',
  async run(tf, pack) {
    const before = current(tf);
    const x = () => tf.tensor(VALUES, [4, 8]);
    tf.tidy(() => void pack.layerNorm(x())); // the loss of a device is noticed once it has been used
    before.device.destroy();
    await before.device.lost;
    try {
      expectThrows(() => tf.tidy(() => void pack.layerNorm(x())), /WebGPU device was lost/, 'Error');
      await tf.setBackend('cpu');
      const elsewhere = tf.tidy(() => pack.layerNorm(x()));
      expectClose(await elsewhere.data(), expected(), { atol: 1e-5, rtol: 0 });
      tf.dispose(elsewhere);
    } finally {
      await registerAgain(tf); // for the checks after this
    }
    const y = tf.tidy(() => pack.layerNorm(x()));
    expectClose(await y.data(), expected(), { atol: 1e-5, rtol: 0 });
    expectTrue(current(tf) !== before, 'another backend');
    tf.dispose(y);
  },
};

export const webgpuLife: Suite = {
  name: 'webgpu devices',
  checks: [recorded, submitted, neither, declined, large, lost, again],
};
