import type { Tensor } from '@tensorflow/tfjs-core';
import type { SlabView } from '../../../src/kernels/contract.js';
import { provideKernels } from '../../../src/kernels/dispatch.js';
import type { NodeBackend } from '../../../src/kernels/tensorflow/backend.js';
import { tensorflowKernels } from '../../../src/kernels/tensorflow/kernels.js';
import { hasLayerNorm } from '../../../src/kernels/tensorflow/probe.js';
import { mklLayerNorm } from '../../../src/kernels/tensorflow/raw.js';
import { type Check, expectEqual, expectNoLeak, expectTrue, normal, type Suite, type Tf } from '../harness.js';
import { CALLS, EPSILON, expectExact, type Given, passes, product } from './calls.js';
import { edges } from './edges.js';

/** What TensorFlow's own ops do that a normalization must not. */

type Execute = (op: string, attributes: { name: string; value: unknown }[], inputs: Tensor[], n?: number) => unknown;
type Executes = { executeSingleOutput: Execute; executeMultipleOutputs: Execute };

const backendOf = (tf: Tf) => tf.backend() as unknown as NodeBackend & Executes;

/** Runs `f` with every op of the backend going through `through`, which may answer itself. */
async function throughOps(
  tf: Tf,
  through: (op: string, attributes: { name: string; value: unknown }[], run: () => unknown) => unknown,
  f: () => unknown,
): Promise<void> {
  const backend = backendOf(tf);
  const own = { one: backend.executeSingleOutput, many: backend.executeMultipleOutputs };
  const wrap =
    (execute: Execute): Execute =>
    (op, attributes, inputs, n) =>
      through(op, attributes, () => execute.call(backend, op, attributes, inputs, n));
  Object.assign(backend, { executeSingleOutput: wrap(own.one), executeMultipleOutputs: wrap(own.many) });
  try {
    await f();
  } finally {
    Object.assign(backend, { executeSingleOutput: own.one, executeMultipleOutputs: own.many });
  }
}

/** What an op refuses in silence must not be used: one that gives nothing, and the layout that is slow without oneDNN. */
const askedFor: Check[] = Object.entries(CALLS).map(([name, given]) => ({
  name: `no empty answers, no channels first: ${name}`,
  async run(tf, pack) {
    const ops: string[] = [];
    const note = (op: string, attributes: { name: string; value: unknown }[], run: () => unknown) => {
      ops.push(op, ...attributes.filter((a) => a.name === 'data_format').map(({ value }) => `${value}`));
      return run();
    };
    await throughOps(tf, note, () => tf.dispose(passes(tf, pack, given)));
    expectTrue(ops.length > 0, 'no op was seen');
    for (const unwanted of ['_FusedBatchNormEx', 'NCHW', 'Tile', 'Transpose']) {
      expectTrue(!ops.includes(unwanted), `${unwanted} among ${[...new Set(ops)].join(', ')}`);
    }
  },
}));

/** Whether this build has the op, without asking what the kernels ask. */
function isThere(tf: Tf): boolean {
  try {
    return tf.tidy(() => {
      const affine = { gamma: tf.ones([4]), beta: tf.zeros([4]), epsilon: EPSILON };
      return mklLayerNorm(backendOf(tf), tf.ones([2, 4]), affine).size === 8;
    });
  } catch {
    return false;
  }
}

/** The fused ops are what runs, where they are right. */
const isUsed = (op: string, name: string): Check => ({
  name: `${op} computes ${name}`,
  async run(tf, pack) {
    const ops: string[] = [];
    const note = (used: string, _: unknown, run: () => unknown) => {
      ops.push(used);
      return run();
    };
    const given = CALLS[name] as Given;
    if (op === '_MklLayerNorm' && !isThere(tf)) return; // not in this build
    await throughOps(tf, note, () => tf.dispose(passes(tf, pack, given)));
    expectTrue(ops.includes(op), `${[...new Set(ops)].join(', ')}`);
  },
});

/** Without a tidy of the caller's, and with one. */
const noLeaks: Check[] = Object.entries(CALLS).map(([name, given]) => ({
  name: `nothing is left outside a tidy: ${name}`,
  async run(tf, pack) {
    const x = tf.tensor(normal(product(given.shape), { seed: 9 }), [...given.shape]);
    const [gamma, beta] = [tf.ones([given.shape.includes(512) ? 512 : 32]), tf.zeros([1])];
    const wide = tf.tidy(() => tf.mul(gamma, tf.squeeze(beta)));
    for (let i = 0; i < 10; i++) await expectNoLeak(tf, () => given.call(pack, x, gamma, wide).dispose());
    await expectNoLeak(tf, () => tf.dispose(passes(tf, pack, given)));
    tf.dispose([x, gamma, beta, wide]);
  },
}));

/** A build without the op, one where it is wrong, and one where it gives nothing. */
const ANSWERS: Readonly<Record<string, (tf: Tf, run: () => unknown) => unknown>> = {
  'is missing': () => {
    throw new Error('Could not find device for node');
  },
  'gives nothing': (tf) => tf.tensor2d([], [0, 4]),
  'is wrong': (tf, run) => tf.mul(run() as Tensor, 1.01),
};

const fallbacks: Check[] = Object.entries(ANSWERS).map(([what, answer]) => ({
  name: `layer norm where TensorFlow's own ${what}`,
  async run(tf, pack) {
    const backend = backendOf(tf);
    // The probe remembers its answer by backend: another object over the same one is asked again.
    const other = Object.create(backend) as typeof backend;
    const through = (op: string, _: unknown, run: () => unknown) => (op === '_MklLayerNorm' ? answer(tf, run) : run());
    await throughOps(tf, through, () => expectEqual(hasLayerNorm(other), false, 'has it'));
    const kernels = tensorflowKernels;
    const former = provideKernels('tensorflow', {
      ...kernels,
      Normalize: { run: (inputs, attrs) => (kernels.Normalize as typeof NORMALIZE).run(inputs, attrs, other) },
      NormalizeGrad: { run: (inputs, attrs) => (kernels.NormalizeGrad as typeof GRAD).run(inputs, attrs, other) },
    });
    try {
      const given = CALLS.layer as Given & { view: SlabView };
      await expectExact(tf, passes(tf, pack, given), given, 0.5);
    } finally {
      provideKernels('tensorflow', former);
    }
  },
}));
declare const NORMALIZE: NonNullable<typeof tensorflowKernels.Normalize>;
declare const GRAD: NonNullable<typeof tensorflowKernels.NormalizeGrad>;

export const hazardSuite: Suite = {
  name: 'tensorflow hazards',
  checks: [
    ...askedFor,
    isUsed('_MklLayerNorm', 'layer'),
    isUsed('FusedBatchNormV3', 'batch'),
    isUsed('FusedBatchNormGradV3', 'instance'),
    ...edges,
    ...noLeaks,
    ...fallbacks,
  ],
};
