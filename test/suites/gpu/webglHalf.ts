import type { Tensor } from '@tensorflow/tfjs-core';
import { webglKernels } from '../../../src/kernels/webgl/kernels.js';
import { largest, makeCase } from '../../kernels/cases.js';
import type { Case } from '../../kernels/reference.js';
import * as reference from '../../kernels/reference.js';
import { roundToHalf } from '../half.js';
import { type Check, expectClose, expectTrue, normal, type Suite } from '../harness.js';
import { Runner } from './sharedKernels.js';
import { FORMS } from './webglForms.js';

/** Half-float textures: everything is rounded to three digits between programs, so the reference starts from rounded inputs. */

const rounded = (values: Float32Array): Float32Array => values.map(roundToHalf);
const optional = (values: Float32Array | undefined) => values && rounded(values);

function halfCase(c: Case): Case {
  return {
    ...c,
    x: rounded(c.x),
    dy: rounded(c.dy),
    gamma: optional(c.gamma),
    beta: optional(c.beta),
    epsilon: 1e-3,
    center: true,
  };
}

/** Of the largest value. */
const TOLERANCE = 2e-3;

function expectNear(found: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  const size = largest(expected);
  expectClose(found, expected, { atol: TOLERANCE * size, rtol: 0 }, what);
}

const normalizes: Check[] = [
  [0.3, 2],
  [400, 2],
  [400, 30],
].flatMap(([mean, std]) =>
  FORMS.map(({ name, shape, view }) => ({
    name: `mean ${mean}, deviation ${std}: ${name}`,
    async run(tf) {
      const runner = new Runner(tf, webglKernels, { shapeOf: () => shape });
      try {
        const c = halfCase(makeCase(view, 7, { mean: mean as number, std: std as number }));
        const { x, dy, gamma, beta } = runner.tensorsOf(c);
        const options = { view, epsilon: c.epsilon, center: true };
        const forward = await runner.run('Normalize', { x, gamma, beta }, { ...options, keep: 'saved' });
        expectNear(forward.values[0] as Float32Array, reference.normalize(c).y, 'y');
        const inputs = { x, dy, gamma, saved: forward.tensors[1] };
        const { values } = await runner.run('NormalizeGrad', inputs, { ...options, affine: true });
        const { dx, dgamma, dbeta } = reference.normalizeGrad(c);
        expectNear(values[0] as Float32Array, dx, 'dx');
        expectNear(values[1] as Float32Array, dgamma, 'dgamma');
        expectNear(values[2] as Float32Array, dbeta, 'dbeta');
      } finally {
        runner.dispose();
      }
    },
  })),
);

/** Of a row as large as the squares would overflow. */
const squares: Check = {
  name: 'rms of 400',
  async run(tf, pack) {
    const y = tf.tidy(() => pack.rmsNorm(tf.fill([3, 64], 400)));
    const values = await y.data();
    y.dispose();
    expectTrue(
      values.every((v) => Math.abs(v - 1) < TOLERANCE),
      `${values[0]} instead of 1`,
    );
  },
};

const mixtures: Check[] = (['batchInstanceNorm', 'switchNorm'] as const).flatMap((op) =>
  [0.3, 400].map((mean) => ({
    name: `${op} around ${mean} is finite, and its gradient`,
    async run(tf, pack) {
      const x = tf.tensor(normal(3 * 5 * 7 * 6, { mean, std: 2 }), [3, 5, 7, 6]);
      const f = (t: Tensor) => pack[op](t);
      const [y, dx] = tf.tidy(() => [f(x), tf.grad((t: Tensor) => tf.sum(tf.square(f(t))))(x)]) as [Tensor, Tensor];
      for (const t of [y, dx]) expectTrue((await t.data()).every(Number.isFinite), 'not finite');
      tf.dispose([x, y, dx]);
    },
  })),
);

export const webglHalfSuite: Suite = { name: 'webgl half', checks: [...normalizes, squares, ...mixtures] };
