import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../../../models/digits/backend.js';
import { aliasWasmIdentity } from '../../../src/index.js';
import { whileAliasing } from '../../../src/kernels/wasm/identity.js';
import { batchNorm, groupNorm, layerNorm } from '../../../src/ops/index.js';
import { normal } from '../../suites/harness.js';

beforeAll(() => useBackend('wasm'));

const stock = () => tf.getKernel('Identity', 'wasm');

/** Everything a training step gives: y, dx, dγ, dβ. */
function step(op: (x: tf.Tensor, gamma: tf.Tensor1D, beta: tf.Tensor1D) => tf.Tensor): number[][] {
  return tf.tidy(() => {
    const x = tf.tensor(normal(2 * 5 * 5 * 8, { seed: 1 }), [2, 5, 5, 8]);
    const gamma = tf.tensor1d(normal(8, { seed: 2 }));
    const beta = tf.tensor1d(normal(8, { seed: 3 }));
    const loss = (...[a, g, b]: tf.Tensor[]) =>
      tf.sum(tf.square(op(a as tf.Tensor, g as tf.Tensor1D, b as tf.Tensor1D)));
    const { value, grads } = tf.valueAndGrads(loss as never)([x, gamma, beta]);
    return [value, ...grads].map((t) => Array.from(t.dataSync()));
  });
}

const OPS = {
  layer: (x: tf.Tensor, gamma: tf.Tensor1D, beta: tf.Tensor1D) => layerNorm(x, { gamma, beta }),
  group: (x: tf.Tensor, gamma: tf.Tensor1D, beta: tf.Tensor1D) => groupNorm(x, { gamma, beta, groups: 4 }),
  batch: (x: tf.Tensor, gamma: tf.Tensor1D, beta: tf.Tensor1D) => batchNorm(x, { gamma, beta }),
};

test.each(Object.entries(OPS))('%s: equal gradients, no leak', (_, op) => {
  const expected = step(op);
  const before = tf.memory();
  const undo = aliasWasmIdentity();
  expect(step(op)).toEqual(expected);
  undo();
  expect(tf.memory().numTensors).toBe(before.numTensors);
  expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
});

test('a clone shares memory, and lives on after its origin', () => {
  const undo = aliasWasmIdentity();
  const x = tf.tensor1d([1, 2, 3]);
  const { numDataBuffers } = tf.memory();
  const y = tf.clone(x);
  expect(tf.memory().numDataBuffers).toBe(numDataBuffers);
  x.dispose();
  const other = tf.tensor1d([7, 8, 9]); // would take the memory, were it free
  expect(Array.from(y.dataSync())).toEqual([1, 2, 3]);
  tf.dispose([y, other]);
  undo();
});

test('the undo brings the host’s kernel back when all are undone, and once only', () => {
  const before = stock();
  const first = aliasWasmIdentity();
  const second = aliasWasmIdentity();
  expect(stock()).not.toBe(before);
  first();
  first();
  expect(stock()).not.toBe(before);
  second();
  expect(stock()).toBe(before);
});

test('a kernel that somebody put in its place since stays', () => {
  const before = stock();
  const undo = aliasWasmIdentity();
  tf.unregisterKernel('Identity', 'wasm');
  const theirs = { ...(before as tf.KernelConfig) };
  tf.registerKernel(theirs);
  undo();
  expect(stock()).toBe(theirs);
  tf.unregisterKernel('Identity', 'wasm');
  tf.registerKernel(before as tf.KernelConfig);
});

test('two copies of the package count together, and are undone in any order', () => {
  const before = stock();
  let copy = aliasWasmIdentity;
  jest.isolateModules(() => {
    jest.doMock('@tensorflow/tfjs-core', () => tf); // one host, two copies of ours
    copy = (require('../../../src/kernels/wasm/identity.js') as { aliasWasmIdentity: typeof copy }).aliasWasmIdentity;
    jest.dontMock('@tensorflow/tfjs-core');
  });
  expect(copy).not.toBe(aliasWasmIdentity);
  const [first, second] = [aliasWasmIdentity(), copy()];
  first();
  expect(stock()).not.toBe(before);
  second();
  expect(stock()).toBe(before);
});

describe('what a gradient needs is kept without copies, and without the host’s kernel changed for anybody else', () => {
  const scale = (x: tf.Tensor) => tf.tidy(() => tf.mul(x, 2)); // another op of the same forward pass

  /** Pieces of memory that a forward pass adds, and the Identity that is there between its ops. */
  function forward(op: (x: tf.Tensor) => tf.Tensor): { buffers: number; between: unknown[] } {
    const x = tf.tensor(normal(64 * 512, { seed: 1 }), [64, 512]);
    const between: unknown[] = [];
    let buffers = 0;
    const loss = (a: tf.Tensor) => {
      const before = tf.memory().numDataBuffers;
      between.push(stock());
      const y = op(a);
      between.push(stock());
      buffers = tf.memory().numDataBuffers - before;
      return tf.sum(scale(y));
    };
    tf.dispose([tf.grad(loss)(x), x]);
    return { buffers, between };
  }

  test('y and the statistics are all that is added', () => {
    const { buffers, between } = forward((x) => layerNorm(x));
    expect(buffers).toBe(2);
    expect(between.every((kernel) => kernel === stock())).toBe(true);
  });

  test('the host’s kernel is back after a kernel that throws', () => {
    const before = stock();
    expect(() =>
      whileAliasing(() => {
        throw new Error('no memory');
      }),
    ).toThrow('no memory');
    expect(stock()).toBe(before);
  });

  test('inside aliasWasmIdentity() nothing is swapped', () => {
    const undo = aliasWasmIdentity();
    const theirs = stock();
    whileAliasing(() => expect(stock()).toBe(theirs));
    undo();
  });

  test('what was kept lives on when x is disposed, and is gone after the backward pass', () => {
    const { numDataBuffers } = tf.memory();
    const x = tf.tensor(normal(64, { seed: 4 }), [4, 16]);
    const expected = tf.tidy(() =>
      Array.from(
        tf
          .grad((a) => tf.sum(tf.square(layerNorm(tf.mul(a, 3)))))(x)
          .dataSync(),
      ),
    );
    const early = tf.tidy(() => {
      const f = (a: tf.Tensor) => {
        const b = tf.mul(a, 3);
        const y = layerNorm(b);
        b.dispose();
        const other = tf.fill([4, 16], 7); // would take the memory, were it free
        return tf.add(tf.sum(tf.square(y)), tf.mul(0, tf.sum(other)));
      };
      return Array.from(tf.grad(f)(x).dataSync());
    });
    expect(early).toEqual(expected);
    x.dispose();
    expect(tf.memory().numDataBuffers).toBe(numDataBuffers);
  });
});
