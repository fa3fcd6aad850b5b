import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { useBackend } from '../models/digits/backend.js';
import { aliasWasmIdentity, createNormalization } from '../src/index.js';
import { NORMS } from '../src/norms.js';

/**
 * Many training steps of a network with every norm: tensors and the backend's memory stay where they are after the first.
 * `SOAK_STEPS=10000 npx jest test/soak` runs as long as one likes.
 */
const STEPS = Number(process.env.SOAK_STEPS ?? 100);

function network() {
  const norms = NORMS.filter(({ of }) => of === 'activations').map(({ id }) =>
    createNormalization(id === 'group' ? 'group:4' : id),
  );
  const first = layers.conv2d({ filters: 8, kernelSize: 1, inputShape: [4, 4, 3] });
  const wrapped = createNormalization({ norm: 'weight', layer: layers.dense({ units: 4 }) });
  return sequential({ layers: [first, ...norms, layers.flatten(), wrapped, layers.dense({ units: 1 })] });
}

/** Bytes of the backend's memory: it grows and never shrinks. */
const heap = () => (tf.backend() as unknown as { wasm?: { HEAPU8: Uint8Array } }).wasm?.HEAPU8.byteLength ?? 0;

describe.each([
  ['wasm', false],
  ['wasm', true],
  ['cpu', false],
] as const)('on %s, aliasing Identity: %s', (backend, alias) => {
  test(
    `${STEPS} training steps leave nothing behind`,
    async () => {
      await useBackend(backend);
      const undo = alias ? aliasWasmIdentity() : () => {};
      const model = network();
      model.compile({ optimizer: tf.train.sgd(0.01), loss: 'meanSquaredError' });
      const x = tf.randomNormal([6, 4, 4, 3]);
      const y = tf.randomNormal([6, 1]);
      for (let i = 0; i < 20; i++) await model.trainOnBatch(x, y);
      const before = { ...tf.memory(), heap: heap() };
      let loss = 0;
      for (let i = 0; i < STEPS; i++) loss = (await model.trainOnBatch(x, y)) as number;
      const after = { ...tf.memory(), heap: heap() };
      expect(Number.isFinite(loss)).toBe(true);
      expect([after.numTensors, after.numDataBuffers, after.heap]).toEqual([
        before.numTensors,
        before.numDataBuffers,
        before.heap,
      ]);
      model.dispose();
      tf.dispose([x, y]);
      undo();
    },
    120_000 + 60 * STEPS,
  );
});
