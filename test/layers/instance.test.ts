import * as pack from '../../src/index.js';
import { expectThrows } from '../suites/harness.js';
import { input, onCpu } from './setup.js';

onCpu();

test('without space it is refused at build; one pixel gives β', () => {
  expectThrows(() => pack.instanceNormalization().build([null, 4]), /rank 3 to 6/);
  const y = pack.instanceNormalization({ betaInitializer: 'ones' }).apply(input([2, 1, 1, 4]));
  expect(Array.from((y as ReturnType<typeof input>).dataSync())).toEqual(Array(8).fill(1));
});

test('sizes of space may vary', () => {
  const layer = pack.instanceNormalization();
  layer.build([null, null, null, 4]);
  for (const size of [3, 5])
    expect((layer.apply(input([2, size, size, 4])) as { shape: number[] }).shape[1]).toBe(size);
});
