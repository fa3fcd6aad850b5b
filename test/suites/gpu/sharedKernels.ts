import type * as tfCore from '@tensorflow/tfjs-core';
import type { BackendKernel, BackendKernels, KernelName, SlabView } from '../../../src/kernels/contract.js';
import { largest, makeCase, name } from '../../kernels/cases.js';
import type { Case } from '../../kernels/reference.js';
import * as reference from '../../kernels/reference.js';
import { type Check, expectClose, expectTrue, normal, type Tf } from '../harness.js';

/** Every kernel of a GPU backend against the formulas in float64. */

type Numbers = ArrayLike<number>;
type Inputs = Readonly<Record<string, tfCore.Tensor | undefined>>;

/** A shape of which no dimension is the view's. */
const column = (view: SlabView): number[] => [reference.sizeOf(view), 1];

interface RunnerOptions {
  /** Another than tfjs's own: one made to refuse. */
  readonly backend?: object;
  readonly shapeOf?: (view: SlabView) => number[];
}

/** Runs kernels as the engine does, and keeps count of the tensors it has to free. */
export class Runner {
  private readonly made: tfCore.Tensor[] = [];
  private readonly backend: object;
  private readonly shapeOf: (view: SlabView) => number[];

  constructor(
    private readonly tf: Tf,
    private readonly kernels: BackendKernels,
    { backend = tf.backend(), shapeOf = column }: RunnerOptions = {},
  ) {
    this.backend = backend;
    this.shapeOf = shapeOf;
  }

  tensor(values: Float32Array, shape: number[] = [values.length]): tfCore.Tensor {
    const t = this.tf.tensor(values, shape);
    this.made.push(t);
    return t;
  }

  /** As the engine takes what a kernel gives: composed and TensorFlow's are tensors already. */
  private tracked(info: tfCore.TensorInfo): tfCore.Tensor {
    return info instanceof this.tf.Tensor ? info : this.tf.engine().makeTensorFromTensorInfo(info);
  }

  async run<N extends KernelName>(kernel: N, inputs: Inputs, attrs: object) {
    const { backend } = this;
    const { accepts, run } = this.kernels[kernel] as unknown as BackendKernel<N>;
    const given = Object.fromEntries(Object.entries(inputs).filter(([, t]) => t)) as never;
    expectTrue(accepts?.(given, attrs as never, backend) ?? true, `${kernel} declines: it would be composed`);
    const tensors = run(given, attrs as never, backend).map((info) => this.tracked(info));
    this.made.push(...tensors);
    return { tensors, values: await Promise.all(tensors.map((t) => t.data() as Promise<Float32Array>)) };
  }

  /** x and dy in a shape that goes with the view, γ and β flat. */
  tensorsOf(c: Case) {
    const shape = this.shapeOf(c.view);
    return {
      x: this.tensor(c.x, shape),
      dy: this.tensor(c.dy, shape),
      gamma: c.gamma && this.tensor(c.gamma),
      beta: c.beta && this.tensor(c.beta),
    };
  }

  dispose(): void {
    this.tf.dispose(this.made);
  }
}

/** Of the largest value, or of what cancels in it; for a mean and a spread far apart, see the list of accuracy. */
const TOLERANCE = 3e-6;

export function expectEach(
  actual: readonly Numbers[],
  expected: readonly Numbers[],
  what: string,
  terms = 0,
  allowed = TOLERANCE,
): void {
  expectTrue(actual.length === expected.length, `${what}: ${actual.length} outputs, expected ${expected.length}`);
  expected.forEach((values, i) => {
    const size = Math.max(largest(values), terms);
    const tolerance = { atol: allowed * size, rtol: allowed };
    expectClose(actual[i] as Numbers, values, tolerance, `${what}, output ${i}`);
  });
}

async function checkNormalize(runner: Runner, c: Case, allowed: number): Promise<void> {
  const { view, epsilon, center } = c;
  const { x, dy, gamma, beta } = runner.tensorsOf(c);
  const expected = reference.normalize(c);
  const one = await runner.run('Normalize', { x, gamma, beta }, { view, epsilon, center, keep: 'none' });
  expectEach(one.values, [expected.y], 'Normalize', 0, allowed);
  const all = await runner.run('Normalize', { x, gamma, beta }, { view, epsilon, center, keep: 'moments' });
  const [y, , mean, variance] = all.values as Numbers[] as [Numbers, Numbers, Numbers, Numbers];
  const deviations = expected.variance.map((v) => reference.deviation(v, epsilon));
  expectEach([y, variance], [expected.y, expected.variance], 'Normalize with moments', 0, allowed);
  expectEach([mean], [expected.mean], 'mean', Math.sqrt(largest(expected.variance)), allowed);
  const { dx, dgamma, dbeta } = reference.normalizeGrad(c);
  for (const affine of [true, false]) {
    const inputs = { x, dy, gamma, saved: all.tensors[1] };
    const found = await runner.run('NormalizeGrad', inputs, { view, epsilon, center, affine });
    const up = largest(c.dy) * largest(c.gamma ?? [1]) * largest(deviations);
    expectEach(found.values.slice(0, 1), [dx], 'dx', up, allowed);
    expectEach(found.values.slice(1), affine ? [dgamma, dbeta] : [], 'dgamma, dbeta', largest(c.dy), allowed);
  }
}

async function checkMoments(runner: Runner, c: Case): Promise<void> {
  const { view, center } = c;
  const { x } = runner.tensorsOf(c);
  const sets = [view.B, view.G];
  const { mean, variance } = reference.moments(c.x, view, center);
  const none = await runner.run('Moments', { x }, { view, center, keep: 'none' });
  const { values, tensors } = await runner.run('Moments', { x }, { view, center, keep: 'saved' });
  for (const found of [none.values, values.slice(0, 2)]) expectEach(found, [mean, variance], 'Moments');
  const [dmean, dvariance] = [5, 6].map((seed) => normal(view.B * view.G, { seed })) as [Float32Array, Float32Array];
  const given = {
    x,
    dmean: runner.tensor(dmean, sets),
    dvariance: runner.tensor(dvariance, sets),
    saved: tensors[2],
  };
  const { values: found } = await runner.run('MomentsGrad', given, { view, center });
  expectEach(found, [reference.momentsGrad(c, dmean, dvariance)], 'MomentsGrad');
}

async function checkApply(runner: Runner, c: Case): Promise<void> {
  const { view, epsilon } = c;
  const { x, dy, gamma, beta } = runner.tensorsOf(c);
  const sets = [view.B, view.G];
  const mean = normal(view.B * view.G, { seed: 8 });
  const variance = normal(view.B * view.G, { seed: 9 }).map((v) => Math.abs(v) + 0.1);
  const statistics = { mean: runner.tensor(mean, sets), variance: runner.tensor(variance, sets) };
  const { values } = await runner.run('ApplyStatistics', { x, gamma, beta, ...statistics }, { view, epsilon });
  expectEach(values, [reference.apply(c, mean, variance)], 'ApplyStatistics');
  const { dx, dmean, dvariance, dgamma, dbeta } = reference.applyGrad(c, mean, variance);
  for (const affine of [true, false]) {
    const found = await runner.run('ApplyStatisticsGrad', { x, dy, gamma, ...statistics }, { view, epsilon, affine });
    const expected = [dx, dmean, dvariance, ...(affine ? [dgamma, dbeta] : [])];
    expectEach(found.values, expected, 'ApplyStatisticsGrad', largest(c.dy));
  }
}

/** Every kernel on every view; which parameters are there, and ε = 0, goes by the number of the case. */
export function kernelChecks(
  kernels: BackendKernels,
  views: readonly SlabView[],
  {
    seed = 1,
    what = 'kernels',
    backend = (tf: Tf): object => tf.backend(),
    shapeOf = column,
    allowed = TOLERANCE,
  } = {},
): Check[] {
  return views.map((view, i) => ({
    name: `${what} on ${name(view)}${shapeOf === column ? '' : ` as [${shapeOf(view)}]`}`,
    async run(tf) {
      const runner = new Runner(tf, kernels, { backend: backend(tf), shapeOf });
      try {
        const c = makeCase(view, seed + i);
        await checkNormalize(runner, c, allowed);
        await checkMoments(runner, c);
        await checkApply(runner, c);
      } finally {
        runner.dispose();
      }
    },
  }));
}
