import type { BackendKernels, SlabView } from '../../../src/kernels/contract.js';
import { makeCase, name, withSet } from '../../kernels/cases.js';
import { type Case, eachElement, normalize, normalizeGrad } from '../../kernels/reference.js';
import { type Check, expectClose, expectEqual, expectTrue } from '../harness.js';
import { Runner } from './sharedKernels.js';

/** Where digits are lost easily: large means, constants, values that are none. */

export const VIEWS: readonly SlabView[] = [
  { B: 24, S: 1, G: 1, K: 512, T: 1 }, // layer
  { B: 3, S: 1, G: 1, K: 9001, T: 1 }, // long rows
  { B: 2, S: 1, G: 4, K: 8, T: 49 }, // group, channels first
  { B: 2, S: 196, G: 4, K: 8, T: 1 }, // group, small
  { B: 2, S: 3136, G: 4, K: 4, T: 1 }, // group, large
  { B: 2, S: 1600, G: 32, K: 1, T: 1 }, // instance
  { B: 1, S: 3000, G: 24, K: 1, T: 1 }, // batch
  { B: 1, S: 3, G: 6, K: 1, T: 4000 }, // batch, channels first
];

const DATA = [
  [0, 1],
  [12, 1],
  [400, 1],
  [1e3, 1],
  [1e4, 0.06],
  [-3e4, 10],
] as const;

const withAffine = (view: SlabView, about: { mean: number; std: number }): Case => {
  const all = makeCase(view, 11, about); // γ, β, centred, ε > 0
  return { ...all, epsilon: 1e-5 };
};

async function yOf(runner: Runner, c: Case) {
  const { x, gamma, beta } = runner.tensorsOf(c);
  const attrs = { view: c.view, epsilon: c.epsilon, center: true, keep: 'saved' };
  const { values, tensors } = await runner.run('Normalize', { x, gamma, beta }, attrs);
  return { y: values[0] as Float32Array, saved: tensors[1] };
}

const withRunner =
  (kernels: BackendKernels, f: (runner: Runner) => Promise<void>): Check['run'] =>
  async (tf) => {
    const runner = new Runner(tf, kernels);
    try {
      await f(runner);
    } finally {
      runner.dispose();
    }
  };

async function largeMeans(runner: Runner, view: SlabView): Promise<void> {
  for (const [mean, std] of DATA) {
    const c = withAffine(view, { mean, std });
    expectClose((await yOf(runner, c)).y, normalize(c).y, { atol: 1e-5, rtol: 0 }, `mean ${mean}, deviation ${std}`);
  }
}

/** A constant set gives β to the bit, and a gradient that is finite. */
async function constants(runner: Runner, view: SlabView): Promise<void> {
  for (const value of [1234.567, 1e4, 0.1]) {
    for (const epsilon of [1e-5, 0]) {
      const plain = withAffine(view, { mean: 0, std: 1 });
      const c = { ...plain, x: plain.x.map(() => value), epsilon };
      const { y, saved } = await yOf(runner, c);
      eachElement(view, (i, _, channel) => {
        if (y[i] !== c.beta?.[channel]) expectEqual(y[i], c.beta?.[channel], `element ${i} of constants ${value}`);
      });
      const { x, dy, gamma } = runner.tensorsOf(c);
      const attrs = { view, epsilon, center: true, affine: true };
      const { values } = await runner.run('NormalizeGrad', { x, dy, gamma, saved }, attrs);
      expectTrue(
        values.every((found) => found.every(Number.isFinite)),
        `gradients of constants ${value} are finite`,
      );
    }
  }
}

/** What is no number spoils its own set, forward and backward, and no other. */
async function isolation(runner: Runner, view: SlabView): Promise<void> {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const plain = withAffine(view, { mean: 2, std: 1 });
    const at = Math.floor(plain.x.length / 2);
    const c = withSet(plain, at, value, false);
    const { y, saved } = await yOf(runner, c);
    const { x, dy, gamma } = runner.tensorsOf(c);
    const attrs = { view, epsilon: c.epsilon, center: true, affine: false };
    const { values } = await runner.run('NormalizeGrad', { x, dy, gamma, saved }, attrs);
    const sets: number[] = [];
    eachElement(view, (i, set) => {
      sets[i] = set;
    });
    const spoilt = (expected: Float64Array) => expected.map((v, i) => (sets[i] === sets[at] ? Number.NaN : v));
    const tolerance = { atol: 1e-5, rtol: 1e-5 };
    expectClose(y, spoilt(normalize(plain).y), tolerance, `y beside ${value}`);
    expectClose(values[0] as Float32Array, spoilt(normalizeGrad(plain).dx), tolerance, `dx beside ${value}`);
  }
}

export function accuracyChecks(kernels: BackendKernels, views = VIEWS): Check[] {
  const kinds = { 'large means': largeMeans, constants, 'NaN and Infinity': isolation };
  return Object.entries(kinds).flatMap(([kind, f]) =>
    views.map((view) => ({ name: `${kind}, ${name(view)}`, run: withRunner(kernels, (runner) => f(runner, view)) })),
  );
}
