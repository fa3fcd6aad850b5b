import { groupNorm, instanceNorm, layerNorm, rmsNorm } from '../../src/index.js';
import { onCpu, tf } from '../layers/setup.js';

onCpu();

type Tensor = ReturnType<typeof tf.tensor>;

const x = (): Tensor => tf.randomNormal([2, 3, 4], 0, 1, 'float32', 1);
const integers = (): Tensor => tf.tensor([1, 2, 3, 4], [1, 1, 4], 'int32');
const row = (): Tensor => tf.tensor1d([1, 2, 3, 4]);
const square = (): Tensor => tf.ones([3, 4]);

/** What the ops are called with: as a rule, and with each thing that makes one more tensor on the way. */
const CALLS: readonly (readonly [string, () => Tensor[], (...made: Tensor[]) => Tensor])[] = [
  ['layer', () => [x(), row(), row()], (t, gamma, beta) => layerNorm(t as Tensor, { gamma, beta })],
  ['layer of integers', () => [integers()], (t) => layerNorm(t as Tensor)],
  ['layer over two axes', () => [x(), square()], (t, gamma) => layerNorm(t as Tensor, { axis: [1, 2], gamma })],
  ['layer over another axis', () => [x()], (t) => layerNorm(t as Tensor, { axis: 1 })],
  ['layer, gamma of integers', () => [x(), tf.cast(row(), 'int32')], (t, gamma) => layerNorm(t as Tensor, { gamma })],
  ['rms', () => [x(), row()], (t, gamma) => rmsNorm(t as Tensor, { gamma })],
  ['rms with an offset', () => [x(), row()], (t, gamma) => rmsNorm(t as Tensor, { gamma, offset: 1 })],
  ['rms of a part', () => [x()], (t) => rmsNorm(t as Tensor, { partial: 0.5 })],
  ['rms over another axis', () => [x()], (t) => rmsNorm(t as Tensor, { axis: 1 })],
  ['group', () => [x(), row()], (t, gamma) => groupNorm(t as Tensor, { groups: 2, gamma })],
  ['group of integers', () => [integers()], (t) => groupNorm(t as Tensor, { groups: 2 })],
  ['instance', () => [x()], (t) => instanceNorm(t as Tensor)],
];

test.each(CALLS)('%s leaves its result and nothing else, without a tidy of the caller', (_, make, call) => {
  const inputs = tf.tidy(() => make().map((t) => tf.keep(t)));
  const before = tf.memory().numTensors;
  const y = call(...inputs);
  expect(tf.memory().numTensors).toBe(before + 1);
  y.dispose();
  const dx = tf.grad((t) => call(t as Tensor, ...inputs.slice(1)))(tf.cast(inputs[0] as Tensor, 'float32'));
  dx.dispose();
  expect(tf.memory().numTensors).toBe(before + 1); // the cast
  tf.dispose(inputs);
});

test('an error leaves nothing', () => {
  const inputs = [x(), row()] as const;
  const before = tf.memory().numTensors;
  expect(() => layerNorm(inputs[0], { gamma: inputs[1], axis: 5 })).toThrow('axis must be one');
  expect(() => layerNorm(inputs[0], { gamma: tf.tidy(() => tf.keep(tf.ones([5]))) })).toThrow('wrong shape');
  expect(tf.memory().numTensors).toBe(before + 1); // the wrong γ
  tf.dispose([...inputs]);
});
