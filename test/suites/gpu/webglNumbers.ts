import type { Tensor } from '@tensorflow/tfjs-core';
import { webglKernels } from '../../../src/kernels/webgl/kernels.js';
import { makeCase, withSet } from '../../kernels/cases.js';
import type { Case } from '../../kernels/reference.js';
import * as reference from '../../kernels/reference.js';
import { type Check, expectClose, expectTrue, type Suite, type Tf } from '../harness.js';
import { Runner } from './sharedKernels.js';
import { FORMS, type Form } from './webglForms.js';
import { programs } from './webglPrograms.js';

/** Numbers that are hard, each way through the kernels, with γ and β. */

async function withRunner(tf: Tf, shape: number[], f: (runner: Runner) => Promise<void>): Promise<void> {
  const runner = new Runner(tf, webglKernels, { shapeOf: () => shape });
  try {
    await f(runner);
  } finally {
    runner.dispose();
  }
}

/** y of a case, and with its gradients finite. */
async function normalized(runner: Runner, c: Case): Promise<Float32Array> {
  const { view, epsilon } = c;
  const { x, dy, gamma, beta } = runner.tensorsOf(c);
  const options = { view, epsilon, center: true };
  const { values, tensors } = await runner.run('Normalize', { x, gamma, beta }, { ...options, keep: 'saved' });
  const inputs = { x, dy, gamma, saved: tensors[1] };
  const { values: gradients } = await runner.run('NormalizeGrad', inputs, { ...options, affine: true });
  for (const list of gradients) {
    expectTrue(!c.x.every(Number.isFinite) || list.every(Number.isFinite), 'a gradient is not finite');
  }
  return values[0] as Float32Array;
}

const centered = (view: Form['view'], about: { mean?: number; std?: number } = {}): Case => ({
  ...makeCase(view, 7, about),
  epsilon: 1e-5,
  center: true,
});

function forForms(name: string, run: (form: Form, tf: Tf) => Promise<void>): Check[] {
  return FORMS.map((form) => ({ name: `${name}: ${form.name}`, run: (tf) => run(form, tf) }));
}

/** Data as in 5 lines of a table: mean, deviation, what y may be off by. */
const DATA = [
  [0, 1, 4e-6],
  [400, 1, 4e-6],
  [1e3, 1, 4e-6],
  [1e4, 0.06, 1e-5],
  [-3e4, 10, 4e-6],
] as const;

const accuracy = DATA.flatMap(([mean, std, atol]) =>
  forForms(`mean ${mean}, deviation ${std}`, ({ view, shape }, tf) =>
    withRunner(tf, shape, async (runner) => {
      const c = centered(view, { mean, std });
      const y = await normalized(runner, c);
      expectClose(y, reference.normalize(c).y, { atol, rtol: 1e-6 });
    }),
  ),
);

const constants = forForms('a constant gives exactly beta, and finite gradients', ({ view, shape }, tf) =>
  withRunner(tf, shape, async (runner) => {
    for (const value of [0, 0.1, 1234.567, 1e4, -3e30]) {
      for (const epsilon of [0, 1e-5]) {
        const c = { ...centered(view), epsilon };
        c.x.fill(value);
        const y = await normalized(runner, c);
        reference.eachElement(view, (i, _set, channel) => {
          const beta = c.beta?.[channel] ?? 0;
          expectTrue(y[i] === beta, `${value}, epsilon ${epsilon}: y is ${y[i]}, beta ${beta}`);
        });
      }
    }
  }),
);

const spoilt = forForms('NaN and Infinity stay in their set', ({ view, shape }, tf) =>
  withRunner(tf, shape, async (runner) => {
    const sets: number[] = [];
    reference.eachElement(view, (i, set) => {
      sets[i] = set;
    });
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      for (const at of [0, Math.floor(sets.length / 2), sets.length - 1]) {
        const y = await normalized(runner, withSet(centered(view), at, value, false));
        y.forEach((v, i) => {
          expectTrue(Number.isNaN(v) === (sets[i] === sets[at]), `${value} at ${at}: element ${i} is ${v}`);
        });
      }
    }
  }),
);

/** tfjs's packed matrix product multiplies what lies beside the tensor too. */
const masked: Check = {
  name: 'nothing beside an odd tensor: layer norm and its gradient into a matrix product',
  async run(tf, pack) {
    const [rows, columns] = [5, 7];
    const { view } = { view: { B: rows, S: 1, G: 1, K: columns, T: 1 } };
    const c = { ...centered(view), gamma: undefined };
    const beta = new Float32Array(columns).fill(3);
    const x = tf.tensor(c.x, [rows, columns]);
    const sums = tf.tidy(() => {
      const y = pack.layerNorm(x, { beta: tf.tensor1d(beta), epsilon: 1e-5 });
      const dx = tf.grad((t: Tensor) => tf.sum(tf.square(pack.layerNorm(t, { epsilon: 1e-5 }))))(x);
      return [tf.matMul(y, tf.ones([columns, 3])), tf.matMul(tf.ones([3, rows]), y), tf.matMul(dx, dx, true)];
    });
    const y = reference.normalize({ ...c, beta }).y;
    const row = (i: number) => y.slice(i * columns, (i + 1) * columns).reduce((a, b) => a + b, 0);
    const expected = Array.from({ length: rows * 3 }, (_, i) => row(Math.floor(i / 3)));
    expectClose(await (sums[0] as Tensor).data(), expected, { atol: 1e-4, rtol: 1e-5 });
    expectTrue(
      (await (sums[2] as Tensor).data()).every((v) => Math.abs(v) < 1e-3),
      'dx of Σy² is 0 but for epsilon',
    );
    tf.dispose([x, ...sums]);
  },
};

/** tfjs's own packed kernels leave beside a tensor what they make of 0: here the root of −1. */
const besides = forForms('NaN beside odd tensors', async ({ view, shape }, tf) => {
  const drawn = centered(view);
  const positive = (values: Float32Array) => values.map((v) => Math.abs(v) + 0.5);
  const c = { ...drawn, x: positive(drawn.x), dy: positive(drawn.dy) };
  const root = (values: Float32Array) =>
    tf.tidy(() =>
      tf.sqrt(
        tf.sub(
          tf.tensor(
            values.map((v) => v * v + 1),
            shape,
          ),
          1,
        ),
      ),
    );
  const [x, dy] = [root(c.x), root(c.dy)];
  await withRunner(tf, shape, async (runner) => {
    const { gamma } = runner.tensorsOf(c);
    const options = { view, epsilon: c.epsilon, center: true };
    const { values, tensors } = await runner.run('Normalize', { x, gamma }, { ...options, keep: 'saved' });
    const tolerance = { atol: 2e-5, rtol: 1e-5 };
    expectClose(values[0] as Float32Array, reference.normalize({ ...c, beta: undefined }).y, tolerance, 'y');
    const inputs = { x, dy, gamma, saved: tensors[1] };
    const { values: found } = await runner.run('NormalizeGrad', inputs, { ...options, affine: true });
    const { dx, dgamma, dbeta } = reference.normalizeGrad(c);
    [dx, dgamma, dbeta].forEach((expected, i) => {
      expectClose(found[i] as Float32Array, expected, { atol: 1e-3, rtol: 1e-4 }, `gradient ${i}`);
    });
  });
  tf.dispose([x, dy]);
});

const declined: Check = {
  name: 'other types are declined, and what another kernel saved',
  run(tf) {
    const view = { B: 1, S: 1, G: 1, K: 2, T: 1 };
    const accepts = (inputs: object) =>
      webglKernels.NormalizeGrad?.accepts?.(inputs as never, { view } as never, tf.backend());
    const [x, integers, saved] = [tf.tensor1d([1, 2]), tf.tensor1d([1, 2], 'int32'), tf.tensor2d([[0], [1]])];
    expectTrue(accepts({ x }) === true, 'floats are taken');
    expectTrue(accepts({ x: integers }) === false, 'integers are declined');
    expectTrue(accepts({ x, saved }) === false, 'what the composed kernel saved is declined');
    tf.dispose([x, integers, saved]);
  },
};

/** What some stock kernels write unpacked: here `fill`. */
const unpacked: Check = {
  name: 'an unpacked gamma costs no program, an unpacked x one',
  async run(tf, pack) {
    const x = tf.tensor(centered(FORMS[0]?.view as Form['view']).x, [15, 77]);
    const [gamma, filled] = tf.tidy(() => [tf.fill([77], 2), tf.fill([15, 77], 3)]) as [Tensor, Tensor];
    const once = programs(tf, () => pack.layerNorm(x, { gamma, beta: gamma }));
    const more = programs(tf, () => pack.layerNorm(filled, { gamma, beta: gamma }));
    const y = tf.tidy(() => pack.layerNorm(filled, { gamma, beta: gamma }));
    expectTrue(
      (await y.data()).every((v) => v === 2),
      'y is beta',
    );
    expectTrue(once === 2 && more === 3, `${once} and ${more} programs`);
    tf.dispose([x, gamma, filled, y]);
  },
};

/** The same program to tfjs, whose sizes would differ if it were told the ranks of unpacked tensors. */
const listOrRow: Check = {
  name: 'unpacked statistics are read as a list and as a row',
  async run(tf) {
    await withRunner(tf, [15, 8], async (runner) => {
      const c = centered({ B: 1, S: 15, G: 8, K: 1, T: 1 });
      const { x } = runner.tensorsOf(c);
      for (const shape of [[8], [1, 8], [1, 1, 8], [8]]) {
        const [mean, variance] = tf.tidy(() => [tf.fill(shape, 1), tf.fill(shape, 4)]) as [Tensor, Tensor];
        const { values } = await runner.run('ApplyStatistics', { x, mean, variance }, { view: c.view, epsilon: 0 });
        const expected = Float64Array.from(c.x, (v) => (v - 1) / 2);
        expectClose(values[0] as Float32Array, expected, { atol: 1e-6, rtol: 1e-6 }, `statistics of shape [${shape}]`);
        tf.dispose([mean, variance]);
      }
    });
  },
};

/** A reshape of what is not on the device yet is the same data under another shape: packed, it would lie otherwise. */
const shared: Check = {
  name: 'one tensor as x, gamma, beta and dy, not on the device yet',
  async run(tf, pack) {
    const c = centered({ B: 1, S: 1, G: 1, K: 30, T: 1 });
    const found = tf.tidy(() => {
      const x = tf.tensor(c.x, [1, 5, 6]);
      const [gamma, beta, dy] = [
        [5, 6],
        [5, 6],
        [1, 5, 6],
      ].map((shape) => tf.reshape(x, shape)) as [Tensor, Tensor, Tensor];
      const f = (t: Tensor, g: Tensor, b: Tensor) =>
        pack.layerNorm(t, { axis: [1, 2], gamma: g, beta: b, epsilon: c.epsilon });
      return [f(x, gamma, beta), ...tf.grads(f)([x, gamma, beta], dy)];
    });
    const all = { ...c, dy: c.x, gamma: c.x, beta: c.x };
    const { dx, dgamma, dbeta } = reference.normalizeGrad(all);
    for (const [i, expected] of [reference.normalize(all).y, dx, dgamma, dbeta].entries()) {
      expectClose(await (found[i] as Tensor).data(), expected, { atol: 2e-5, rtol: 1e-5 }, `result ${i}`);
    }
    tf.dispose(found);
  },
};

export const webglNumberSuite: Suite = {
  name: 'webgl numbers',
  checks: [...accuracy, ...constants, ...spoilt, ...besides, masked, unpacked, listOrRow, shared, declined],
};
