import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import { useBackend } from '../../models/digits/backend.js';
import { imagesOf, PIXELS, splitDigits, targetsOf } from '../../models/digits/data.js';
import { loadDigits } from '../../models/digits/load.js';
import { digitsModel } from '../../models/digits/model.js';
import { ARCHITECTURES, NORM_CHOICES } from '../../models/digits/task.js';
import { errorOf, predictTest } from '../../models/digits/train.js';
import { seededRandom, shuffled } from '../../src/monitor/random.js';
import { fileSystem } from '../../src/node/index.js';
import { NORMS } from '../../src/norms.js';

const folder = join(__dirname, '../../models/digits');
const text = (name: string) => readFileSync(join(folder, name), 'utf8');
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

test('the data are those that ORIGIN.md names', () => {
  const packed = readFileSync(join(folder, 'digits.csv.gz'));
  expect(text('ORIGIN.md')).toContain(sha256(packed));
  expect(text('ORIGIN.md')).toContain(sha256(gunzipSync(packed)));
  const { pixels, labels } = loadDigits();
  expect(labels).toHaveLength(1797);
  expect(pixels).toHaveLength(1797 * PIXELS);
  expect(new Set(labels).size).toBe(10);
  expect([Math.min(...pixels), Math.max(...pixels)]).toEqual([-1, 1]);
});

test('a split uses every image once, and each seed has its own', () => {
  const digits = loadDigits();
  const { training, test: held } = splitDigits(digits, 1);
  expect([training.length, held.length]).toEqual([1200, 597]);
  expect(new Set([...training, ...held]).size).toBe(1797);
  expect(splitDigits(digits, 1)).toEqual({ training, test: held });
  expect(splitDigits(digits, 2).test).not.toEqual(held);
});

test('images and targets belong to the chosen digits', () => {
  const digits = loadDigits();
  expect(imagesOf(digits, [7, 3]).subarray(PIXELS)).toEqual(digits.pixels.slice(3 * PIXELS, 4 * PIXELS));
  expect(
    Array.from(targetsOf(digits, [3, 12]))
      .map((one, i) => (one ? i % 10 : -1))
      .filter((i) => i >= 0),
  ).toEqual([digits.labels[3], digits.labels[12]]);
});

test('the generator is uniform enough, and a shuffle keeps its list', () => {
  const random = seededRandom(3);
  const mean = Array.from({ length: 10_000 }, random).reduce((sum, value) => sum + value, 0) / 10_000;
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.01);
  expect(shuffled([1, 2, 3, 4, 5], random).sort()).toEqual([1, 2, 3, 4, 5]);
});

test.each(ARCHITECTURES.flatMap((architecture) => NORM_CHOICES.map((norm) => [architecture, norm] as const)))(
  'the %s with %s can be built',
  async (architecture, norm) => {
    await useBackend('cpu');
    const isSpatial = NORMS.some(({ id, minRank }) => id === norm && minRank > 2);
    if (architecture === 'mlp' && isSpatial) return; // the command line refuses it
    for (const batchSize of [2, 32]) {
      const model = digitsModel({ architecture, norm, batchSize, epochs: 1, seed: 1 });
      expect(model.countParams()).toBeGreaterThan(10_000);
      model.dispose();
    }
  },
);

test('the saved model loads and errs on as many test images as its card says', async () => {
  await useBackend('wasm');
  const digits = loadDigits();
  const model = await loadLayersModel(fileSystem(join(folder, 'saved')));
  const wrong = Math.round(597 * errorOf(await predictTest(model, digits, 1), digits, 1));
  expect(text('README.md')).toContain(`errs on ${wrong} of the 597 test images of seed 1`);
});
