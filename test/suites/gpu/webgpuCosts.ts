import type { Tensor } from '@tensorflow/tfjs-core';
import { type Check, expectEqual, expectTrue, normal, type Pack, type Suite, type Tf } from '../harness.js';
import { countCalls, current, registerAgain } from './webgpuBackend.js';

/** What is compiled, and what stays in memory. */

type Norm = (pack: Pack, x: Tensor, gamma: Tensor, beta: Tensor) => Tensor;

const NORMS: Readonly<Record<string, Norm>> = {
  layer: ({ layerNorm }, x, gamma, beta) => layerNorm(x, { gamma, beta }),
  rms: ({ rmsNorm }, x, gamma) => rmsNorm(x, { gamma }),
  group: ({ groupNorm }, x, gamma, beta) => groupNorm(x, { gamma, beta, groups: (x.shape.at(-1) as number) / 2 }),
  instance: ({ instanceNorm }, x, gamma, beta) => instanceNorm(x, { gamma, beta }),
  batch: ({ batchNorm }, x, gamma, beta) => batchNorm(x, { gamma, beta }),
  batchInstance: ({ batchInstanceNorm }, x, gamma, beta) => batchInstanceNorm(x, { gamma, beta }),
  switchable: ({ switchNorm }, x, gamma, beta) => switchNorm(x, { gamma, beta }),
};

/** Twenty, even and odd, small and large, as a network or a batch that changes has them. */
const SHAPES: readonly (readonly number[])[] = [
  ...[6, 16, 64, 130, 256, 768, 1000, 2048].map((C) => [5, 7, C]),
  ...[2, 10, 64, 96].map((C) => [2, 9, 9, C]),
  ...[6, 32, 48, 128].map((C) => [3, 24, 24, C]),
  ...[1, 3, 8, 17].map((B) => [B, 40, 30]),
];

const count = (shape: readonly number[]) => shape.reduce((n, size) => n * size, 1);

function both(tf: Tf, pack: Pack, norm: Norm, shape: readonly number[]): Tensor[] {
  const C = shape.at(-1) as number;
  return tf.tidy(() => {
    const inputs = [tf.tensor(normal(count(shape)), [...shape]), tf.ones([C]), tf.zeros([C])] as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const used = norm === NORMS.rms ? inputs.slice(0, 2) : inputs;
    return tf.grads((...args: Tensor[]) => norm(pack, args[0] as Tensor, args[1] as Tensor, args[2] as Tensor))(used);
  });
}

/** Ours are those whose entry point is `main`. */
const isOurs = (of: unknown) => (of as GPUComputePipelineDescriptor).compute.entryPoint === 'main';

const compiled: Check[] = Object.entries(NORMS).map(([id, norm]) => ({
  name: `twenty shapes compile at most 30 programs: ${id}`,
  async run(tf, pack) {
    const { device } = await registerAgain(tf);
    const programs = await countCalls(
      device,
      'createComputePipeline',
      async () => {
        for (const shape of SHAPES) {
          const found = both(tf, pack, norm, shape);
          await found[0]?.data();
          tf.dispose(found);
        }
      },
      isOurs,
    );
    expectTrue(programs > 1 && programs <= 30, `${programs} programs`);
  },
}));

const memory = async (tf: Tf) => {
  const { numTensors, numDataBuffers, ...rest } = tf.memory();
  return { numTensors, numDataBuffers, bytes: (rest as { numBytesInGPU?: number }).numBytesInGPU };
};

/** How often each norm is called: a thousand and more times all of them together. */
const CALLS = Math.ceil(1000 / Object.keys(NORMS).length);

const leaks: Check[] = Object.entries(NORMS).map(([id, norm], i) => ({
  name: `of a thousand calls forward and backward ${CALLS} leave nothing behind: ${id}`,
  async run(tf, pack) {
    const shapes = [
      [3, 12],
      [2, 6, 6, 8],
      [2, 40, 40, 4],
    ];
    const call = async (at: number) => {
      const found = both(tf, pack, norm, shapes[(i + at) % 3] as number[]);
      if (at % 8 === 7) await found[0]?.data(); // submits: until then buffers wait
      tf.dispose(found);
    };
    const calls = async (count: number) => {
      for (let at = 0; at < count; at++) await call(at);
      await call(7);
    };
    await calls(24);
    const before = await memory(tf);
    const ids = current(tf).numDataIds();
    await calls(CALLS);
    expectEqual(await memory(tf), before, 'memory');
    expectEqual(current(tf).numDataIds(), ids, 'data of the backend');
  },
}));

export const webgpuCosts: Suite = { name: 'webgpu costs', checks: [...compiled, ...leaks] };
