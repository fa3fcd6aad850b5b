import type { Tensor } from '@tensorflow/tfjs-core';
import { provideKernels } from '../../../src/kernels/dispatch.js';
import type { NodeBackend } from '../../../src/kernels/tensorflow/backend.js';
import { tensorflowKernels } from '../../../src/kernels/tensorflow/kernels.js';
import { hasLayerNorm } from '../../../src/kernels/tensorflow/probe.js';
import {
  type Check,
  expectClose,
  expectEqual,
  expectNoLeak,
  expectTrue,
  normal,
  type Pack,
  type Suite,
  type Tf,
} from '../harness.js';

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

type Call = (pack: Pack, x: Tensor, gamma: Tensor, beta: Tensor) => Tensor;
const CALLS: Readonly<Record<string, { shape: readonly number[]; call: Call }>> = {
  layer: { shape: [600, 512], call: ({ layerNorm }, x, gamma, beta) => layerNorm(x, { gamma, beta }) },
  rms: { shape: [600, 512], call: ({ rmsNorm }, x, gamma) => rmsNorm(x, { gamma }) },
  group: { shape: [3, 60, 60, 32], call: ({ groupNorm }, x, gamma, beta) => groupNorm(x, { gamma, beta, groups: 8 }) },
  instance: { shape: [3, 60, 60, 32], call: ({ instanceNorm }, x, gamma, beta) => instanceNorm(x, { gamma, beta }) },
  batch: { shape: [3, 60, 60, 32], call: ({ batchNorm }, x, gamma, beta) => batchNorm(x, { gamma, beta }) },
  'batch, channels first': {
    shape: [3, 32, 60, 60],
    call: ({ batchNorm }, x, gamma, beta) => batchNorm(x, { gamma, beta, axis: 1 }),
  },
  'group, channels first': {
    shape: [3, 32, 60, 60],
    call: ({ groupNorm }, x, gamma, beta) => groupNorm(x, { gamma, beta, groups: 8, axis: 1 }),
  },
  switchable: { shape: [3, 60, 60, 32], call: ({ switchNorm }, x, gamma, beta) => switchNorm(x, { gamma, beta }) },
};

const product = (shape: readonly number[]) => shape.reduce((n, size) => n * size, 1);

/** y and all gradients of a call, from inputs that are made and freed here. */
function passes(tf: Tf, pack: Pack, { shape, call }: (typeof CALLS)[string], mean = 0.5): Tensor[] {
  return tf.tidy(() => {
    const x = tf.tensor(normal(product(shape), { mean, seed: 3 }), [...shape]);
    const gamma = tf.tensor1d(normal(shape.includes(512) ? 512 : 32, { mean: 1, std: 0.2, seed: 4 }));
    const beta = tf.tensor1d(normal(gamma.size, { seed: 5 }));
    const f = (...args: Tensor[]) => call(pack, args[0] as Tensor, args[1] as Tensor, beta);
    const { value, grads } = tf.valueAndGrads(f)([x, gamma], tf.tensor(normal(x.size, { seed: 6 }), [...shape]));
    return [value, ...grads];
  });
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

/** The fused ops are what runs, where they are right. */
const isUsed = (op: string, name: string): Check => ({
  name: `${op} computes ${name}`,
  async run(tf, pack) {
    const ops: string[] = [];
    const note = (used: string, _: unknown, run: () => unknown) => {
      ops.push(used);
      return run();
    };
    const given = CALLS[name] as (typeof CALLS)[string];
    if (op === '_MklLayerNorm' && !hasLayerNorm(backendOf(tf))) return; // not in this build
    await throughOps(tf, note, () => tf.dispose(passes(tf, pack, given)));
    expectTrue(ops.includes(op), `${[...new Set(ops)].join(', ')}`);
  },
});

/** A mean far away is not left to an op that adds plainly. */
const farMeans: Check[] = Object.entries(CALLS).map(([name, given]) => ({
  name: `a mean of 1000 costs no digits: ${name}`,
  async run(tf, pack) {
    if (name === 'rms') return; // not centred: the mean is what it measures
    const far = passes(tf, pack, given, 1000);
    // float32 inputs around 1000 have steps of 6e-5, so the same steps around 0 are the reference.
    const moved = tf.tidy(() => {
      const { shape, call } = given;
      const x = tf.sub(tf.tensor(normal(product(shape), { mean: 1000, seed: 3 }), [...shape]), 1000);
      const gamma = tf.tensor1d(normal(shape.includes(512) ? 512 : 32, { mean: 1, std: 0.2, seed: 4 }));
      const beta = tf.tensor1d(normal(gamma.size, { seed: 5 }));
      return call(pack, x, gamma, beta);
    });
    try {
      const tolerance = { atol: name === 'switchable' ? 3e-4 : 1e-5, rtol: 0 }; // a mixed mean is a float32 tensor
      expectClose(await (far[0] as Tensor).data(), await moved.data(), tolerance, 'y');
    } finally {
      tf.dispose([...far, moved]);
    }
  },
}));

/** TensorFlow's second output is divided by n − 1; Keras's memory holds the biased variance. */
const biasedVariance: Check = {
  name: 'the biased variance is remembered',
  async run(tf, pack) {
    const layer = pack.batchNormalization({ momentum: 0 });
    const model = tf.sequential({ layers: [tf.layers.inputLayer({ inputShape: [2] }), layer] });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const [x, y] = [tf.tensor2d([1, 10, 3, 40], [2, 2]), tf.zeros([2, 2])];
    try {
      await model.trainOnBatch(x, y);
      const variance = layer.getWeights().at(-1) as Tensor;
      expectClose(await variance.data(), [1, 225], { atol: 0, rtol: 1e-5 }, 'moving variance');
    } finally {
      model.dispose();
      tf.dispose([x, y]);
    }
  },
};

const tinyEpsilon: Check = {
  name: 'a tiny epsilon is used as it is',
  async run(tf, pack) {
    const values = normal(4 * 40 * 40 * 32, { std: 1e-5, seed: 8 });
    const x = tf.tensor(values, [4, 40, 40, 32]);
    const [small, usual] = [1e-12, 1e-5].map((epsilon) => tf.tidy(() => tf.moments(pack.batchNorm(x, { epsilon }))));
    try {
      // variance 1e-10: under ε = 1e-12 it stays about 0.99, under 1e-5 it all but vanishes
      expectClose(await (small as { variance: Tensor }).variance.data(), [0.99], { atol: 0.01, rtol: 0 }, 'ε 1e-12');
      expectClose(await (usual as { variance: Tensor }).variance.data(), [1e-5], { atol: 1e-6, rtol: 0 }, 'ε 1e-5');
    } finally {
      tf.dispose([x, small, usual] as Tensor[]);
    }
  },
};

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
      const given = CALLS.layer as (typeof CALLS)[string];
      const found = passes(tf, pack, given);
      provideKernels('tensorflow', former);
      const expected = passes(tf, pack, given);
      for (let i = 0; i < expected.length; i++) {
        const [a, e] = [found[i], expected[i]] as [Tensor, Tensor];
        expectClose(await a.data(), await e.data(), { atol: 2e-5, rtol: 1e-5 }, `output ${i}`);
      }
      tf.dispose([...found, ...expected]);
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
    ...farMeans,
    biasedVariance,
    tinyEpsilon,
    ...noLeaks,
    ...fallbacks,
  ],
};
