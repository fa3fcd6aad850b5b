import type * as tfCore from '@tensorflow/tfjs-core';
import { roundToHalf } from './half.js';
import { type Check, expectClose, expectEqual, expectNoLeak, type Pack, type Suite, type Tf } from './harness.js';
import type { Memory, Numbers, ThirdPartyCase } from './thirdPartyCase.js';
import { fromOnnx, type OnnxCase, onnxInScope } from './thirdPartyOnnx.js';
import { fromPytorch, type PytorchCase } from './thirdPartyPytorch.js';
import { fromWebnn, type WebnnFile } from './thirdPartyWebnn.js';

export interface ThirdPartyFiles {
  readonly onnx: { readonly cases: readonly OnnxCase[] };
  readonly webnn: WebnnFile;
  readonly pytorch: { readonly cases: readonly PytorchCase[] };
}

type Op = (x: tfCore.Tensor, options: Record<string, unknown>) => tfCore.Tensor;

const tensor = (tf: Tf, { data, shape }: Numbers) => tf.tensor([...data], [...shape], 'float32');

async function values(tf: Tf, pack: Pack, { call }: ThirdPartyCase): Promise<Float32Array> {
  const op = pack[call.op] as unknown as Op;
  const y = tf.tidy(() => {
    const parameters = Object.entries(call.parameters).map(([name, given]) => [name, tensor(tf, given)] as const);
    return op(tensor(tf, call.x), { ...call.options, ...Object.fromEntries(parameters) });
  });
  expectEqual(y.shape, call.x.shape, 'shape');
  const data = (await y.data()) as Float32Array;
  y.dispose();
  return data;
}

/** One training step of the layer, from the case's memory or a new one. */
async function memory(tf: Tf, pack: Pack, { call }: ThirdPartyCase, { momentum, initial }: Memory) {
  const layer = pack.batchNormalization({ ...call.options, momentum, center: false, scale: false });
  const [mean, variance] = tf.tidy(() => {
    const x = tensor(tf, call.x);
    layer.apply(x);
    if (initial) layer.setWeights([tensor(tf, initial.mean), tensor(tf, initial.variance)]);
    layer.apply(x, { training: true });
    return layer.getWeights().map((weight) => weight.clone());
  }) as [tfCore.Tensor, tfCore.Tensor];
  const result = { mean: await mean.data(), variance: await variance.data() };
  tf.dispose([mean, variance]);
  layer.dispose();
  return result;
}

function compare(c: ThirdPartyCase, actual: ArrayLike<number>, expected: readonly number[], what: string): void {
  expectEqual(actual.length, expected.length, `${what}: number of values`);
  expected.forEach((value, i) => {
    const computed = actual[i] as number;
    expectClose([c.half ? roundToHalf(computed) : computed], [value], c.tolerance(value), `${what}[${i}]`);
  });
}

function check(c: ThirdPartyCase): Check {
  return {
    name: c.name,
    async run(tf, pack) {
      await expectNoLeak(tf, async () => {
        compare(c, await values(tf, pack, c), c.expected.data, 'y');
        if (!c.memory) return;
        const kept = await memory(tf, pack, c, c.memory);
        compare(c, kept.mean, c.memory.mean, 'moving mean');
        compare(c, kept.variance, c.memory.variance, 'moving variance');
      });
    },
  };
}

/** Operators of the files that the pack does not have, and how many cases ask for them. */
export function outOfScope({ onnx }: ThirdPartyFiles): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { op } of onnx.cases.filter((c) => !onnxInScope(c))) counts[op] = (counts[op] ?? 0) + 1;
  return counts;
}

/** The cases that other projects test their own normalizations with. */
export function thirdPartySuite({ onnx, webnn, pytorch }: ThirdPartyFiles): Suite {
  const cases = [
    ...onnx.cases.filter(onnxInScope).map(fromOnnx),
    ...fromWebnn(webnn),
    ...pytorch.cases.map(fromPytorch),
  ];
  return { name: 'third-party cases', checks: cases.map(check) };
}
