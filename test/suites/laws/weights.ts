import type { Tensor } from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import { NORMS } from '../../../src/norms.js';
import { type Check, expectClose, expectTrue, normal, type Pack, type Tf } from '../harness.js';
import { forRows, free, makeLayer, read, tolerance } from '../subjects.js';

/** Laws of norms of weights: lengths, and that wrapping changes nothing. */

type Wrapper = layers.Layer & { readonly layer: layers.Layer };

/** Layers with a kernel of every kind, each for an input of rank 4 or 3. */
const wrapped = (tf: Tf): [layers.Layer, number[]][] => [
  [tf.layers.dense({ units: 7 }), [2, 4, 5, 6]],
  [tf.layers.conv2d({ filters: 7, kernelSize: [2, 3] }), [2, 4, 5, 6]],
  [tf.layers.conv2dTranspose({ filters: 7, kernelSize: [2, 3] }), [2, 4, 5, 6]],
  [tf.layers.depthwiseConv2d({ kernelSize: [2, 3], depthMultiplier: 2 }), [2, 4, 5, 6]],
  [tf.layers.conv1d({ filters: 7, kernelSize: 3 }), [2, 5, 6]],
  [tf.layers.lstm({ units: 7, recurrentInitializer: 'glorotNormal' }), [2, 5, 6]],
];

export const weightLaws: Check[] = [
  {
    name: 'weight norm: no length changes w, a zero kernel stays finite',
    async run(tf, pack) {
      const v = normal(60, { seed: 5 });
      const norm = (k: number) =>
        read(tf, () =>
          pack.weightNorm(
            tf.tensor(
              v.map((x) => x * k),
              [3, 4, 5],
            ),
            { g: tf.tensor1d([1, 2, -3, 0, 5]) },
          ),
        );
      const w = await norm(1);
      expectClose(await norm(1e4), w, { atol: 2e-6, rtol: 2e-6 });
      const lengths = await read(tf, () => tf.norm(tf.tensor(w, [3, 4, 5]), 'euclidean', [0, 1]));
      expectClose(lengths, [1, 2, 3, 0, 5], { atol: 2e-6, rtol: 2e-6 }, '‖w‖ = |g|');
      expectTrue(
        (await norm(0)).every((x) => x === 0),
        'the zero kernel has the zero result',
      );
    },
  },
  ...forRows(
    'wrapping a layer changes nothing',
    NORMS.filter(({ of }) => of === 'weights'),
    async (row, tf: Tf, pack: Pack) => {
      for (const [inner, shape] of wrapped(tf)) {
        const values = normal(
          shape.reduce((n, d) => n * d, 1),
          { seed: 8 },
        );
        const wrapper = makeLayer(tf, pack, row, { layer: inner }) as Wrapper;
        const y = await read(tf, () => wrapper.apply(tf.tensor(values, shape)) as Tensor);
        const bare = await read(tf, () => wrapper.layer.call(tf.tensor(values, shape), {}) as Tensor);
        expectClose(y, bare, tolerance(tf), inner.getClassName());
        free(wrapper);
      }
    },
  ),
];
