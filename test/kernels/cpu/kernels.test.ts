import * as tf from '@tensorflow/tfjs-core';
import { composed } from '../../../src/kernels/composed.js';
import type { BackendKernel, Keep, KernelName } from '../../../src/kernels/contract.js';
import { expectClose, normal } from '../../suites/harness.js';
import { largest, makeCase, name, results, tensorsOf, views } from '../cases.js';
import * as reference from '../reference.js';

/** Every kernel against the formulas in float64, on views of every kind. */

const VIEWS = views(80, 7).map((view, i) => [name(view), makeCase(view, i + 1)] as const);
const KEPT: Record<Keep, number> = { none: 1, saved: 2, moments: 4 };

/** What is left in double where a set has one value, and its dx is exactly 0. */
const CANCELLED = 1e-12;

type Numbers = ArrayLike<number>;

/** To the last bits of a float32, by the size of the largest where terms cancel. */
function expectEach(actual: readonly Numbers[], expected: readonly Numbers[], what: string): void {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((values, i) => {
    expectClose(
      actual[i] as Numbers,
      values,
      { atol: 2e-7 * largest(values) + CANCELLED, rtol: 2e-7 },
      `${what}, output ${i}`,
    );
  });
}

beforeAll(async () => {
  tf.env().set('IS_TEST', true);
  await tf.setBackend('cpu');
});

let before = 0;
beforeEach(() => {
  before = tf.memory().numTensors;
  tf.engine().startScope();
});
afterEach(() => {
  tf.engine().endScope();
  expect(tf.memory().numTensors).toBe(before);
  expect(tf.engine().backend.numDataIds()).toBe(tf.memory().numDataBuffers);
});

describe.each(VIEWS)('view %s', (_, c) => {
  const { view, epsilon, center } = c;
  const sets = [view.B, view.G];

  test('Normalize', () => {
    const { x, gamma, beta } = tensorsOf(c);
    const { y, mean, variance } = reference.normalize(c);
    for (const keep of ['none', 'saved', 'moments'] as const) {
      const { values, tensors } = results('Normalize', { x, gamma, beta }, { view, epsilon, center, keep });
      expect(values).toHaveLength(KEPT[keep]);
      expect(tensors[0]?.shape).toEqual(x.shape);
      expect(tensors.slice(2).map((t) => t.shape)).toEqual(keep === 'moments' ? [sets, sets] : []);
      expectEach([values[0] as Numbers], [y], keep);
      if (keep === 'moments') expectEach(values.slice(2), [mean, variance], 'moments');
    }
  });

  test.each([true, false])('NormalizeGrad, affine %s', (affine) => {
    const { x, dy, gamma, beta } = tensorsOf(c);
    const { tensors } = results('Normalize', { x, gamma, beta }, { view, epsilon, center, keep: 'saved' });
    const given = results('NormalizeGrad', { x, dy, gamma, saved: tensors[1] }, { view, epsilon, center, affine });
    const { dx, dgamma, dbeta } = reference.normalizeGrad(c);
    expectEach(given.values, affine ? [dx, dgamma, dbeta] : [dx], 'NormalizeGrad');
    const flat = [view.G * view.K];
    expect(given.tensors.map((t) => t.shape)).toEqual(affine ? [x.shape, flat, flat] : [x.shape]);
  });

  test('Moments and MomentsGrad', () => {
    const { x } = tensorsOf(c);
    const { mean, variance } = reference.moments(c.x, view, center);
    expectEach(results('Moments', { x }, { view, center, keep: 'none' }).values, [mean, variance], 'Moments');
    const { values, tensors } = results('Moments', { x }, { view, center, keep: 'saved' });
    expect(tensors.slice(0, 2).map((t) => t.shape)).toEqual([sets, sets]);
    expectEach(values.slice(0, 2), [mean, variance], 'Moments');
    const [dmean, dvariance] = [5, 6].map((seed) => normal(view.B * view.G, { seed })) as [Float32Array, Float32Array];
    const inputs = { x, dmean: tf.tensor(dmean, sets), dvariance: tf.tensor(dvariance, sets), saved: tensors[2] };
    const found = results('MomentsGrad', inputs, { view, center });
    expectEach(found.values, [reference.momentsGrad(c, dmean, dvariance)], 'MomentsGrad');
    expect(found.tensors[0]?.shape).toEqual(x.shape);
  });

  test('ApplyStatistics and ApplyStatisticsGrad', () => {
    const { x, dy, gamma, beta } = tensorsOf(c);
    const mean = normal(view.B * view.G, { seed: 8 });
    const variance = normal(view.B * view.G, { seed: 9 }).map((v) => Math.abs(v) + 0.1);
    const statistics = { mean: tf.tensor(mean, sets), variance: tf.tensor(variance, sets) };
    const y = results('ApplyStatistics', { x, gamma, beta, ...statistics }, { view, epsilon });
    expectEach(y.values, [reference.apply(c, mean, variance)], 'ApplyStatistics');
    for (const affine of [true, false]) {
      const found = results('ApplyStatisticsGrad', { x, dy, gamma, ...statistics }, { view, epsilon, affine });
      const { dx, dmean, dvariance, dgamma, dbeta } = reference.applyGrad(c, mean, variance);
      const statisticsToo = [dx, dmean, dvariance];
      expectEach(found.values, affine ? [...statisticsToo, dgamma, dbeta] : statisticsToo, 'ApplyStatisticsGrad');
      expect(found.tensors.slice(0, 3).map((t) => t.shape)).toEqual([x.shape, sets, sets]);
    }
  });

  test('as the composed kernels', () => {
    const { x, dy, gamma, beta } = tensorsOf(c);
    const attrs = { view, epsilon, center, keep: 'moments', affine: true };
    const of = <N extends KernelName>(kernel: N) => composed[kernel] as unknown as BackendKernel<N>['run'];
    const own = results('Normalize', { x, gamma, beta }, attrs);
    const theirs = results('Normalize', { x, gamma, beta }, attrs, of('Normalize'));
    // Sets of a few values that lie close cost the composed kernel digits.
    const expectSimilar = (actual: Numbers[], expected: Numbers[]) =>
      expected.forEach((values, i) => {
        expectClose(
          actual[i] as Numbers,
          values,
          { atol: 2e-4 * largest(values) + CANCELLED, rtol: 1e-4 },
          `output ${i}`,
        );
      });
    const y = ({ values }: typeof own) => [values[0], ...values.slice(2)] as Numbers[];
    expectSimilar(y(own), y(theirs));
    const inputs = { x, dy, gamma };
    const grad = results('NormalizeGrad', { ...inputs, saved: own.tensors[1] }, attrs);
    const composedGrad = results('NormalizeGrad', { ...inputs, saved: theirs.tensors[1] }, attrs, of('NormalizeGrad'));
    expectSimilar(grad.values, composedGrad.values);
    // What the composed kernel saved, after a forward pass that was declined, is understood too.
    expectSimilar(results('NormalizeGrad', { ...inputs, saved: theirs.tensors[1] }, attrs).values, composedGrad.values);
  });
});
