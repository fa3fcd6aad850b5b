import * as pack from '../../src/index.js';
import { expectThrows } from '../suites/harness.js';
import { expectClose, input, onCpu, tf, weight } from './setup.js';

onCpu();

test('with an offset the scale starts at zeros: the layer starts as plain RMS', () => {
  const layer = pack.rmsNormalization({ offset: 1 });
  const x = input([3, 6]);
  expectClose(layer.apply(x) as never, pack.rmsNorm(x));
  expect(weight(layer, 'scale')).toEqual([0, 0, 0, 0, 0, 0]);
});

test('Keras can read the configuration: what it lacks is written only where used', () => {
  const keys = (args: pack.RMSNormalizationArgs) => Object.keys(pack.rmsNormalization(args).getConfig());
  expect(keys({})).toEqual(['name', 'trainable', 'axis', 'epsilon']);
  expect(keys({ offset: 1, scaleInitializer: 'zeros' })).toEqual(['name', 'trainable', 'axis', 'epsilon', 'offset']);
  expect(keys({ scale: false, partial: 0.5 })).toEqual(['name', 'trainable', 'axis', 'epsilon', 'scale', 'partial']);
});

test('an offset wants a scale', () => {
  const layer = pack.rmsNormalization({ scale: false });
  expectClose(layer.apply(input([3, 6])) as never, pack.rmsNorm(input([3, 6])));
  expect(layer.weights.length).toBe(0);
  expectThrows(() => pack.rmsNormalization({ scale: false, offset: 1 }), /offset is added to scale/);
  expectThrows(() => pack.rmsNorm(input([3, 6]), { offset: 1 }), /offset is added to gamma/);
});

test('partial is of one axis and in (0, 1]', () => {
  for (const partial of [0, -1, 1.5, Number.NaN])
    expectThrows(() => pack.rmsNormalization({ partial }), /partial must be/);
  expectThrows(() => pack.rmsNormalization({ partial: 0.5, axis: [1, 2] }), /exactly one axis/);
  const x = input([3, 7]);
  const k = 3; // ⌊0.5 · 7⌋
  const rms = tf.sqrt(tf.add(tf.mean(tf.square(tf.slice(x, [0, 0], [3, k])), 1, true), 1e-6));
  expectClose(pack.rmsNorm(x, { partial: 0.5 }), tf.div(x, rms));
});
