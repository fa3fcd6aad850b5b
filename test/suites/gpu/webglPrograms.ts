import type { Tensor } from '@tensorflow/tfjs-core';
import { provideKernels } from '../../../src/kernels/dispatch.js';
import { webglKernels } from '../../../src/kernels/webgl/kernels.js';
import { type Check, expectTrue, normal, type Pack, type Suite, type Tf } from '../harness.js';

/** How many programs a call takes, its inputs on the device: what a GPU pays for small tensors. */

interface Watched {
  runWebGLProgram(...args: unknown[]): unknown;
}

/** The programs that `f` runs the second time: the first one uploads. */
export function programs(tf: Tf, f: () => unknown): number {
  tf.tidy(() => void f());
  const backend = tf.backend() as unknown as Watched;
  let count = 0;
  const run = backend.runWebGLProgram;
  backend.runWebGLProgram = function (...args) {
    count++;
    return run.apply(this, args);
  };
  try {
    tf.tidy(() => void f());
  } finally {
    delete (backend as Partial<Watched>).runWebGLProgram;
  }
  return count;
}

type Op = (x: Tensor, parameters: Record<string, Tensor>) => Tensor;

interface Case {
  readonly name: string;
  readonly shape: number[];
  readonly sizes: Readonly<Record<string, number>>;
  readonly op: (pack: Pack) => Op;
  /** At most so many programs forward, and for all gradients. */
  readonly most: readonly [number, number];
}

const both = (size: number) => ({ gamma: size, beta: size });

function casesOf(): Case[] {
  const ln = (shape: number[], forward = 2): Case => ({
    name: `layer [${shape}]`,
    shape,
    sizes: both(shape[shape.length - 1] as number),
    op: (pack) => (x, p) => pack.layerNorm(x, p),
    most: [forward, 4],
  });
  const rms = (shape: number[]): Case => ({
    name: `rms [${shape}]`,
    shape,
    sizes: { gamma: shape[shape.length - 1] as number },
    op: (pack) => (x, p) => pack.rmsNorm(x, p),
    most: [2, 4],
  });
  const slab = (
    name: string,
    shape: number[],
    axis: number,
    op: (pack: Pack, axis: number) => Op,
    most: readonly [number, number] = [3, 4],
  ): Case => ({
    name: `${name} [${shape}] axis ${axis}`,
    shape,
    sizes: both(shape[axis] as number),
    op: (pack) => op(pack, axis),
    most,
  });
  const gn = (groups: number) => (pack: Pack, axis: number) => (x: Tensor, p: object) =>
    pack.groupNorm(x, { groups, axis, ...p });
  const inorm = (pack: Pack, axis: number) => (x: Tensor, p: object) => pack.instanceNorm(x, { axis, ...p });
  const bn = (pack: Pack, axis: number) => (x: Tensor, p: object) => pack.batchNorm(x, { axis, ...p });
  const given = (c: Case, axis: number): Case => {
    const size = c.shape[axis] as number;
    return { ...c, name: `${c.name} inference`, sizes: { ...both(size), mean: size, variance: size }, most: [1, 4] };
  };
  return [
    ln([8, 64, 768]),
    ln([7, 13]),
    ln([2, 3, 16384], 3),
    rms([8, 64, 768]),
    rms([33, 257]),
    slab('group 32', [4, 14, 14, 256], 3, gn(32)),
    slab('group 32', [2, 56, 56, 64], 3, gn(32)),
    slab('group 4', [2, 13, 20], 2, gn(4)),
    slab('group 32', [4, 256, 14, 14], 1, gn(32)),
    slab('group 4', [3, 20, 33], 1, gn(4)),
    slab('group 4', [3, 5, 20, 33], 2, gn(4)),
    slab('instance', [2, 32, 32, 32], 3, inorm),
    slab('instance', [2, 32, 32, 32], 1, inorm),
    slab('instance', [2, 9, 12, 33], 2, inorm),
    slab('batch', [4, 14, 14, 256], 3, bn),
    slab('batch', [4, 256, 14, 14], 1, bn),
    slab('batch', [4, 9, 12, 33], 2, bn),
    slab('batch', [64, 30], 1, bn),
    given(slab('batch', [4, 14, 14, 256], 3, bn), 3),
    given(slab('batch', [4, 256, 14, 14], 1, bn), 1),
  ];
}

export function tensors(tf: Tf, sizes: Readonly<Record<string, number>>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(sizes).map(([name, size], i) => [
      name,
      tf.tensor1d(normal(size, { seed: i + 2, mean: 1, std: name === 'variance' ? 0.1 : 0.5 })),
    ]),
  );
}

/** Programs of a call, and of all its gradients besides. */
export function counted(tf: Tf, x: Tensor, parameters: Record<string, Tensor>, op: Op): [number, number] {
  const dy = tf.tensor(normal(x.size, { seed: 9 }), x.shape);
  const names = Object.keys(parameters);
  const named = (list: Tensor[]) => Object.fromEntries(names.map((name, i) => [name, list[i] as Tensor]));
  const f = (...args: Tensor[]) => op(args[0] as Tensor, named(args.slice(1)));
  const forward = programs(tf, () => op(x, parameters));
  const all = programs(tf, () => tf.grads(f)([x, ...Object.values(parameters)], dy));
  dy.dispose();
  return [forward, all - forward];
}

/** One of batch-instance norm's clips the gate. Without space x and dy are copied into planes, y and dx out of them. */
const mostOf = (norm: string, hasSpace: boolean): readonly [number, number] =>
  norm === 'batchInstance' ? (hasSpace ? [6, 6] : [7, 9]) : hasSpace ? [5, 7] : [6, 10];

/** Mixtures, beside the same composed of operations: at least a quarter fewer, each way. */
function mixtureCases(): Case[] {
  const rows: [string, number[], number, string][] = [
    ['batchInstance', [4, 14, 14, 64], 3, ''],
    ['batchInstance', [4, 64, 14, 14], 1, ''],
    ['batchInstance', [4, 14, 14, 64], 3, ' inference'],
    ['switchable', [4, 14, 14, 64], 3, ''],
    ['switchable', [2, 64, 56, 56], 1, ''],
    ['switchable', [2, 56, 56, 64], 3, ''],
    ['switchable', [2, 7, 7, 16], 3, ''],
    ['switchable', [4, 14, 14, 64], 3, ' inference'],
    ['batchInstance', [32, 64], 1, ''],
    ['switchable', [32, 64], 1, ''],
  ];
  return rows.map(([norm, shape, axis, memory]) => {
    const size = shape[axis] as number;
    const weights: Record<string, number> =
      norm === 'batchInstance' ? { rho: size } : { meanWeight: 3, varianceWeight: 3 };
    return {
      name: `${norm} [${shape}] axis ${axis}${memory}`,
      shape,
      sizes: { ...both(size), ...weights, ...(memory ? { mean: size, variance: size } : {}) },
      op: (pack) => (x, p) => (norm === 'batchInstance' ? pack.batchInstanceNorm : pack.switchNorm)(x, { axis, ...p }),
      most: mostOf(norm, shape.length > 2),
    };
  });
}

function composedToo(c: Case): Check {
  const { name, run } = check(c);
  return {
    name,
    async run(tf, pack) {
      await run(tf, pack);
      const own = measured(tf, pack, c);
      provideKernels('webgl', {});
      try {
        const composed = measured(tf, pack, c);
        own.forEach((n, i) => {
          expectTrue(n <= 0.75 * (composed[i] as number), `${own} programs, composed ${composed}`);
        });
      } finally {
        provideKernels('webgl', webglKernels);
      }
    },
  };
}

function measured(tf: Tf, pack: Pack, { shape, sizes, op }: Case): [number, number] {
  const x = tf.tensor(normal(shape.reduce((n, size) => n * size, 1)), shape);
  const parameters = tensors(tf, sizes);
  const found = counted(tf, x, parameters, op(pack));
  tf.dispose([x, ...Object.values(parameters)]);
  return found;
}

function check(c: Case): Check {
  return {
    name: `programs: ${c.name}`,
    run(tf, pack) {
      const found = measured(tf, pack, c);
      expectTrue(found[0] <= c.most[0] && found[1] <= c.most[1], `${found} programs, expected at most ${c.most}`);
    },
  };
}

export const webglProgramSuite: Suite = {
  name: 'webgl programs',
  checks: [...casesOf().map(check), ...mixtureCases().map(composedToo)],
};
