import type { Tensor } from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import type { NormRow } from '../../../src/norms.js';
import { type Check, expectClose, expectEqual, expectTrue, type Pack, type Tf } from '../harness.js';
import { movingOf } from '../laws/memory.js';
import {
  ACTIVATIONS,
  equal,
  forRows,
  free,
  input,
  layerOf,
  type Options,
  read,
  sample,
  tolerance,
} from '../subjects.js';

/** Masks: batch statistics honour one that fits the input, everything else passes it on. */

const WITH_MEMORY = ACTIVATIONS.filter(({ memory }) => memory);

function mask(tf: Tf, admitted: (i: number) => boolean, shape: number[]): Tensor {
  const values = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Number(admitted(i)));
  return tf.tidy(() => tf.cast(tf.tensor(values, shape), 'bool'));
}

function withMask(layer: layers.Layer, x: Tensor, given: Tensor | null, training = true): Tensor {
  return layer.call(x, { training, mask: given }) as Tensor;
}

/** Rows after a sequence's end, under a mask, are as none: for the memory, and for norms of the batch alone the result. */
async function padding(row: NormRow, tf: Tf, pack: Pack) {
  const whole = sample(row, { shape: [3, 4, 6] });
  const run = async (pad: number, options: Options = {}) => {
    const layer = layerOf(tf, pack, whole, options);
    const y = await read(tf, () => {
      const x = input(tf, whole);
      const padded = pad > 0 ? tf.concat([x, tf.fill([3, pad, 6], 1e3)], 1) : x;
      const given = pad > 0 ? mask(tf, (i) => i % (4 + pad) < 4, [3, 4 + pad]) : null;
      return tf.slice(withMask(layer, padded, given), [0, 0, 0], [3, 4, 6]);
    });
    const moving = await movingOf(layer);
    free(layer);
    return { y, moving };
  };
  const [bare, padded] = [await run(0), await run(3)];
  for (const [name, values] of Object.entries(padded.moving)) {
    expectClose(values, bare.moving[name] as Float32Array, tolerance(tf, 2), name);
  }
  const batchAlone = row.averagesOver.every((dimensions) => dimensions.includes('batch'));
  if (batchAlone) expectClose(padded.y, bare.y, tolerance(tf, 5), 'result');
}

async function fullyMasked(row: NormRow, tf: Tf, pack: Pack) {
  const subject = sample(row, { shape: [3, 4, 6] });
  const layer = layerOf(tf, pack, subject);
  const before = await movingOf(layer);
  const y = await read(tf, () =>
    withMask(
      layer,
      input(tf, subject),
      mask(tf, () => false, [3, 4]),
    ),
  );
  expectTrue(y.every(Number.isFinite), 'finite');
  expectEqual(await movingOf(layer), before, 'memory');
  free(layer);
}

/** The host leaves an earlier layer's mask in place: one that does not fit belongs to somebody else. */
async function staleMask(row: NormRow, tf: Tf, pack: Pack) {
  const subject = sample(row, { shape: [3, 4, 5, 6] });
  const layer = layerOf(tf, pack, subject);
  const run = (shape: number[] | null) =>
    read(tf, () => withMask(layer, input(tf, subject), shape && mask(tf, (i) => i % 2 === 0, shape), true));
  const expected = await run(null);
  for (const shape of [[3, 4], [3, 7, 5], [3], [5, 4, 3]])
    expectClose(await run(shape), expected, equal(tf), `mask of shape ${shape}`);
  free(layer);
}

/** Norms of single examples pass a mask on and do not look at it. */
async function passesMask(row: NormRow, tf: Tf, pack: Pack) {
  const subject = sample(row, { shape: [3, 4, 6] });
  const layer = layerOf(tf, pack, subject);
  expectTrue(layer.supportsMasking, 'supportsMasking');
  const given = mask(tf, (i) => i % 2 === 0, [3, 4]);
  const x = input(tf, subject);
  expectTrue(layer.computeMask(x, given) === given, 'the mask is passed on');
  const results = await Promise.all(
    [given, null].map((m) => read(tf, () => withMask(layer, x, m, row.memory === false))),
  );
  expectClose(results[0] as Float32Array, results[1] as Float32Array, { atol: 0, rtol: 0 });
  tf.dispose([given, x]);
  free(layer);
}

export const masks: Check[] = [
  ...forRows('padding under a mask is as none', WITH_MEMORY, padding),
  ...forRows('a fully masked batch', WITH_MEMORY, fullyMasked),
  ...forRows('a stale mask is ignored', WITH_MEMORY, staleMask),
  ...forRows('masks are passed on', ACTIVATIONS, passesMask),
];
