import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers';
import path from 'node:path';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { composed } from '../../src/kernels/composed.js';
import type { BackendKernels, ComposedName, KernelName, Kernels } from '../../src/kernels/contract.js';
import { cpuKernels } from '../../src/kernels/cpu/index.js';
import { provideKernels } from '../../src/kernels/dispatch.js';
import { batchNormalization } from '../../src/layers/batch.js';
import * as ops from '../../src/ops/index.js';
import { normal } from '../suites/harness.js';

setWasmPaths(`${path.join(__dirname, '../../node_modules/@tensorflow/tfjs-backend-wasm/dist')}/`);

type Call = { kernel: KernelName; inputs: string[]; attrs: Record<string, unknown> };

/** Kernels that note how they were called and answer as the composed ones, or decline. */
function fake(calls: Call[], accepts: (call: Call) => boolean = () => true): BackendKernels {
  const entry = <N extends ComposedName>(kernel: N) => {
    const noted = (inputs: object, attrs: object) => ({
      kernel,
      inputs: Object.keys(inputs).sort(),
      attrs: { ...attrs },
    });
    return {
      accepts: (inputs: object, attrs: object) => accepts(noted(inputs, attrs)),
      run: (inputs: Parameters<Kernels[N]>[0], attrs: Parameters<Kernels[N]>[1]) => {
        calls.push(noted(inputs, attrs));
        const compose = composed[kernel] as unknown as (i: typeof inputs, a: typeof attrs) => tf.Tensor[];
        return tf.tidy(() => compose(inputs, attrs));
      },
    };
  };
  return Object.fromEntries((Object.keys(composed) as ComposedName[]).map((kernel) => [kernel, entry(kernel)]));
}

const x = () => tf.tensor(normal(48, { mean: 1.5, std: 2 }), [2, 4, 6]);
const values = (f: () => tf.Tensor) => Array.from(tf.tidy(() => f().dataSync()));

beforeAll(async () => {
  tf.env().set('IS_TEST', true);
  await tf.setBackend('wasm');
  await tf.setBackend('cpu');
});

beforeEach(() => tf.setBackend('cpu'));
afterEach(() => {
  provideKernels('cpu', {});
  provideKernels('wasm', {});
});

test('a backend’s kernel is used where it accepts, and gives the one output asked for', () => {
  provideKernels('cpu', {}); // the fake ones compute as the composed ones do
  const expected = values(() => ops.layerNorm(x()));
  const calls: Call[] = [];
  provideKernels('cpu', fake(calls));
  expect(values(() => ops.layerNorm(x()))).toEqual(expected);
  expect(calls).toEqual([
    {
      kernel: 'Normalize',
      inputs: ['x'],
      attrs: { view: { B: 8, S: 1, G: 1, K: 6, T: 1 }, epsilon: 1e-3, center: true, keep: 'none' },
    },
  ]);
});

test('a case that is declined is composed', () => {
  const expected = values(() => ops.layerNorm(x()));
  const calls: Call[] = [];
  provideKernels(
    'cpu',
    fake(calls, ({ attrs }) => attrs.center === false),
  );
  expect(values(() => ops.layerNorm(x()))).toEqual(expected);
  expect(calls).toEqual([]);
  values(() => ops.rmsNorm(x()));
  expect(calls.map(({ attrs }) => attrs.center)).toEqual([false]);
});

test('without accepts, every case is taken; a kernel that is missing is composed', () => {
  const calls: Call[] = [];
  const { Normalize } = fake(calls) as Required<BackendKernels>;
  provideKernels('cpu', { Normalize: { run: Normalize.run } });
  values(() => tf.grad((t) => ops.layerNorm(t))(x()));
  expect(calls.map(({ kernel }) => kernel)).toEqual(['Normalize']);
});

test.each([
  [{}, ['x']],
  [{ gamma: () => tf.ones([6]) }, ['gamma', 'x']],
  [{ beta: () => tf.ones([6]) }, ['beta', 'x']],
  [{ gamma: () => tf.ones([6]), beta: () => tf.ones([6]) }, ['beta', 'gamma', 'x']],
])('absent inputs are absent keys: %j', (options, expected) => {
  const calls: Call[] = [];
  provideKernels('cpu', fake(calls));
  const given = () => Object.fromEntries(Object.entries(options).map(([name, make]) => [name, make()]));
  values(() => ops.layerNorm(x(), given()));
  expect(calls[0]?.inputs).toEqual(expected);
  values(() => tf.grad((t) => ops.layerNorm(t, given()))(x()));
  const backward = calls.find(({ kernel }) => kernel === 'NormalizeGrad');
  expect(backward?.inputs).toEqual(['dy', ...('gamma' in options ? ['gamma'] : []), 'saved', 'x']);
  expect(backward?.attrs.affine).toBe(expected.length > 1);
});

test('keep: none in inference, saved while a gradient is recorded; dx, dγ and dβ from one call', () => {
  const calls: Call[] = [];
  provideKernels('cpu', fake(calls));
  const f = (t: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) => ops.groupNorm(t, { groups: 3, gamma, beta });
  values(() => f(x(), tf.ones([6]), tf.zeros([6])));
  tf.tidy(() => void tf.grads(f as never)([x(), tf.ones([6]), tf.zeros([6])]));
  expect(calls.map(({ kernel, attrs }) => [kernel, attrs.keep])).toEqual([
    ['Normalize', 'none'],
    ['Normalize', 'saved'],
    ['NormalizeGrad', undefined],
  ]);
});

test('a saved tensor is the backend’s own: whatever its shape, it comes back', () => {
  const normalize = fake([]).Normalize as NonNullable<BackendKernels['Normalize']>;
  const shapes: number[][] = [];
  provideKernels('cpu', {
    Normalize: {
      run: (inputs, attrs) => {
        const outputs = normalize.run(inputs, attrs, undefined) as tf.Tensor[];
        if (attrs.keep === 'none') return outputs;
        const [y, saved] = outputs as [tf.Tensor, tf.Tensor];
        saved.dispose();
        return [y, tf.ones([3, 5])];
      },
    },
    NormalizeGrad: {
      run: ({ x: input, saved }) => {
        shapes.push(saved.shape);
        return [tf.zerosLike(input)];
      },
    },
  });
  values(() => tf.grad((t) => ops.layerNorm(t))(x()));
  expect(shapes).toEqual([[3, 5]]);
});

test('a gradient that is differentiated itself does not use the gradient kernel', () => {
  const calls: Call[] = [];
  provideKernels('cpu', fake(calls));
  const first = tf.grad((t) => tf.sum(tf.square(ops.layerNorm(t))));
  values(() => tf.grad((t) => tf.sum(tf.square(first(t))))(x()));
  expect(calls.filter(({ kernel }) => kernel === 'NormalizeGrad').length).toBeLessThanOrEqual(1);
  expect(calls.some(({ kernel }) => kernel === 'Normalize')).toBe(true);
});

test('moments are asked for with what their gradient needs, and only then', () => {
  const calls: Call[] = [];
  provideKernels('cpu', fake(calls));
  const f = (t: tf.Tensor) => ops.batchInstanceNorm(t, { rho: 0.5 });
  values(() => f(x()));
  values(() => tf.grad(f)(x()));
  expect(calls.map(({ kernel, attrs }) => [kernel, attrs.keep])).toEqual([
    ['Moments', 'none'],
    ['ApplyStatistics', undefined],
    ['Moments', 'saved'],
    ['ApplyStatistics', undefined],
    ['ApplyStatisticsGrad', undefined],
    ['MomentsGrad', undefined],
  ]);
});

test('an empty tensor reaches no kernel', () => {
  const calls: Call[] = [];
  provideKernels('cpu', fake(calls));
  expect(tf.tidy(() => ops.layerNorm(tf.zeros([0, 6])).shape)).toEqual([0, 6]);
  expect(tf.tidy(() => tf.grad((t) => ops.layerNorm(t))(tf.zeros([0, 6])).shape)).toEqual([0, 6]);
  expect(calls).toEqual([]);
});

test('the backend may change between calls', async () => {
  // The engine's leak check takes data that moves to another backend inside a composed kernel for a leak.
  tf.env().set('IS_TEST', false);
  const [onCpu, onWasm]: [Call[], Call[]] = [[], []];
  provideKernels('cpu', fake(onCpu));
  provideKernels('wasm', fake(onWasm));
  const input = x();
  const forward = ops.layerNorm(input);
  await tf.setBackend('wasm');
  const again = ops.layerNorm(input);
  expect([onCpu.length, onWasm.length]).toEqual([1, 1]);
  const difference = tf.tidy(() => tf.max(tf.abs(tf.sub(forward, again))).dataSync()[0] as number);
  expect(difference).toBeLessThan(1e-6);
  tf.dispose([input, forward, again]);
  tf.env().set('IS_TEST', true);
});

test('a layer built on one backend runs, trains and goes back', async () => {
  tf.env().set('IS_TEST', false);
  const layer = batchNormalization({ momentum: 0.5 });
  const apply = (training: boolean) => values(() => layer.apply(x(), { training }) as tf.Tensor);
  const first = apply(true);
  await tf.setBackend('wasm');
  const second = apply(true);
  const onWasm = apply(false);
  await tf.setBackend('cpu');
  const close = (a: number[], b: number[]) => a.every((v, i) => Math.abs(v - (b[i] as number)) < 1e-5);
  expect(close(first, second)).toBe(true);
  expect(close(onWasm, apply(false))).toBe(true);
  layer.dispose();
  tf.env().set('IS_TEST', true);
});

test('a second copy of the package shares kernels and gradients', () => {
  const calls: Call[] = [];
  provideKernels('cpu', fake(calls));
  const before = tf.getKernelsForBackend('cpu').length;
  jest.isolateModules(() => {
    jest.doMock('@tensorflow/tfjs-core', () => tf);
    const copy = require('../../src/ops/index.js') as typeof ops;
    expect(copy.layerNorm).not.toBe(ops.layerNorm);
    expect(values(() => copy.layerNorm(x()))).toEqual(values(() => ops.layerNorm(x())));
    values(() => tf.grad((t) => copy.layerNorm(t))(x()));
    jest.dontMock('@tensorflow/tfjs-core');
  });
  // What the first copy had no kernel for, the second one may register.
  const added = tf
    .getKernelsForBackend('cpu')
    .slice(before)
    .map(({ kernelName }) => kernelName);
  expect(added.every((name) => name.startsWith('tfnorm.Mixture'))).toBe(true);
  for (const name of added) tf.unregisterKernel(name, 'cpu');
  expect(calls.filter(({ kernel }) => kernel === 'Normalize').length).toBe(3);
});

test('kernel names are the package’s own', () => {
  values(() => ops.layerNorm(x()));
  const names = tf.getKernelsForBackend('cpu').map(({ kernelName }) => kernelName);
  const ours = names.filter((name) => name.startsWith('tfnorm.'));
  expect(new Set(ours).size).toBe(ours.length);
  expect(ours).toEqual(
    expect.arrayContaining(['tfnorm.Normalize', 'tfnorm.Normalize.g', 'tfnorm.Normalize.b', 'tfnorm.Normalize.gb']),
  );
});

describe('a backend’s own mixture', () => {
  const own = cpuKernels as Required<BackendKernels>;
  /** The cpu's kernels, noting what they are called with. */
  const noting = (calls: string[][]): BackendKernels => ({
    Mixture: {
      run: (inputs, attrs, backend) => {
        calls.push([...Object.keys(inputs).sort(), attrs.keep]);
        return own.Mixture.run(inputs, attrs, backend);
      },
    },
    MixtureGrad: own.MixtureGrad,
  });
  const memory = () => ({ mean: tf.ones([6]), variance: tf.ones([6]) });

  test('takes the place of the composed one, and gets the memory or none', () => {
    provideKernels('cpu', {});
    const expected = [values(() => ops.switchNorm(x())), values(() => ops.switchNorm(x(), memory()))];
    const calls: string[][] = [];
    provideKernels('cpu', noting(calls));
    const found = [values(() => ops.switchNorm(x())), values(() => ops.switchNorm(x(), memory()))];
    const logits = ['meanWeight', 'varianceWeight', 'x'];
    const names = ['meanWeight', 'memoryMean', 'memoryVariance', 'varianceWeight', 'x'];
    expect(calls).toEqual([
      [...logits, 'none'],
      [...names, 'none'],
    ]);
    found.forEach((list, i) => {
      list.forEach((v, j) => {
        expect(v).toBeCloseTo((expected[i] as number[])[j] as number, 5);
      });
    });
  });

  test('without a gradient of its own is differentiated as the composed one', () => {
    const gradient = () => values(() => tf.grad((t) => tf.square(ops.batchInstanceNorm(t, { rho: 0.3 })))(x()));
    provideKernels('cpu', {});
    const expected = gradient();
    provideKernels('cpu', { Mixture: own.Mixture });
    gradient().forEach((v, j) => {
      expect(v).toBeCloseTo(expected[j] as number, 4);
    });
  });
});
