import type { Tensor } from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import type { NormRow } from '../../../src/norms.js';
import { type Check, expectClose, expectEqual, normal, type Pack, type Tf } from '../harness.js';
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
  parameters,
  read,
  type Sample,
  sample,
} from '../subjects.js';

/** Which statistics a layer uses, and when its memory moves: `training`, frozen layers, spoilt batches. */

const WITH_MEMORY = ACTIVATIONS.filter(({ memory }) => memory);
const TRUE_OR_FALSE = [true, false, undefined];

/** The two results there can be. */
async function bothWays(tf: Tf, pack: Pack, subject: Sample) {
  const by = (memory: boolean) =>
    read(tf, () => forward(tf, pack, subject, input(tf, subject), parameters(tf, subject, memory)));
  return { batch: await by(false), memory: await by(true) };
}

interface Situation {
  readonly option: 'auto' | boolean;
  readonly host: boolean | undefined;
  readonly frozen: boolean;
}

/** What DESIGN promises: the option chooses; by itself it follows a host that trains a layer that is not frozen. */
const usesBatch = ({ option, host, frozen }: Situation) => (option === 'auto' ? host === true && !frozen : option);
const memoryMoves = (s: Situation) => usesBatch(s) && s.host === true && !s.frozen;

async function training(row: NormRow, tf: Tf, pack: Pack) {
  const subject = sample(row);
  const expected = await bothWays(tf, pack, subject);
  for (const option of ['auto', true, false] as const) {
    for (const host of TRUE_OR_FALSE) {
      for (const frozen of [false, true]) {
        const situation = { option, host, frozen };
        const what = JSON.stringify({ ...situation, host: String(host) });
        const layer = layerOf(tf, pack, subject, { training: option });
        layer.trainable = !frozen;
        const before = await movingOf(layer);
        const y = await read(
          tf,
          () => layer.apply(input(tf, subject), host === undefined ? {} : { training: host }) as Tensor,
        );
        expectClose(y, usesBatch(situation) ? expected.batch : expected.memory, equal(tf), what);
        const same = JSON.stringify(await movingOf(layer)) === JSON.stringify(before);
        expectEqual(!same, memoryMoves(situation), `memory moves, ${what}`);
        free(layer);
      }
    }
  }
}

/** A model with the layer inside another model, so that either can be frozen. */
function nested(tf: Tf, layer: layers.Layer) {
  const inner = tf.sequential({ layers: [tf.layers.dense({ units: 6, inputShape: [4, 5] }), layer] });
  const input = tf.input({ shape: [4, 5] });
  const flat = tf.layers.flatten().apply(inner.apply(input));
  const outputs = tf.layers.dense({ units: 1 }).apply(flat) as never;
  return { inner, model: tf.model({ inputs: input, outputs }) };
}

/**
 * Training around a frozen layer: frozen by itself, or with the model it is in. (The outer model is a functional one: the
 * host's Sequential unfreezes the weights of the models in it when it is compiled.)
 */
async function frozenInModel(row: NormRow, tf: Tf, pack: Pack) {
  for (const whole of [true, false]) {
    const layer = makeLayer(tf, pack, row);
    const { inner, model } = nested(tf, layer);
    if (whole) inner.trainable = false;
    else layer.trainable = false;
    model.compile({ optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError' });
    const [x, y] = [tf.tensor(normal(80, { mean: 3 }), [4, 4, 5]), tf.zeros([4, 1])];
    const own = () => Promise.all(layer.weights.map(async (w) => Array.from(await w.read().data())));
    const before = await own();
    await besideHost(tf, async () => {
      await model.fit(x, y, { epochs: 2, batchSize: 2, verbose: 0 });
      expectEqual(await own(), before, `weights, ${whole ? 'model' : 'layer'} frozen`);
      // What it computes while the host trains is what it computes in inference.
      const at = (training: boolean) => read(tf, () => inner.apply(x, { training }) as Tensor);
      expectClose(await at(true), await at(false), { atol: 0, rtol: 0 }, 'training and inference');
    });
    tf.dispose([x, y]);
    model.dispose();
    model.optimizer.dispose();
  }
}

/** A channel whose batch is not finite learns nothing from it; the others learn what they would have. */
async function spoiltBatch(row: NormRow, tf: Tf, pack: Pack) {
  const subject = sample(row);
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const after = async (x: Float32Array) => {
      const layer = layerOf(tf, pack, subject, { momentum: 0.5 });
      tf.tidy(() => void layer.apply(tf.tensor(x, [...subject.shape]), { training: true }));
      const moving = await movingOf(layer);
      free(layer);
      return moving;
    };
    const good = await after(subject.x);
    const bad = await after(subject.x.map((v, i) => (i === 20 ? value : v))); // channel 2
    for (const [name, values] of Object.entries(bad)) {
      const expected = (good[name] as Float32Array).slice();
      expected[2] = (subject.weights[name] as Float32Array)[2] as number;
      expectClose(values, expected, { atol: 0, rtol: 0 }, `${name} after ${value}`);
    }
  }
}

export const choices: Check[] = [
  ...forRows('training × host × frozen: which statistics, and when memory moves', WITH_MEMORY, training),
  ...forRows('frozen in a model', WITH_MEMORY, frozenInModel),
  ...forRows('a spoilt channel leaves its memory', WITH_MEMORY, spoiltBatch),
];
