import type { BackendKernels, MixtureAttrs, SlabView, Statistic } from '../../../src/kernels/contract.js';
import { mix, mixGradients } from '../../../src/kernels/host/mix.js';
import type { Mixable } from '../../../src/kernels/host/mixable.js';
import { largest, makeCase, name } from '../../kernels/cases.js';
import { type Case, eachElement, moments } from '../../kernels/reference.js';
import { type Check, expectClose, normal } from '../harness.js';
import { expectEach, Runner } from './sharedKernels.js';

/** Mixtures against the mixing in double: every way of mixing, with memory and without, on odd shapes. */

const VIEWS: readonly SlabView[] = [
  { B: 3, S: 20, G: 5, K: 1, T: 1 },
  { B: 2, S: 49, G: 8, K: 1, T: 1 },
  { B: 11, S: 1, G: 37, K: 1, T: 6 }, // channels first
  { B: 2, S: 3, G: 4, K: 1, T: 8 }, // the channel axis in the middle
  { B: 1, S: 700, G: 70, K: 1, T: 1 },
  { B: 40, S: 2, G: 3, K: 1, T: 1 },
  { B: 4, S: 1, G: 12, K: 1, T: 1 }, // sets of one value
];

const ORDERS: readonly (readonly Statistic[])[] = [
  ['instance', 'layer', 'batch'],
  ['batch', 'instance'],
  ['layer', 'batch'],
  ['layer', 'instance'],
];

interface Mixture extends Case {
  readonly by: MixtureAttrs['by'];
  readonly statistics: readonly Statistic[];
  readonly rho: Float32Array;
  readonly logits: readonly [Float32Array, Float32Array];
  readonly memory: readonly [Float32Array, Float32Array] | undefined;
}

function makeMixture(view: SlabView, seed: number, about?: { mean: number; std: number }): Mixture {
  const c = makeCase(view, seed, about);
  const statistics = ORDERS[seed % ORDERS.length] as readonly Statistic[];
  const of = (size: number, k: number, mean: number, std: number) => normal(size, { mean, std, seed: 20 * seed + k });
  const given = seed % 2 ? undefined : ([of(view.G, 5, 1.5, 0.3), of(view.G, 6, 4, 0.3)] as const);
  return {
    ...c,
    epsilon: 1e-3,
    center: true,
    by: seed % 3 === 0 ? 'rstd' : 'variance',
    statistics,
    rho: of(view.G, 7, 0.5, 0.15),
    logits: [of(statistics.length, 8, 0, 1), of(statistics.length, 9, 0, 1)],
    memory: about ? undefined : given,
  };
}

const doubles = (values: Float32Array): Float64Array => Float64Array.from(values);
const at = (values: ArrayLike<number>, i: number): number => values[i] as number;

function inDouble(m: Mixture): Mixable {
  const { view, epsilon, by, statistics, rho, logits, memory } = m;
  const [meanWeight, varianceWeight] = logits.map(doubles) as [Float64Array, Float64Array];
  return {
    B: view.B,
    C: view.G,
    epsilon,
    instance: moments(m.x, view, true),
    memory: memory && { mean: doubles(memory[0]), variance: doubles(memory[1]) },
    weights: by === 'rstd' ? { rho: doubles(rho) } : { statistics, meanWeight, varianceWeight },
  };
}

function expectedOf(m: Mixture) {
  const { view, x, dy, gamma, beta } = m;
  const given = inDouble(m);
  const { mean, rstd, batch } = mix(given);
  const sets = view.B * view.G;
  const [level, slope] = [new Float64Array(sets), new Float64Array(sets)];
  const [dgamma, dbeta] = [new Float64Array(view.G), new Float64Array(view.G)];
  const [y, dx] = [new Float64Array(x.length), new Float64Array(x.length)];
  eachElement(view, (i, set, c) => {
    const from = at(x, i) - at(mean, set);
    const g = at(dy, i) * (gamma ? at(gamma, c) : 1);
    y[i] = from * at(rstd, set) * (gamma ? at(gamma, c) : 1) + (beta ? at(beta, c) : 0);
    level[set] = at(level, set) + g;
    slope[set] = at(slope, set) + g * from;
    dgamma[c] = at(dgamma, c) + at(dy, i) * from * at(rstd, set);
    dbeta[c] = at(dbeta, c) + at(dy, i);
  });
  const dmean = level.map((sum, set) => -at(rstd, set) * sum);
  const { instance, memory, weights } = mixGradients(given, rstd, dmean, slope);
  const n = view.S * view.T;
  eachElement(view, (i, set, c) => {
    const about = at(instance.mean, set) + 2 * at(instance.variance, set) * (at(x, i) - at(given.instance.mean, set));
    dx[i] = at(dy, i) * (gamma ? at(gamma, c) : 1) * at(rstd, set) + about / n;
  });
  return { y, batch, dx, small: [...weights, ...(memory ? [memory.mean, memory.variance] : [])], dgamma, dbeta };
}

async function forwardOf(runner: Runner, m: Mixture) {
  const { view, epsilon, by, statistics, memory } = m;
  const { x, dy, gamma, beta } = runner.tensorsOf(m);
  const [meanWeight, varianceWeight] = m.logits.map((values) => runner.tensor(values));
  const weights = by === 'rstd' ? { rho: runner.tensor(m.rho) } : { meanWeight, varianceWeight };
  const given = memory && { memoryMean: runner.tensor(memory[0]), memoryVariance: runner.tensor(memory[1]) };
  const attrs = { view, epsilon, by, statistics };
  const inputs = { x, ...weights, ...given, gamma };
  const keep = memory ? 'saved' : 'moments';
  const { values, tensors } = await runner.run('Mixture', { ...inputs, beta }, { ...attrs, keep });
  return { values, gradInputs: { ...inputs, dy, saved: tensors[1] }, attrs, inputs: { ...inputs, beta } };
}

async function check(runner: Runner, m: Mixture): Promise<void> {
  const expected = expectedOf(m);
  const { values, attrs, inputs, gradInputs } = await forwardOf(runner, m);
  const [y, , ...batch] = values as [Float32Array, Float32Array, ...Float32Array[]];
  expectEach([y], [expected.y], 'y');
  expectEach(batch, m.memory ? [] : [expected.batch.mean, expected.batch.variance], 'batch statistics');
  const plain = await runner.run('Mixture', inputs, { ...attrs, keep: 'none' });
  expectEach(plain.values, [expected.y], 'y alone');
  for (const affine of [true, false]) {
    const found = await runner.run('MixtureGrad', gradInputs, { ...attrs, affine });
    const terms = largest(m.dy) * 10;
    const parameters = affine ? [expected.dgamma, expected.dbeta] : [];
    expectEach(found.values, [expected.dx, ...expected.small, ...parameters], 'gradients', terms);
  }
}

/** With a large mean, where a mean that is a float has lost the digits of a small deviation. */
async function accuracy(runner: Runner, m: Mixture): Promise<void> {
  const { values } = await forwardOf(runner, m);
  expectClose(values[0] as Float32Array, expectedOf(m).y, { atol: 1e-5, rtol: 0 });
}

export function mixtureChecks(kernels: BackendKernels): Check[] {
  const of = (what: string, m: Mixture, f: typeof check): Check => ({
    name: `${what}, by ${m.by}${m.memory ? ', memory' : ''}, ${m.statistics.join(' ')}, ${name(m.view)}`,
    async run(tf) {
      const runner = new Runner(tf, kernels);
      try {
        await f(runner, m);
      } finally {
        runner.dispose();
      }
    },
  });
  const seeds = [1, 2, 3, 4, 5, 6];
  const about = { mean: 1e4, std: 0.06 };
  return [
    ...VIEWS.flatMap((view) => seeds.map((seed) => of('mixture', makeMixture(view, seed), check))),
    ...VIEWS.slice(0, 6).flatMap((view) => [1, 3].map((s) => of('large mean', makeMixture(view, s, about), accuracy))),
  ];
}
