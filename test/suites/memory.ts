import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import type { NormRow } from '../../src/norms.js';
import { type Check, expectEqual, expectNoLeak, normal, type Pack, type Suite, type Tf } from './harness.js';
import { BAD_LAYERS } from './refused/layers.js';
import { BAD_OPS } from './refused/ops.js';
import { besideHost, forRows, forward, input, makeLayer, type Options, parameters, ROWS, sample } from './subjects.js';

/** No tensor is left behind: after any pass, a training, a dispose, a refusal. */

const own = (row: NormRow): Options => ('groups' in row.defaults ? { groups: 3 } : {});

/** Outside any tidy: what an op makes on its way is its own to clean up. */
async function passes(row: NormRow, tf: Tf, pack: Pack) {
  const subject = sample(row);
  const x = input(tf, subject);
  const weights = parameters(tf, subject);
  const loss = (t: Tensor) => tf.sum(tf.square(forward(tf, pack, subject, t, weights))) as Scalar;
  const once = tf.grad(loss);
  const twice = tf.grad((t: Tensor) => tf.sum(tf.square(once(t))));
  for (const f of [() => forward(tf, pack, subject, x, weights), () => once(x), () => twice(x)]) {
    await expectNoLeak(tf, () => tf.dispose(f()));
    await expectNoLeak(tf, () => tf.tidy(() => void f()));
  }
  tf.dispose([x, ...Object.values(weights)]);
}

/** Built by its first call, outside a tidy: the weights are all that is there, and dispose frees just those. */
async function lifetime(row: NormRow, tf: Tf, pack: Pack) {
  const layer = makeLayer(tf, pack, row, own(row));
  const x = input(tf, sample(row));
  const before = tf.memory().numTensors;
  const y = layer.apply(x) as Tensor;
  expectEqual(tf.memory().numTensors, before + 1 + layer.weights.length, 'tensors of a built layer and its result');
  for (const training of [true, false])
    await expectNoLeak(tf, () => tf.dispose(layer.apply(x, { training }) as Tensor));
  const made = tf.memory().numTensors;
  const count = layer.weights.length;
  const { numDisposedVariables } = layer.dispose();
  expectEqual(numDisposedVariables, count, 'variables disposed of');
  expectEqual(tf.memory().numTensors, made - count, 'tensors after dispose');
  y.dispose();
  x.dispose();
}

async function training(row: NormRow, tf: Tf, pack: Pack) {
  const layer = makeLayer(tf, pack, row, own(row));
  await besideHost(tf, () =>
    expectNoLeak(tf, async () => {
      const first = tf.layers.dense({ units: 6, inputShape: [3, 4, 5] });
      const model = tf.sequential({ layers: [first, layer, tf.layers.flatten(), tf.layers.dense({ units: 1 })] });
      model.compile({ optimizer: tf.train.sgd(0.01), loss: 'meanSquaredError' });
      const [x, y] = [tf.tensor(normal(240), [4, 3, 4, 5]), tf.zeros([4, 1])];
      await model.fit(x, y, { epochs: 1, batchSize: 2, verbose: 0 });
      await expectNoLeak(tf, () => model.fit(x, y, { epochs: 2, batchSize: 2, verbose: 0 }));
      await expectNoLeak(tf, () => tf.dispose(model.predict(x)));
      await expectNoLeak(tf, () => tf.dispose(model.evaluate(x, y, { batchSize: 2 })));
      tf.dispose([x, y]);
      model.dispose();
      model.optimizer.dispose(); // the caller's own
    }),
  );
}

/** A refused call leaves nothing behind: no tensor, no variable. */
function refusals(cases: typeof BAD_OPS, kind: string): Check[] {
  return cases.map(({ name, call }) => ({
    name: `refused ${kind}: ${name}`,
    async run(tf, pack) {
      const prepared = tf.memory().numTensors;
      const refused = (f: () => unknown) => {
        try {
          f();
        } catch {
          return;
        }
        throw new Error('the call was not refused');
      };
      // Everything the call itself hands in is made within a tidy; whatever the pack keeps outlives it.
      tf.tidy(() => refused(() => call(tf, pack)));
      expectEqual(tf.memory().numTensors, prepared, 'tensors after a refusal');
    },
  }));
}

const checks: Check[] = [
  ...forRows('forward, gradient, second gradient', ROWS, passes),
  ...forRows('from the first call to dispose', ROWS, lifetime),
  ...forRows('fit, predict, evaluate, dispose', ROWS, training),
  ...refusals(BAD_OPS, 'op'),
  ...refusals(BAD_LAYERS, 'layer'),
];

export const memory: Suite = { name: 'memory', checks };
