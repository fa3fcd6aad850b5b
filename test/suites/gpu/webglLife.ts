import type { Tensor } from '@tensorflow/tfjs-core';
import {
  type Check,
  expectClose,
  expectEqual,
  expectThrows,
  expectTrue,
  normal,
  type Pack,
  type Suite,
  type Tf,
} from '../harness.js';

/** What happens around the kernels: textures freed, shaders shared, contexts lost. */

interface Backend {
  readonly gpgpu: { readonly gl: WebGL2RenderingContext };
  readonly numBytesInGPU: number;
  readonly binaryCache: Record<string, unknown>;
  numDataIds(): number;
  getAndSaveBinary(key: string, make: () => unknown): unknown;
}

const backendOf = (tf: Tf) => tf.backend() as unknown as Backend;

type Op = (x: Tensor, p: Record<string, Tensor>) => Tensor;

const ops = (pack: Pack): Record<string, Op> => ({
  layer: (x, p) => pack.layerNorm(x, p),
  layerAll: (x, p) => pack.layerNorm(x, { axis: x.shape.map((_, i) => i).slice(1), ...p }),
  rms: (x, { gamma }) => pack.rmsNorm(x, { gamma } as object),
  group: (x, p) => pack.groupNorm(x, { groups: 2, ...p }),
  groupFirst: (x, p) => pack.groupNorm(x, { groups: 2, axis: 1, ...p }),
  instance: (x, p) => pack.instanceNorm(x, p),
  batch: (x, p) => pack.batchNorm(x, p),
  batchFirst: (x, p) => pack.batchNorm(x, { axis: 1, ...p }),
  batchInstance: (x, p) => pack.batchInstanceNorm(x, p),
  switchable: (x, p) => pack.switchNorm(x, p),
  switchableFirst: (x, p) => pack.switchNorm(x, { axis: 1, ...p }),
});

/** The shape of γ and β. */
function affineShape(name: string, shape: number[]): number[] {
  return name === 'layerAll' ? shape.slice(1) : [shape[name.endsWith('First') ? 1 : shape.length - 1] as number];
}

/** Forward and all gradients of a norm on a shape. */
function pass(tf: Tf, pack: Pack, name: string, shape: number[]): void {
  const op = ops(pack)[name] as Op;
  tf.tidy(() => {
    const x = tf.tensor(normal(shape.reduce((n, size) => n * size, 1)), shape);
    const sizes = affineShape(name, shape);
    const [gamma, beta] = [tf.ones(sizes), tf.zeros(sizes)] as [Tensor, Tensor];
    tf.grads((t: Tensor, g: Tensor) => op(t, { gamma: g, beta }))([x, gamma]);
  });
}

const leaks: Check = {
  name: 'nothing is left after 1,000 forward and backward passes',
  run(tf, pack) {
    const all = Object.keys(ops(pack));
    const turn = (times: number) => {
      for (let i = 0; i < times; i++) pass(tf, pack, all[i % all.length] as string, [2, 6, 5, 6]);
    };
    const state = () => {
      const { numTensors, numDataBuffers, numBytesInGPU } = tf.memory() as ReturnType<Tf['memory']> & Backend;
      return { numTensors, numDataBuffers, numBytesInGPU, ids: backendOf(tf).numDataIds() };
    };
    turn(2 * all.length);
    const before = state();
    turn(1000);
    expectEqual(state(), before, 'tensors and bytes');
  },
};

/** 20 shapes, forward and backward: the shaders of ours that are asked for. */
function compiled(name: string, shapes: number[][], what = 'shapes'): Check {
  return {
    name: `at most 30 programs for 20 ${what}: ${name}`,
    run(tf, pack) {
      const backend = backendOf(tf);
      const keys = new Set<string>();
      const get = backend.getAndSaveBinary;
      backend.getAndSaveBinary = function (key, make) {
        if (key.includes('const float CAP')) keys.add(key);
        return get.call(this, key, make);
      };
      try {
        for (const shape of shapes) pass(tf, pack, name, shape);
      } finally {
        delete (backend as Partial<Backend>).getAndSaveBinary;
      }
      expectTrue(keys.size > 0 && keys.size <= 30, `${keys.size} programs`);
    },
  };
}

const rows = Array.from(
  { length: 20 },
  (_, i) =>
    [
      [2, i + 2, 16 * i + 7],
      [i + 3, 12 * i + 8],
      [2, 3, 5, i + 4],
    ][i % 3] as number[],
);
const images = Array.from({ length: 20 }, (_, i) => [2 + (i % 3), 5 + i, 9 + (i % 4), 4 + 2 * i]);
const first = images.map(([n, h, w, c]) => [n, c, h, w] as number[]);

/** Of every rank, with dimensions of 1 here and there: what tfjs tells shapes apart by. */
const sundry = [
  [
    [8, 4],
    [1, 6],
    [200, 2],
    [3, 5000],
    [9, 20],
  ],
  [
    [3, 4, 8],
    [1, 2, 6],
    [4, 2, 1, 4],
    [20, 6, 2],
    [1, 8, 1, 2],
  ],
  [
    [2, 4, 4, 6],
    [1, 2, 9, 8],
    [3, 20, 1, 2],
    [200, 4, 1, 1, 2],
    [1, 6, 33, 2],
  ],
  [
    [2, 2, 3, 4, 6],
    [1, 4, 1, 3, 2],
    [2, 8, 1, 1, 20],
    [4, 6, 2, 9, 4],
    [1, 2, 20, 33, 2],
  ],
].flat();
const ofRank3 = sundry.map((shape) => (shape.length === 2 ? [shape[0] as number, 2, ...shape.slice(1)] : shape));

/** tfjs's way to compile in parallel: every program is asked for once without being run. */
const ahead: Check = {
  name: 'compiled ahead, then run',
  async run(tf, pack) {
    const backend = tf.backend() as unknown as { checkCompileCompletion(): void; getUniformLocations(): void };
    const x = tf.tensor(normal(6 * 17), [6, 17]);
    const gamma = tf.ones([17]);
    const f = (t: Tensor) => tf.square(pack.layerNorm(t, { gamma, beta: gamma }));
    const dx = () => tf.tidy(() => tf.grad(f)(x));
    const own = tf.getBackend();
    tf.env().set('ENGINE_COMPILE_ONLY', true);
    try {
      dx().dispose();
      backend.checkCompileCompletion();
      backend.getUniformLocations();
    } finally {
      tf.env().set('ENGINE_COMPILE_ONLY', false);
    }
    const found = dx();
    const values = await found.data();
    await tf.setBackend('cpu');
    const expected = dx();
    expectClose(values, await expected.data(), { atol: 1e-5, rtol: 1e-5 });
    await tf.setBackend(own);
    tf.dispose([x, gamma, found, expected]);
  },
};

const lost: Check = {
  name: 'a lost context: a clear error, another backend, a new context',
  async run(tf, pack) {
    const own = tf.getBackend();
    const factory = tf.findBackendFactory(own);
    const before = tf.memory().numTensors;
    const x = tf.tensor(normal(12), [3, 4]);
    pass(tf, pack, 'layer', [3, 4]);
    const { binaryCache, gpgpu } = backendOf(tf);
    gpgpu.gl.getExtension('WEBGL_lose_context')?.loseContext();
    expectThrows(() => tf.tidy(() => pack.layerNorm(x)), /WebGL context is lost/, 'Error');
    x.dispose();
    expectTrue(await tf.setBackend('cpu'), 'cpu starts');
    const values = async () => {
      const y = tf.tidy(() => pack.layerNorm(tf.tensor2d([[1, 3]]), { epsilon: 0 }));
      const read = Array.from(await y.data());
      y.dispose();
      return read;
    };
    expectEqual(await values(), [-1, 1], 'on the cpu');
    // tfjs keeps shaders by WebGL version, not by context: in a new one it would take the lost one's.
    for (const key of Object.keys(binaryCache)) delete binaryCache[key];
    tf.removeBackend(own);
    tf.registerBackend(own, factory);
    expectTrue(await tf.setBackend(own), 'the backend starts again');
    expectEqual(await values(), [-1, 1], 'in a new context');
    expectEqual(tf.memory().numTensors, before, 'tensors');
  },
};

export const webglLifeSuite: Suite = {
  name: 'webgl life',
  checks: [
    leaks,
    ...['layer', 'rms'].map((name) => compiled(name, rows)),
    ...['group', 'instance', 'batch', 'batchInstance', 'switchable'].map((name) => compiled(name, images)),
    compiled('groupFirst', first),
    ...['layer', 'layerAll', 'rms', 'batch', 'batchFirst'].map((name) => compiled(name, sundry, 'sundry shapes')),
    ...['group', 'groupFirst', 'instance', 'batchInstance', 'switchable', 'switchableFirst'].map((name) =>
      compiled(name, ofRank3, 'sundry shapes'),
    ),
    ahead,
    lost,
  ],
};
