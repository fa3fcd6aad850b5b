import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../../../models/digits/backend.js';
import type { BackendKernel, KernelName, SlabView } from '../../../src/kernels/contract.js';
import { wasmKernels } from '../../../src/kernels/wasm/kernels.js';
import { expectClose, normal, random } from '../../suites/harness.js';
import { largest, makeCase, name, results as resultsOf, tensorsOf, views } from '../cases.js';
import type { Case } from '../reference.js';
import * as reference from '../reference.js';
import { sizeOf } from '../reference.js';

/** Every kernel against the formulas in float64: each way through the functions, then odd sizes by chance. */

type Numbers = ArrayLike<number>;
type Inputs = Parameters<typeof resultsOf>[1];

function results<N extends KernelName>(kernel: N, inputs: Inputs, attrs: object) {
  const { accepts, run } = wasmKernels[kernel] as unknown as BackendKernel<N>;
  const given = Object.fromEntries(Object.entries(inputs).filter(([, t]) => t));
  expect(accepts?.(given as never, attrs as never, tf.backend())).toBe(true); // else it would be composed in silence
  return resultsOf(kernel, inputs, attrs, run);
}

/** By the size of the largest, or of what cancels in it, since sums of floats in another order differ by that. */
function expectEach(actual: readonly Numbers[], expected: readonly Numbers[], what: string, terms = 0): void {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((values, i) => {
    const size = Math.max(largest(values), terms);
    expectClose(actual[i] as Numbers, values, { atol: 2e-6 * size, rtol: 2e-6 }, `${what}, output ${i}`);
  });
}

function checkNormalize(c: Case): void {
  const { view, epsilon, center } = c;
  const { x, dy, gamma, beta } = tensorsOf(c);
  const what = name(view);
  const expected = reference.normalize(c);
  const one = results('Normalize', { x, gamma, beta }, { view, epsilon, center, keep: 'none' });
  expectEach(one.values, [expected.y], `${what} Normalize`);
  const all = results('Normalize', { x, gamma, beta }, { view, epsilon, center, keep: 'moments' });
  const [y, , mean, variance] = all.values as Numbers[] as [Numbers, Numbers, Numbers, Numbers];
  const deviations = expected.variance.map((v) => reference.deviation(v, epsilon));
  expectEach([y, variance], [expected.y, expected.variance], `${what} moments`);
  expectEach([mean], [expected.mean], `${what} mean`, Math.sqrt(largest(expected.variance)));
  const { dx, dgamma, dbeta } = reference.normalizeGrad(c);
  for (const affine of [true, false]) {
    const inputs = { x, dy, gamma, saved: all.tensors[1] };
    const found = results('NormalizeGrad', inputs, { view, epsilon, center, affine });
    const up = largest(c.dy) * largest(c.gamma ?? [1]) * largest(deviations);
    expectEach(found.values.slice(0, 1), [dx], `${what} dx`, up);
    expectEach(found.values.slice(1), affine ? [dgamma, dbeta] : [], `${what} dgamma, dbeta`, largest(c.dy));
  }
}

function checkMoments(c: Case): void {
  const { view, center } = c;
  const { x } = tensorsOf(c);
  const sets = [view.B, view.G];
  const { mean, variance } = reference.moments(c.x, view, center);
  const { values, tensors } = results('Moments', { x }, { view, center, keep: 'saved' });
  expectEach(values.slice(0, 2), [mean, variance], `${name(view)} Moments`);
  const [dmean, dvariance] = [5, 6].map((seed) => normal(view.B * view.G, { seed })) as [Float32Array, Float32Array];
  const given = { x, dmean: tf.tensor(dmean, sets), dvariance: tf.tensor(dvariance, sets), saved: tensors[2] };
  const expected = reference.momentsGrad(c, dmean, dvariance);
  expectEach(results('MomentsGrad', given, { view, center }).values, [expected], `${name(view)} MomentsGrad`);
}

function checkApply(c: Case): void {
  const { view, epsilon } = c;
  const { x, dy, gamma, beta } = tensorsOf(c);
  const sets = [view.B, view.G];
  const mean = normal(view.B * view.G, { seed: 8 });
  const variance = normal(view.B * view.G, { seed: 9 }).map((v) => Math.abs(v) + 0.1);
  const statistics = { mean: tf.tensor(mean, sets), variance: tf.tensor(variance, sets) };
  const y = results('ApplyStatistics', { x, gamma, beta, ...statistics }, { view, epsilon });
  expectEach(y.values, [reference.apply(c, mean, variance)], `${name(view)} ApplyStatistics`);
  const { dx, dmean, dvariance, dgamma, dbeta } = reference.applyGrad(c, mean, variance);
  const found = results('ApplyStatisticsGrad', { x, dy, gamma, ...statistics }, { view, epsilon, affine: true });
  expectEach(found.values, [dx, dmean, dvariance, dgamma, dbeta], `${name(view)} ApplyStatisticsGrad`, largest(c.dy));
}

const CHECKS = { Normalize: checkNormalize, Moments: checkMoments, ApplyStatistics: checkApply };

beforeAll(async () => {
  tf.env().set('IS_TEST', true);
  await useBackend('wasm');
});

function checked(run: () => void): void {
  const before = tf.memory().numTensors;
  tf.engine().startScope();
  run();
  tf.engine().endScope();
  expect(tf.memory().numTensors).toBe(before);
}

describe.each(Object.entries(CHECKS))('%s and its gradient', (_, check) => {
  test.each(views(60, 7).map((view, i) => [name(view), makeCase(view, i + 1)] as const))('%s', (_name, c) => {
    checked(() => check(c));
  });
});

test('10,000 odd shapes', () => {
  const next = random(3);
  const size = (most: number) => 1 + Math.floor(next() ** 2 * most);
  const checks = Object.values(CHECKS);
  let cases = 0;
  for (let seed = 1; cases < 10_000; seed++) {
    // Among five sizes one is large now and then; most are small and odd.
    const view: SlabView = { B: size(6), S: size(19), G: size(9), K: size(13), T: seed % 3 ? 1 : size(21) };
    if (sizeOf(view) > 3000) continue;
    const rows = seed % 4 === 0 ? { ...view, S: 1, T: 1, K: size(300) } : view;
    checked(() => checks[cases % 3]?.(makeCase(rows, seed)));
    cases++;
  }
}, 120_000);

describe('numbers that are hard', () => {
  const VIEWS: readonly SlabView[] = [
    { B: 3, S: 1, G: 2, K: 401, T: 1 },
    { B: 2, S: 333, G: 3, K: 5, T: 1 },
    { B: 2, S: 700, G: 32, K: 1, T: 1 },
    { B: 2, S: 3, G: 3, K: 2, T: 211 },
  ];
  const forms = VIEWS.map((view) => [name(view), view] as const);

  test.each(forms)('%s: mean 1e4, deviation 0.06', (_, view) => {
    const c = { ...makeCase(view, 7, { mean: 1e4, std: 0.06 }), center: true };
    checked(() => {
      const { x, gamma, beta } = tensorsOf(c);
      const options = { view, epsilon: c.epsilon, center: true, keep: 'none' };
      const { values } = results('Normalize', { x, gamma, beta }, options);
      const { y } = reference.normalize(c);
      expectClose(values[0] as Numbers, y, { atol: 5e-6, rtol: 5e-6 }, 'y');
    });
  });

  test.each(forms)('%s: epsilon far above the variance', (_, view) => {
    const c = { ...makeCase(view, 7, { mean: 1, std: 6e-7 }), epsilon: 1e-3, center: true, beta: undefined };
    checked(() => {
      const { x, gamma } = tensorsOf(c);
      const { values } = results('Normalize', { x, gamma }, { view, epsilon: 1e-3, center: true, keep: 'none' });
      const { y } = reference.normalize(c);
      expectClose(values[0] as Numbers, y, { atol: 1e-5 * largest(y), rtol: 1e-5 }, 'y');
    });
  });

  test.each(forms)('%s: the first values far from the others', (_, view) => {
    const c = { ...makeCase(view, 7), center: true };
    const sets = new Set<number>();
    reference.eachElement(view, (i, set) => {
      if (!sets.has(set)) c.x[i] = 3e4;
      sets.add(set);
    });
    checked(() => CHECKS.Normalize(c));
  });

  test.each(forms)('%s: a constant gives exactly beta, and a finite gradient', (_, view) => {
    for (const value of [0, 1234.567, -1e-20, 3e30, 2e38]) {
      for (const epsilon of [0, 1e-3]) {
        const c = { ...makeCase(view, 5), epsilon, center: true };
        c.x.fill(value);
        checked(() => {
          const { x, dy, gamma, beta } = tensorsOf(c);
          const { values, tensors } = results(
            'Normalize',
            { x, gamma, beta },
            { view, epsilon, center: true, keep: 'saved' },
          );
          const y = values[0] as Numbers;
          reference.eachElement(view, (i, _set, channel) => {
            if (y[i] !== (c.beta?.[channel] ?? 0)) throw new Error(`y is ${y[i]}, not beta`);
          });
          const inputs = { x, dy, gamma, saved: tensors[1] };
          const grad = results('NormalizeGrad', inputs, { view, epsilon, center: true, affine: true });
          for (const list of grad.values) expect(Array.from(list).every(Number.isFinite)).toBe(true);
        });
      }
    }
  });

  test.each(forms)('%s: a NaN or an infinity stays in its set', (_, view) => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const c = { ...makeCase(view, 7), center: true };
      const spoilt = Math.floor(c.x.length / 2);
      c.x[spoilt] = value;
      const setOf: number[] = [];
      reference.eachElement(view, (i, set) => {
        setOf[i] = set;
      });
      checked(() => {
        const { x, gamma, beta } = tensorsOf(c);
        const { values } = results(
          'Normalize',
          { x, gamma, beta },
          { view, epsilon: 1e-3, center: true, keep: 'none' },
        );
        Array.from(values[0] as Float32Array).forEach((v, i) => {
          if (Number.isNaN(v) !== (setOf[i] === setOf[spoilt])) throw new Error(`element ${i} is ${v}`);
        });
      });
    }
  });
});

test('other types are declined, scratch beyond measure, and what another kernel saved', () => {
  const view = { B: 1, S: 1, G: 1, K: 2, T: 1 };
  const x = tf.tensor1d([1, 2], 'int32');
  const y = tf.tensor1d([1, 2]);
  const saved = tf.tensor2d([[0], [1]]);
  const accepts = (inputs: object, attrs: object) =>
    wasmKernels.NormalizeGrad?.accepts?.(inputs as never, attrs as never, tf.backend());
  expect(accepts({ x }, { view })).toBe(false);
  expect(accepts({ x: y }, { view })).toBe(true);
  expect(accepts({ x: y }, { view: { ...view, K: 1 << 24 } })).toBe(false);
  expect(accepts({ x: y, saved }, { view })).toBe(false);
  tf.dispose([x, y, saved]);
});

test('the same numbers before and after the memory has grown', () => {
  const c = makeCase({ B: 2, S: 1, G: 1, K: 700, T: 1 }, 7);
  const run = () => {
    const { x, gamma, beta } = tensorsOf(c);
    return results('Normalize', { x, gamma, beta }, { view: c.view, epsilon: 1e-3, center: true, keep: 'none' })
      .values[0];
  };
  const before = tf.tidy(() => Array.from(run() as Float32Array));
  const { byteLength } = (tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } }).wasm.HEAPU8;
  const large = tf.zeros([byteLength]);
  expect((tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } }).wasm.HEAPU8.byteLength).toBeGreaterThan(
    byteLength,
  );
  expect(tf.tidy(() => Array.from(run() as Float32Array))).toEqual(before);
  large.dispose();
});

/** Rows of all kinds beside one another: usual ones, a mean so far that its rounding shows, a constant, a NaN. */
function rowsOfAllKinds(B: number, K: number): Float32Array {
  const x = normal(B * K, { seed: 5 });
  for (let k = 0; k < K; k++) {
    x[K + k] = 1e4 + 0.06 * (x[K + k] as number);
    x[2 * K + k] = 1234.567;
  }
  x[4 * K - 1] = Number.NaN;
  return x;
}

test.each([5, 70, 1100, 3000].flatMap((K) => [7, 8].map((B) => ({ K, B }))))(
  'a row of $K is the same alone and among $B, whatever the others are: y and dx',
  ({ K, B }) => {
    const [values, up] = [rowsOfAllKinds(B, K), normal(B * K, { seed: 6 })];
    for (const [center, hasBeta] of [
      [true, true],
      [false, true],
      [false, false],
    ]) {
      const run = (from: number, to: number) =>
        tf.tidy(() => {
          const view = { B: to - from, S: 1, G: 1, K, T: 1 };
          const [x, dy] = [values, up].map((all) => tf.tensor2d(all.slice(from * K, to * K), [to - from, K]));
          const gamma = tf.tensor1d(normal(K, { seed: 7 }));
          const beta = hasBeta ? tf.tensor1d(normal(K, { seed: 8 })) : undefined;
          const attrs = { view, epsilon: 1e-3, center, affine: true, hasBeta };
          const forward = results('Normalize', { x, gamma, beta } as Inputs, { ...attrs, keep: 'saved' });
          const inputs = { x, dy, gamma, saved: forward.tensors[1] } as Inputs;
          return [forward.values[0], results('NormalizeGrad', inputs, attrs).values[0]].map((v) =>
            Array.from(v as Float32Array),
          );
        });
      const all = run(0, B);
      for (let b = 0; b < B; b++) {
        run(b, b + 1).forEach((alone, i) => {
          expect(all[i]?.slice(b * K, (b + 1) * K)).toEqual(alone);
        });
      }
    }
  },
);

test.each<SlabView>([
  { B: 3, S: 1, G: 1, K: 4096, T: 1 },
  { B: 3, S: 1, G: 2, K: 767, T: 1 },
  { B: 3, S: 1, G: 2, K: 3, T: 1400 },
  { B: 2, S: 3, G: 2, K: 1, T: 1400 },
])('%j: a first value a hundred deviations off costs no digits', (view) => {
  const c = { ...makeCase(view, 7, { mean: 0, std: 1 }), center: true, gamma: undefined, beta: undefined };
  const sets = new Set<number>();
  reference.eachElement(view, (i, set) => {
    if (!sets.has(set)) c.x[i] = 100;
    sets.add(set);
  });
  checked(() => {
    const options = { view, epsilon: c.epsilon, center: true, keep: 'none' };
    const { values } = results('Normalize', { x: tensorsOf(c).x }, options);
    expectClose(values[0] as Numbers, reference.normalize(c).y, { atol: 4e-7, rtol: 4e-7 }, 'y');
  });
});
