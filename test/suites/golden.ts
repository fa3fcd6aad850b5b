import type * as tfLayers from '@tensorflow/tfjs-layers';
import { decode, type GoldenCase, type GoldenFile, type Tensors } from './goldenCase.js';
import { runLayer } from './goldenLayers.js';
import { runOp } from './goldenOps.js';
import { toleranceOf } from './goldenTolerance.js';
import { type Check, expectClose, expectEqual, expectNoLeak, type Pack, type Suite, type Tf } from './harness.js';

/** The results' values; every tensor and layer on the way is gone when this returns. */
export async function results(tf: Tf, pack: Pack, c: GoldenCase): Promise<Map<string, Float32Array>> {
  const layers: tfLayers.layers.Layer[] = [];
  const values = new Map<string, Float32Array>();
  const tensors: Tensors = tf.tidy(() => (c.through === 'op' ? runOp(tf, pack, c) : runLayer(tf, pack, c, layers)));
  try {
    for (const [name, tensor] of Object.entries(tensors)) {
      expectEqual(tensor.shape, c.expected[name]?.shape, `shape of ${name}`);
      values.set(name, (await tensor.data()) as Float32Array);
    }
  } finally {
    tf.dispose(tensors);
    for (const layer of layers) layer.dispose();
  }
  return values;
}

function check(c: GoldenCase): Check {
  return {
    name: c.id,
    async run(tf, pack) {
      let values = new Map<string, Float32Array>();
      await expectNoLeak(tf, async () => {
        values = await results(tf, pack, c);
      });
      expectEqual([...values.keys()].sort(), Object.keys(c.expected).sort(), 'results');
      for (const [name, actual] of values) {
        const expected = c.expected[name];
        if (expected) expectClose(actual, decode(expected), toleranceOf(c, name), `${name} (${c.oracle})`);
      }
    },
  };
}

/** Every reference vector of the files: forward values, gradients, memory, second order. */
export function goldenSuite(files: readonly GoldenFile[]): Suite {
  return { name: 'golden vectors', checks: files.flatMap((file) => file.cases.map(check)) };
}
