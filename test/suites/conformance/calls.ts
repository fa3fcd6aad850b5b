import type { Tensor } from '@tensorflow/tfjs-core';
import type { layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { NormRow } from '../../../src/norms.js';
import { type Check, expectClose, expectEqual, expectTrue, normal, type Pack, type Tf } from '../harness.js';
import { movingOf } from '../laws/memory.js';
import {
  ACTIVATIONS,
  besideHost,
  equal,
  forRows,
  forward,
  free,
  input,
  layerOf,
  makeLayer,
  nameOf,
  type Options,
  opOf,
  parameters,
  ROWS,
  read,
  sample,
} from '../subjects.js';

/** Calls: symbolic, eager, in a model and training; every rank, empty batches, integers. */

const own = (row: NormRow): Options => ('groups' in row.defaults ? { groups: 3 } : {});
const size = (shape: readonly number[]) => shape.reduce((n, d) => n * d, 1);

/** A model through whose symbolic input only the channels are known takes any other size. */
async function unknownDimensions(row: NormRow, tf: Tf, pack: Pack) {
  const layer = makeLayer(tf, pack, row, own(row));
  const symbolic = tf.input({ shape: [null, null, 6] });
  const output = layer.apply(symbolic) as SymbolicTensor;
  expectEqual(output.shape, [null, null, null, 6], 'symbolic shape');
  expectEqual(output.dtype, 'float32', 'symbolic dtype');
  const model = tf.model({ inputs: symbolic as never, outputs: output as never });
  for (const shape of [
    [2, 4, 5, 6],
    [3, 1, 7, 6],
  ]) {
    const values = normal(size(shape), { seed: 4 });
    const predicted = await read(tf, () => model.predict(tf.tensor(values, shape)) as Tensor);
    const eager = await read(tf, () => layer.apply(tf.tensor(values, shape)) as Tensor);
    expectClose(predicted, eager, equal(tf), `shape ${shape}`);
  }
  model.dispose();
}

/** The layer at every rank and place of the axis is the op there. */
async function everyRank(row: NormRow, tf: Tf, pack: Pack) {
  const lowest = 'statistics' in row.defaults ? 3 : row.minRank;
  for (let rank = lowest; rank <= 6; rank++) {
    for (let axis = -rank + 1; axis < rank; axis++) {
      if (axis === 0) continue;
      const channel = axis < 0 ? axis + rank : axis;
      const shape = [2, 3, 5, 2, 4, 3].slice(0, rank).map((n, i) => (i === channel ? 6 : n));
      const subject = sample(row, { shape, options: { axis } });
      const layer = layerOf(tf, pack, subject);
      const y = await read(tf, () => layer.apply(input(tf, subject), { training: true }) as Tensor);
      free(layer);
      const expected = await read(tf, () => forward(tf, pack, subject, input(tf, subject), parameters(tf, subject)));
      expectClose(y, expected, equal(tf), `rank ${rank}, axis ${axis}`);
    }
  }
}

async function integers(row: NormRow, tf: Tf, pack: Pack) {
  const subject = sample(row);
  const layer = layerOf(tf, pack, subject);
  for (const dtype of ['int32', 'bool'] as const) {
    const values = subject.x.map((v) => (dtype === 'bool' ? Number(v > 1) : Math.round(v * 5)));
    const apply = (of: 'int32' | 'bool' | 'float32') =>
      read(tf, () => {
        const y = layer.apply(tf.cast(tf.tensor(values, [...subject.shape]), of), {}) as Tensor;
        expectEqual(y.dtype, 'float32', `dtype of ${of}`);
        return y;
      });
    expectClose(await apply(dtype), await apply('float32'), equal(tf), dtype);
  }
  free(layer);
}

/** Nothing in, nothing out, and nothing learned. */
async function emptyBatch(row: NormRow, tf: Tf, pack: Pack) {
  const subject = sample(row);
  const layer = layerOf(tf, pack, subject);
  const before = await movingOf(layer);
  for (const training of [true, false]) {
    const shape = [0, ...subject.shape.slice(1)];
    const y = tf.tidy(() => (layer.apply(tf.zeros(shape), { training }) as Tensor).shape);
    expectEqual(y, shape, 'shape');
  }
  expectEqual(await movingOf(layer), before, 'memory');
  if (row.of === 'activations') {
    const slope = tf.tidy(
      () => tf.grad((x) => forward(tf, pack, subject, x, parameters(tf, subject)))(tf.zeros([0, 4, 5, 6])).shape,
    );
    expectEqual(slope, [0, 4, 5, 6], 'shape of the gradient');
  }
  free(layer);
}

/** Neither without positions nor without channels is there anything to compute; gradients have the shapes of their inputs. */
async function emptyDimensions(row: NormRow, tf: Tf, pack: Pack) {
  for (const shape of [
    [2, 0, 5, 6],
    [2, 4, 5, 0],
  ]) {
    const subject = sample(row, { shape });
    const weights = opOf(pack, row) ? parameters(tf, subject) : {};
    const inputs: Record<string, Tensor> = { x: tf.zeros(shape), ...weights };
    const norm = (...given: Tensor[]) => {
      const { x, ...rest } = Object.fromEntries(Object.keys(inputs).map((name, i) => [name, given[i] as Tensor]));
      return forward(tf, pack, subject, x as Tensor, rest);
    };
    const found = tf.tidy(() => [norm(...Object.values(inputs)), ...tf.grads(norm)(Object.values(inputs))]);
    const shapes = [shape, ...Object.values(inputs).map((t) => t.shape)];
    expectEqual(
      found.map((t) => t.shape),
      shapes,
      'shapes of y and of the gradients',
    );
    for (const t of found)
      expectTrue(
        (await t.data()).every((value) => value === 0),
        'nothing but zeros',
      );
    tf.dispose([...found, ...Object.values(inputs)]);
  }
}

/** One step of training: the loss is a number, every trainable weight moves, with or without scale and centre. */
async function trains(row: NormRow, tf: Tf, pack: Pack) {
  for (const [scale, center] of [
    [true, true],
    [false, true],
    [true, false],
    [false, false],
  ] as const) {
    const switches = Object.fromEntries(Object.entries({ scale, center }).filter(([key]) => key in row.defaults));
    const inside = row.weights.some(({ name }) => name === 'rho')
      ? { rhoInitializer: { className: 'Constant', config: { value: 0.5 } } }
      : {};
    const layer = makeLayer(tf, pack, row, { ...own(row), ...switches, ...inside });
    const model = tf.sequential({
      layers: [
        tf.layers.dense({
          units: 6,
          inputShape: [3, 4, 5],
          kernelInitializer: tf.initializers.randomNormal({ seed: 4 }),
        }),
        layer,
      ],
    });
    model.compile({ optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError' });
    const values = async () => Promise.all(layer.trainableWeights.map(async (w) => Array.from(await w.read().data())));
    const before = await values();
    const [x, y] = [
      tf.tensor(normal(240, { seed: 1 }), [4, 3, 4, 5]),
      tf.tensor(normal(288, { seed: 2, mean: 1 }), [4, 3, 4, 6]),
    ];
    await besideHost(tf, async () => {
      const { history } = await model.fit(x, y, { batchSize: 2, epochs: 1, shuffle: false, verbose: 0 });
      expectTrue(Number.isFinite((history.loss as number[])[0]), 'the loss is a number');
    });
    const after = await values();
    layer.trainableWeights.forEach((w, k) => {
      expectTrue(
        JSON.stringify(after[k]) !== JSON.stringify(before[k]),
        `${nameOf(w)} has moved (${JSON.stringify(switches)})`,
      );
    });
    tf.dispose([x, y]);
    model.dispose();
    model.optimizer.dispose();
  }
}

/** A layer that several places share learns from all of them, and is one layer. */
async function shared(row: NormRow, tf: Tf, pack: Pack) {
  const layer: layers.Layer = makeLayer(tf, pack, row, own(row));
  const [a, b] = [tf.input({ shape: [4, 6] }), tf.input({ shape: [4, 6] })];
  const model = tf.model({ inputs: [a, b], outputs: [layer.apply(a) as never, layer.apply(b) as never] });
  const x = tf.tensor(normal(48, { seed: 6 }), [2, 4, 6]);
  const outputs = model.predict([x, x]) as Tensor[];
  expectClose(await (outputs[0] as Tensor).data(), await (outputs[1] as Tensor).data(), equal(tf));
  expectEqual(model.weights.length, layer.weights.length, 'weights of the model');
  tf.dispose([x, ...outputs]);
  free(layer);
}

export const calls: Check[] = [
  ...forRows('unknown dimensions', ROWS, unknownDimensions),
  ...forRows('every rank and axis', ACTIVATIONS, everyRank),
  ...forRows('integers and booleans', ROWS, integers),
  ...forRows('an empty batch', ROWS, emptyBatch),
  ...forRows('no positions, no channels', ACTIVATIONS, emptyDimensions),
  ...forRows('trains, with and without scale and centre', ROWS, trains),
  ...forRows('a shared layer', ROWS, shared),
];
