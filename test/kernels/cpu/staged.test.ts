import * as tf from '@tensorflow/tfjs-core';
import type { SlabView } from '../../../src/kernels/contract.js';
import { loopsFor } from '../../../src/kernels/cpu/loops.js';
import { type Stage, theStage } from '../../../src/kernels/cpu/stage.js';
import { stagedGradient, stagedNormalize } from '../../../src/kernels/cpu/staged.js';
import type { Gradients, Loops } from '../../../src/kernels/cpu/work.js';
import { expectClose } from '../../suites/harness.js';
import { largest, makeCase, name, results, tensorsOf, views } from '../cases.js';
import * as reference from '../reference.js';

/** Larger arrays on cpu, brought to the wasm kernels by chunks, against the formulas in float64. */

type Normalized = ReturnType<Loops['normalize']>;

const stage = theStage() as Stage;
const doubles = (values: Float32Array | undefined, size: number, absent: number) =>
  values ? new Float64Array(values) : new Float64Array(size).fill(absent);

function check(view: SlabView, seed: number): void {
  const c = makeCase(view, seed);
  const { epsilon, center } = c;
  const channels = view.G * view.K;
  const scale = doubles(c.gamma, channels, 1);
  const shift = doubles(c.beta, channels, 0);
  const expected = reference.normalize(c);
  const { y, sets } = stagedNormalize(stage)(c.x, view, { epsilon, center, scale, shift }) as Normalized;
  const close = (actual: ArrayLike<number>, values: ArrayLike<number>, what: string, terms = 0) => {
    const size = Math.max(largest(values), terms);
    expectClose(actual, values, { atol: 2e-6 * size, rtol: 2e-6 }, `${name(view)} ${what}`);
  };
  close(y, expected.y, 'y');
  close(sets.mean, expected.mean, 'mean', Math.sqrt(largest(expected.variance)));
  close(sets.variance, expected.variance, 'variance');
  const { dx, dgamma, dbeta } = reference.normalizeGrad(c);
  const found = stagedGradient(stage)(
    c.x,
    c.dy,
    view,
    { mean: sets.mean, rstd: sets.rstd, scale },
    center,
  ) as Gradients;
  close(found.dx, dx, 'dx', largest(c.dy) * largest(scale) * largest(sets.rstd));
  close(found.dgamma, dgamma, 'dgamma', largest(c.dy));
  close(found.dbeta, dbeta, 'dbeta', largest(c.dy));
}

test.each(views(60, 11).map((view, i) => [name(view), view, i + 1] as const))('%s', (_, view, seed) =>
  check(view, seed),
);

test.each<SlabView>([
  { B: 701, S: 1, G: 1, K: 130, T: 1 },
  { B: 9, S: 64, G: 8, K: 17, T: 1 },
  { B: 7, S: 1, G: 3, K: 5, T: 1111 },
  { B: 3, S: 5, G: 3, K: 5, T: 999 },
])('%j: several chunks, the last one short', (view) => check(view, 7));

test('a large mean: what its rounding left comes along to the gradient', () => {
  const view = { B: 40, S: 1, G: 1, K: 300, T: 1 };
  const c = { ...makeCase(view, 7, { mean: 1e4, std: 0.06 }), epsilon: 1e-3, center: true };
  const scale = doubles(c.gamma, 300, 1);
  const options = { epsilon: 1e-3, center: true, scale, shift: doubles(c.beta, 300, 0) };
  const { y, sets } = stagedNormalize(stage)(c.x, view, options) as Normalized;
  expectClose(y, reference.normalize(c).y, { atol: 5e-6, rtol: 5e-6 }, 'y');
  const found = stagedGradient(stage)(c.x, c.dy, view, { mean: sets.mean, rstd: sets.rstd, scale }, true) as Gradients;
  const { dx, dgamma } = reference.normalizeGrad(c);
  expectClose(found.dx, dx, { atol: 2e-5 * largest(dx), rtol: 2e-5 }, 'dx');
  expectClose(found.dgamma, dgamma, { atol: 2e-5 * largest(dgamma), rtol: 2e-5 }, 'dgamma');
});

test('the backend takes this way from a size on, and the loops below it and for a sample that is too large', () => {
  const view = { B: 64, S: 1, G: 1, K: 256, T: 1 };
  const plain = loopsFor(100, view).normalize;
  expect(loopsFor(64 * 256, view).normalize).not.toBe(plain);
  expect(loopsFor(64 * 256 - 1, view).normalize).toBe(plain);
  expect(loopsFor(1 << 22, { B: 1, S: 1 << 14, G: 256, K: 1, T: 1 }).normalize).toBe(plain);
});

test('a layer through the backend, with its gradient, leaves nothing behind', async () => {
  await tf.setBackend('cpu');
  const view = { B: 300, S: 1, G: 1, K: 100, T: 1 };
  const c = makeCase(view, 7);
  const before = tf.memory().numTensors;
  tf.engine().startScope();
  const { x, dy, gamma, beta } = tensorsOf(c);
  const options = { view, epsilon: 1e-3, center: true };
  const forward = results('Normalize', { x, gamma, beta }, { ...options, keep: 'saved' });
  const given = { x, dy, gamma, saved: forward.tensors[1] };
  const { values } = results('NormalizeGrad', given, { ...options, affine: true });
  const expected = reference.normalizeGrad({ ...c, epsilon: 1e-3, center: true });
  expectClose(values[0] as Float32Array, expected.dx, { atol: 1e-5, rtol: 1e-5 }, 'dx');
  tf.engine().endScope();
  expect(tf.memory().numTensors).toBe(before);
});

test('where WebAssembly is forbidden the loops do the work', () => {
  jest.isolateModules(() => {
    const stock = WebAssembly.Module;
    WebAssembly.Module = class {
      constructor() {
        throw new WebAssembly.CompileError('forbidden by the page');
      }
    } as unknown as typeof WebAssembly.Module;
    try {
      const fresh = require('../../../src/kernels/cpu/loops') as typeof import('../../../src/kernels/cpu/loops.js');
      const view = { B: 64, S: 1, G: 1, K: 256, T: 1 };
      expect(fresh.loopsFor(64 * 256, view)).toBe(fresh.loopsFor(1, view));
    } finally {
      WebAssembly.Module = stock;
    }
  });
});

test('gradients that overflow in float32 on the way are computed in double', () => {
  const view = { B: 64, S: 1, G: 1, K: 512, T: 1 };
  const c = makeCase(view, 7);
  const dy = c.dy.map((v) => v * 1e37);
  const scale = doubles(c.gamma, 512, 1);
  const { mean, variance } = reference.moments(c.x, view, true);
  const known = { mean, rstd: variance.map((v) => 1 / Math.sqrt(v + 1e-3)), scale };
  expect(stagedGradient(stage)(c.x, dy, view, known, true)?.dx.every(Number.isFinite)).toBe(false); // or this test proves nothing
  const { dx } = reference.normalizeGrad({ ...c, dy, epsilon: 1e-3, center: true });
  const found = loopsFor(dy.length, view).normalizeGrad(c.x, dy, view, known, true);
  expectClose(found.dx, dx, { atol: 1e-6 * largest(dx), rtol: 1e-6 }, 'dx');
});

test('where the stage has no room the loops answer', () => {
  const view = { B: 64, S: 1, G: 1, K: 512, T: 1 };
  const c = makeCase(view, 7);
  const options = { epsilon: 1e-3, center: true, scale: doubles(c.gamma, 512, 1), shift: doubles(c.beta, 512, 0) };
  const grow = jest.spyOn(WebAssembly.Memory.prototype, 'grow').mockImplementation(() => {
    throw new RangeError('no more');
  });
  jest.isolateModules(() => {
    const fresh = require('../../../src/kernels/cpu/loops.js') as typeof import('../../../src/kernels/cpu/loops.js');
    const { y } = fresh.loopsFor(c.x.length, view).normalize(c.x, view, options);
    expectClose(y, reference.normalize({ ...c, epsilon: 1e-3, center: true }).y, { atol: 1e-5, rtol: 1e-5 }, 'y');
  });
  expect(grow).toHaveBeenCalled();
  grow.mockRestore();
});

test.each([
  ['NaN', () => Number.NaN],
  ['an infinity', () => Number.POSITIVE_INFINITY],
  ['values whose squares overflow', (k: number) => (k % 2 ? 3e37 : -3e37)],
] as const)('%s in one example: the others keep their last bit, y and dx', (_, spoilt) => {
  const view = { B: 64, S: 1, G: 1, K: 512, T: 1 };
  const c = makeCase(view, 7);
  const scale = doubles(c.gamma, 512, 1);
  const options = { epsilon: 1e-3, center: true, scale, shift: doubles(c.beta, 512, 0) };
  const run = (x: Float32Array) => {
    const loops = loopsFor(x.length, view);
    const { y, sets } = loops.normalize(x, view, options);
    const { dx } = loops.normalizeGrad(x, c.dy, view, { ...sets, scale }, true);
    return [y, dx];
  };
  const x = c.x.slice();
  for (let k = 0; k < 512; k++) x[5 * 512 + k] = spoilt(k);
  const clean = run(c.x);
  run(x).forEach((values, i) => {
    const others = values.filter((v, k) => Math.floor(k / 512) !== 5 && v !== clean[i]?.[k]);
    expect(others).toHaveLength(0);
  });
});
