import * as pack from '../../src/index.js';
import { expectClose, onCpu, tf, weight } from './setup.js';

onCpu();

test('subtracts the mean, adds β, divides by nothing', () => {
  const layer = pack.meanOnlyBatchNormalization({ betaInitializer: 'ones', momentum: 0.5 });
  const x = tf.tensor2d([
    [1, 10],
    [3, 30],
  ]);
  expectClose(
    layer.apply(x, { training: true }) as never,
    tf.tensor2d([
      [0, -9],
      [2, 11],
    ]),
    0,
  );
  expect(weight(layer, 'moving_mean')).toEqual([1, 10]);
  expectClose(
    layer.apply(x) as never,
    tf.tensor2d([
      [1, 1],
      [3, 21],
    ]),
    0,
  );
});
