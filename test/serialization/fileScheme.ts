import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { NORMS, type NormRow } from '../../src/norms.js';
import { expectEqual, expectTrue, normal, type Pack, type Suite, type Tf } from '../suites/harness.js';
import { besideHost, makeLayer } from '../suites/running.js';

/** Models saved and loaded through `file://`, which tfjs-node brings, and tfjs alone has not. */

const SHAPE = [3, 4, 6] as const;

/** Options that a layer would not have by default, where it can have them. */
const OPTIONS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  group: { groups: 3 },
  rms: { partial: 0.5, offset: 1 },
};

function modelOf(tf: Tf, pack: Pack, row: NormRow): LayersModel {
  const model = tf.sequential();
  model.add(tf.layers.inputLayer({ inputShape: SHAPE.slice(1) }));
  model.add(makeLayer(tf, pack, row, OPTIONS[row.id]));
  model.add(tf.layers.dense({ units: 2, kernelInitializer: tf.initializers.glorotNormal({ seed: 2 }) }));
  tf.tidy(() => {
    // Between 0.5 and 1: good for a variance, a gate and a scale, and no default; a frozen flag stays.
    const moved = model.layers[0]?.weights.map((variable, i) => {
      const value = variable.read();
      const noise = tf.tensor(normal(value.size, { seed: 3 + i }), value.shape);
      return value.dtype === 'float32' ? tf.add(0.5, tf.mul(0.5, tf.sigmoid(noise))) : value;
    });
    model.layers[0]?.setWeights(moved ?? []);
  });
  return model;
}

async function predictions(tf: Tf, model: LayersModel): Promise<number[]> {
  const size = SHAPE.reduce<number>((a, b) => a * b, 1);
  const y = tf.tidy(() => model.predict(tf.tensor(normal(size, { seed: 9 }), [...SHAPE])) as Tensor);
  const values = Array.from(await y.data());
  y.dispose();
  return values;
}

async function saveAndLoad(tf: Tf, pack: Pack, row: NormRow): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tfnorm-file-'));
  const undo = pack.replaceStockNormalization(); // standard names are to load as ours: last bits are compared
  try {
    const model = modelOf(tf, pack, row);
    await model.save(`file://${folder}`);
    const copy = await tf.loadLayersModel(`file://${folder}/model.json`);
    const expected = await predictions(tf, model);
    expectTrue(expected.every(Number.isFinite) && new Set(expected).size > 12, `predictions differ (${expected})`);
    expectEqual(await predictions(tf, copy), expected, 'predictions');
    expectEqual(copy.layers[0]?.getClassName(), model.layers[0]?.getClassName(), 'class');
    model.dispose();
    copy.dispose();
  } finally {
    undo();
    await rm(folder, { recursive: true, force: true });
  }
}

export const fileScheme: Suite = {
  name: 'file scheme',
  checks: NORMS.map((row) => ({
    name: `${row.id} saved and loaded`,
    run: (tf, pack) => besideHost(tf, () => saveAndLoad(tf, pack, row)),
  })),
};
