import type * as Core from '@tensorflow/tfjs-core';
import type * as Layers from '@tensorflow/tfjs-layers';
import * as pack from '../../src/index.js';
import { onCpu, tf } from '../layers/setup.js';
import { convolutional } from './planted.js';
import { rulesOf } from './rulesOf.js';

onCpu();

const { layers } = tf;

/** A class of somebody's own under a name of the host's, which nobody registered. */
class Own extends layers.Layer {
  static className = 'LayerNormalization';
  override getConfig() {
    return { ...super.getConfig(), scale: false, trainable: true };
  }
}

test('a class of one’s own under a standard name is a stranger, with no defects of the host’s', async () => {
  expect(await rulesOf(convolutional([new Own({ name: 'norm' })]))).toEqual(['class-name-shadowed@norm']);
  expect(await rulesOf(convolutional([layers.layerNormalization({ name: 'norm', scale: false })]))).toEqual([
    'stock-affine@norm',
  ]);
  expect(await rulesOf(convolutional([pack.layerNormalization({ name: 'norm', scale: false })]))).toEqual([]);
});

describe('a file whose standard name is taken', () => {
  const file = () => {
    const model = convolutional([layers.layerNormalization({ name: 'norm', scale: false })]);
    const json = JSON.parse(model.toJSON() as unknown as string);
    model.dispose();
    return json;
  };

  test.each([
    ['by the host', undefined, ['stock-affine@norm']],
    ['by a stranger', Own, ['class-name-shadowed@norm']],
  ])('%s', async (_, cls, wanted) => {
    const json = file();
    const map = tf.serialization.SerializationMap.getMap().classNameMap;
    const entry = map.LayerNormalization as (typeof map)[string];
    if (cls) map.LayerNormalization = [cls as never, entry[1]];
    try {
      expect(await rulesOf(json)).toEqual(wanted);
    } finally {
      map.LayerNormalization = entry;
    }
  });
});

test('the layers of a second copy of tfjs are the host’s, too', async () => {
  let core!: typeof Core;
  let copy!: typeof Layers;
  jest.isolateModules(() => {
    core = jest.requireActual('@tensorflow/tfjs-core');
    jest.requireActual('@tensorflow/tfjs-backend-cpu');
    copy = jest.requireActual('@tensorflow/tfjs-layers');
  });
  await core.setBackend('cpu');
  const made = (trainable: boolean) =>
    copy.sequential({
      layers: [
        copy.layers.dense({ units: 4, useBias: false, inputShape: [3] }),
        copy.layers.batchNormalization({ name: 'norm', trainable }),
        copy.layers.reLU(),
        copy.layers.dense({ units: 1 }),
      ],
    });
  const frozen = made(false);
  expect(frozen.layers[1]).not.toBeInstanceOf(layers.Layer);
  expect(await rulesOf(frozen as never)).toEqual(['frozen-batch-norm@norm']);
  expect(await rulesOf(made(true) as never)).toEqual([]);
});
