import { tensor2d, train } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { useBackend } from '../../models/digits/backend.js';
import { CLASSES, imagesOf, PIXELS, splitDigits, targetsOf } from '../../models/digits/data.js';
import { loadDigits } from '../../models/digits/load.js';
import { digitsModel } from '../../models/digits/model.js';
import { errorOf, predictTest } from '../../models/digits/train.js';
import { convertNormalization, foldNormalization } from '../../src/index.js';
import { seededRandom, shuffled } from '../../src/monitor/random.js';

const SEED = 1;
const digits = loadDigits();
const { training } = splitDigits(digits, SEED);

async function epoch(model: LayersModel, rate: number, seed: number): Promise<void> {
  model.compile({ optimizer: train.momentum(rate, 0.9), loss: 'categoricalCrossentropy' });
  const order = shuffled(training, seededRandom(seed));
  for (let start = 0; start < order.length; start += 32) {
    const images = order.slice(start, start + 32);
    const x = tensor2d(imagesOf(digits, images), [images.length, PIXELS]);
    const y = tensor2d(targetsOf(digits, images), [images.length, CLASSES]);
    await model.trainOnBatch(x, y);
    x.dispose();
    y.dispose();
  }
}

const errorRate = async (model: LayersModel) => errorOf(await predictTest(model, digits, SEED), digits, SEED);

test('digits: group norm for batch norm; calibration keeps most, one epoch recovers the rest; folding keeps every class', async () => {
  await useBackend('wasm');
  const model = digitsModel({ architecture: 'cnn', norm: 'batch', batchSize: 32, epochs: 2, seed: SEED });
  for (const seed of [11, 12]) await epoch(model, 0.1, seed);
  const trained = await errorRate(model);
  const images = training.slice(0, 256);
  const calibration = tensor2d(imagesOf(digits, images), [images.length, PIXELS]);
  const plain = await convertNormalization(model, 'group', { input: calibration });
  const fitted = await convertNormalization(model, 'group', { calibration });
  const errors = {
    trained,
    plain: await errorRate(plain.model),
    fitted: await errorRate(fitted.model),
    deviations: [plain, fitted].map(({ deviation }) => deviation?.relative.mean),
  };
  expect(fitted.replaced.map(({ weights }) => weights)).toEqual(['calibrated', 'calibrated', 'calibrated']);
  expect(fitted.deviation?.input).toBe('given');
  expect(fitted.deviation?.mean).toBeGreaterThan(0);
  expect(fitted.deviation?.relative.mean).toBeLessThan(plain.deviation?.relative.mean as number);
  expect(trained).toBeLessThan(0.08);
  expect(errors.fitted).toBeLessThan(errors.plain);
  await epoch(fitted.model, 0.03, 13);
  const tuned = await errorRate(fitted.model);
  expect(tuned).toBeLessThanOrEqual(trained + 0.01);
  const small = await foldNormalization(model, { input: calibration });
  expect(small.deviation?.relative.max).toBeLessThan(1e-5);
  expect(await errorRate(small.model)).toBe(trained);
  expect(small.model.layers.length).toBe(model.layers.length - 3);
}, 120_000);
