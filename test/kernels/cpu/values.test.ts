import * as tf from '@tensorflow/tfjs-core';
import { composed } from '../../../src/kernels/composed.js';
import type { KernelName, SlabView } from '../../../src/kernels/contract.js';
import { cpuKernels } from '../../../src/kernels/cpu/index.js';
import { provideKernels } from '../../../src/kernels/dispatch.js';
import { run } from '../../../src/kernels/gradients.js';
import { expectClose } from '../../suites/harness.js';
import { largest, makeCase, name, results, tensorsOf, views, withSet } from '../cases.js';
import * as reference from '../reference.js';

/** Values on which careless loops fail, in every kind of view. */

const VIEWS = views(30, 3).map((view, i) => [name(view), view, i + 1] as const);
/** The smallest step between floats. */
const DENORMAL = 1.5e-45;
const close = (values: ArrayLike<number>) => ({ atol: 2e-7 * largest(values), rtol: 2e-7 });

function normalized(c: reference.Case): Float32Array[] {
  const { x, gamma, beta } = tensorsOf(c);
  return results('Normalize', { x, gamma, beta }, { ...c, keep: 'moments' }).values;
}

function gradients(c: reference.Case): Float32Array[] {
  const { x, dy, gamma, beta } = tensorsOf(c);
  const [, saved] = results('Normalize', { x, gamma, beta }, { ...c, keep: 'saved' }).tensors;
  return results('NormalizeGrad', { x, dy, gamma, saved }, { ...c, affine: true }).values;
}

/** By which elements belong to the set of element `at`. */
function inSetOf(view: SlabView, at: number): boolean[] {
  const sets: number[] = [];
  reference.eachElement(view, (i, set) => {
    sets[i] = set;
  });
  return sets.map((set) => set === sets[at]);
}

beforeAll(() => tf.setBackend('cpu'));
beforeEach(() => tf.engine().startScope());
afterEach(() => tf.engine().endScope());

describe.each(VIEWS)('view %s', (_, view, seed) => {
  test('a constant set gives exactly beta and the value, and no gradient without epsilon', () => {
    for (const epsilon of [0, 1e-5]) {
      const c = { ...makeCase(view, seed), epsilon, center: true };
      const at = Math.floor(c.x.length / 2);
      const constant = withSet(c, at, 1234.567, true);
      const inside = inSetOf(view, at);
      const [y, , mean, variance] = normalized(constant) as [Float32Array, Float32Array, Float32Array, Float32Array];
      const [dx] = gradients(constant) as [Float32Array];
      let exact = true;
      reference.eachElement(view, (i, set, channel) => {
        if (!inside[i]) return;
        exact &&= y[i] === (c.beta ? c.beta[channel] : 0);
        exact &&= mean[set] === Math.fround(1234.567) && variance[set] === 0;
        if (epsilon === 0) exact &&= dx[i] === 0;
      });
      expect(exact).toBe(true);
    }
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('%s spoils its set and no other', (value) => {
    const c = { ...makeCase(view, seed), center: true };
    const at = Math.floor(c.x.length / 2);
    const inside = inSetOf(view, at);
    const spoilt = withSet(c, at, value, false);
    for (const f of [normalized, gradients]) {
      const [before, after] = [f(c)[0], f(spoilt)[0]] as [Float32Array, Float32Array];
      expect(after.filter((_, i) => !inside[i])).toEqual(before.filter((_, i) => !inside[i]));
      expect(after.filter((_, i) => inside[i]).every(Number.isNaN)).toBe(true);
    }
  });

  test.each([
    [1e4, 0.06],
    [1e6, 3],
    [0, 1e-30],
    [0, 1e-40],
    [0, 1e25],
  ])('mean %d, deviation %d', (mean, std) => {
    for (const epsilon of [0, 1e-5]) {
      const c = { ...makeCase(view, seed, { mean, std }), epsilon };
      const { y, mean: mu, variance } = reference.normalize(c);
      const found = normalized(c) as [Float32Array, Float32Array, Float32Array, Float32Array];
      expectClose(found[0], y, close(y), `y, epsilon ${epsilon}`);
      expectClose(found[2], mu, { ...close(mu), atol: close(mu).atol + DENORMAL }, 'mean');
      if (std < 1e10) expectClose(found[3], variance, { atol: DENORMAL, rtol: 2e-7 }, 'variance');
      const { dx, dgamma, dbeta } = reference.normalizeGrad(c);
      const floats = [dx, dgamma, dbeta].map((values) => Float32Array.from(values)); // what overflows, does so in both
      if (!floats.every((values) => values.every(Number.isFinite))) continue;
      const [gx, ggamma, gbeta] = gradients(c) as [Float32Array, Float32Array, Float32Array];
      // A set's dx cancels to nothing where it has two values: measured by its terms.
      const terms = largest(c.dy) * largest(variance.map((v) => reference.deviation(v, epsilon)));
      expectClose(gx, dx, { atol: 3e-7 * Math.max(largest(dx), terms), rtol: 3e-7 }, 'dx');
      expectClose(ggamma, dgamma, close(dgamma), 'dgamma');
      expectClose(gbeta, dbeta, close(dbeta), 'dbeta');
    }
  });
});

test('with given statistics a NaN in x stays out of dx', () => {
  const c = withSet(makeCase({ B: 2, S: 3, G: 2, K: 2, T: 1 }, 1), 5, Number.NaN, false);
  const { x, dy, gamma } = tensorsOf(c);
  const inputs = { x, dy, gamma, mean: tf.zeros([2, 2]), variance: tf.ones([2, 2]) };
  const [dx] = results('ApplyStatisticsGrad', inputs, { ...c, affine: true }).values;
  expect(Array.from(dx as Float32Array).some(Number.isNaN)).toBe(false);
});

test('other dtypes are declined going forward, and understood going back', () => {
  const view = { B: 2, S: 1, G: 1, K: 3, T: 1 };
  const x = tf.tensor2d([1, 2, 4, 3, 5, 5], [2, 3], 'int32');
  const attrs = { view, epsilon: 1e-3, center: true, affine: false, keep: 'saved' } as const;
  expect(cpuKernels.Normalize?.accepts?.({ x }, attrs, tf.backend())).toBe(false);
  const real = tf.cast(x, 'float32');
  expect(cpuKernels.Normalize?.accepts?.({ x: real }, attrs, tf.backend())).toBe(true);
  const { tensors } = results('Normalize', { x: real }, attrs);
  const grad = (dy: tf.Tensor) => results('NormalizeGrad', { x: real, dy, saved: tensors[1] }, attrs).values;
  const dy = tf.tensor2d([1, 0, 2, 1, 3, 0], [2, 3], 'int32');
  expect(grad(dy)).toEqual(grad(tf.cast(dy, 'float32')));
});

test('values that the backend keeps as it was given them', () => {
  const view = { B: 2, S: 1, G: 1, K: 3, T: 1 };
  const attrs = { view, epsilon: 0, center: true, keep: 'none' } as const;
  const numbers = [1, 2, 4, 3, 5, 5];
  const backend = tf.backend() as unknown as {
    makeTensorInfo(shape: number[], dtype: string, values: unknown): tf.TensorInfo;
  };
  const expected = results('Normalize', { x: tf.tensor(numbers, [2, 3]) }, attrs).values;
  for (const values of [numbers, Float32Array.from(numbers).buffer]) {
    const x = tf.engine().makeTensorFromTensorInfo(backend.makeTensorInfo([2, 3], 'float32', values));
    expect(results('Normalize', { x }, attrs).values).toEqual(expected);
  }
});

test('through the engine the fused kernels run, and leave nothing behind', () => {
  const called: string[] = [];
  const noting = Object.fromEntries(
    (Object.keys(composed) as KernelName[]).map((kernel) => {
      const own = cpuKernels[kernel] as unknown as { accepts?: object; run: (...given: unknown[]) => unknown };
      const run = (...given: unknown[]) => {
        called.push(kernel);
        return own.run(...given);
      };
      return [kernel, { ...own, run }];
    }),
  );
  provideKernels('cpu', noting as never);
  const c = makeCase({ B: 2, S: 5, G: 3, K: 2, T: 1 }, 1);
  const { x, dy, gamma, beta } = tensorsOf(c) as unknown as Record<string, tf.Tensor>;
  const before = tf.memory();
  const found = tf.tidy(() => {
    const f = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) =>
      run('Normalize', { x, gamma, beta }, { ...c, keep: 'saved' })[0] as tf.Tensor;
    const grads = tf.grads(f as (...args: tf.Tensor[]) => tf.Tensor)([x, gamma, beta] as tf.Tensor[], dy as tf.Tensor);
    return grads.map((t) => t.dataSync());
  });
  expect(called).toEqual(['Normalize', 'NormalizeGrad']);
  const { dx, dgamma, dbeta } = reference.normalizeGrad(c);
  for (const [i, values] of [dx, dgamma, dbeta].entries()) expectClose(found[i] as never, values, close(values));
  expect(tf.memory().numTensors).toBe(before.numTensors);
  expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
  provideKernels('cpu', {});
});
