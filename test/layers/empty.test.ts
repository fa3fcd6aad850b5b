import '@tensorflow/tfjs-backend-wasm';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as pack from '../../src/index.js';
import { tf, weight } from './setup.js';

/** An empty batch keeps its shape, has gradients, and touches no memory: on wasm, sums of nothing are uninitialised. */
setWasmPaths(`${process.cwd()}/node_modules/@tensorflow/tfjs-backend-wasm/dist/`);

const LAYERS = {
  batch: () => pack.batchNormalization({ momentum: 0 }),
  batchInstance: () => pack.batchInstanceNormalization({ momentum: 0 }),
  switchable: () => pack.switchableNormalization({ momentum: 0 }),
  meanOnlyBatch: () => pack.meanOnlyBatchNormalization({ momentum: 0 }),
};

for (const backend of ['cpu', 'wasm']) {
  describe(`on ${backend}`, () => {
    beforeAll(() => tf.setBackend(backend));

    test.each(Object.entries(LAYERS))('%s', (_name, make) => {
      for (const shape of [
        [0, 4, 3],
        [2, 0, 3],
      ]) {
        for (const masked of [false, true]) {
          const layer = make();
          const mask = masked ? { mask: tf.ones(shape.slice(0, 2), 'bool') } : {};
          const y = layer.apply(tf.zeros(shape), { training: true, ...mask }) as { shape: number[] };
          expect(y.shape).toEqual(shape);
          expect(weight(layer, 'moving_mean')).toEqual([0, 0, 0]);
          const gradient = tf.grad((x) => layer.apply(x, { training: true, ...mask }) as never)(tf.zeros(shape));
          expect(gradient.shape).toEqual(shape);
        }
      }
    });
  });
}
