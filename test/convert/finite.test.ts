import type { LayersModel } from '@tensorflow/tfjs-layers';
import * as pack from '../../src/index.js';
import { input, onCpu, tf } from '../layers/setup.js';
import { chain, type Layer, type Tensor } from '../wrappers/setup.js';
import { expectSame, outputsOf, spoil } from './setup.js';

onCpu();

const L = tf.layers;

/** NaN below zero, −∞ at zero. */
class Log extends L.Layer {
  static className = 'LogOfTests';
  override call(x: Tensor | Tensor[]) {
    return tf.log(Array.isArray(x) ? (x[0] as Tensor) : x);
  }
}
tf.serialization.registerClass(Log);

const positive = (shape: number[]) => tf.add(tf.abs(input(shape)), 0.1) as Tensor;
const dense = () => L.dense({ units: 4 });
const bn = () => L.batchNormalization({ name: 'bn' });
const spoilt = (...row: Layer[]) => {
  const model = chain([4], ...row);
  spoil(model);
  return model;
};

describe('a layer that gives NaN', () => {
  const model = () => spoilt(new Log({}), dense(), bn());
  const isSame = (made: LayersModel, old: LayersModel) => {
    const x = positive([3, 4]);
    expectSame(outputsOf(made, x)[0] as Tensor, outputsOf(old, x)[0] as Tensor);
  };

  test('on random input only: the conversion does not know the deviation and says so', async () => {
    const old = model();
    // A row of NaN is NaN at every output, whatever the norm.
    const { model: made, deviation, warnings } = await pack.convertNormalization(old, 'batch', { seed: 3 });
    expect(deviation).toBeNull();
    expect(warnings).toEqual([expect.stringMatching(/^the deviation is not known, .*NaN or infinite.*give input/)]);
    isSame(made, old);
  });

  test('on random input only: the fold asks for input, and with it folds', async () => {
    const old = model();
    const before = tf.memory().numTensors;
    await expect(pack.foldNormalization(old, { seed: 3 })).rejects.toThrow(
      /NaN or infinite.*foldNormalization\(model, \{ input/,
    );
    expect(tf.memory().numTensors).toBe(before);
    const { model: made, deviation } = await pack.foldNormalization(old, { input: positive([3, 4]) });
    expect(deviation?.relative.max).toBeLessThan(1e-5);
    isSame(made, old);
  });

  test('at some places: the others are compared', async () => {
    const old = spoilt(dense(), bn(), new Log({}));
    const { model: made, deviation } = await pack.foldNormalization(old);
    expect(deviation?.max).toBeGreaterThan(0);
    expect(deviation?.relative.max).toBeLessThan(1e-5);
    const [a, b] = [made, old].map((each) => (outputsOf(each, input([8, 4]))[0] as Tensor).dataSync());
    expect(Array.from(b as Float32Array).some(Number.isNaN)).toBe(true);
    expect(Array.from(a as Float32Array, Number.isNaN)).toEqual(Array.from(b as Float32Array, Number.isNaN));
  });

  test('in one of the models only: a deviation of NaN on given input, none on random input', async () => {
    // Of the values about 3 the old norm makes what has a logarithm, layer norm of mean 0 does not.
    const old = chain([4], L.batchNormalization({ name: 'bn' }), new Log({}));
    const { deviation } = await pack.convertNormalization(old, 'layer', { input: positive([3, 4]) });
    expect(deviation?.max).toBeNaN();
    const unknown = await pack.convertNormalization(old, 'layer');
    expect(unknown.deviation).toBeNull();
    expect(unknown.warnings).toEqual([expect.stringMatching(/in one of the models only; give input/)]);
  });
});

test('logits of −∞ in both models are equal: the fold is measured on the others', async () => {
  const old = spoilt(dense(), bn(), L.reLU(), new Log({}));
  const { deviation } = await pack.foldNormalization(old);
  expect(Number.isFinite(deviation?.max)).toBe(true);
  const y = Array.from((outputsOf(old, input([8, 4]))[0] as Tensor).dataSync());
  expect(y).toContain(Number.NEGATIVE_INFINITY);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])(
  'inputs that hold %s are refused, with nothing left behind',
  async (bad) => {
    const model = spoilt(dense(), bn());
    const [x, y] = [input([3, 4]), tf.tensor2d([[1, 2, bad, 4]]) as Tensor];
    const before = tf.memory().numTensors;
    for (const options of [{ input: y }, { calibration: y }, { calibration: [x, y] }]) {
      await expect(pack.convertNormalization(model, 'layer', options)).rejects.toThrow(
        /^\[convertNormalization\] inputs must be finite\. Received input=0, shape=\[1, 4\]/,
      );
    }
    await expect(pack.foldNormalization(model, { input: y })).rejects.toThrow(
      /^\[foldNormalization\] inputs must be finite/,
    );
    expect(tf.memory().numTensors).toBe(before);
  },
);

test('an empty batch is refused, among others too', async () => {
  const model = spoilt(dense(), bn());
  const [x, none] = [input([3, 4]), tf.zeros([0, 4]) as Tensor];
  const before = tf.memory().numTensors;
  for (const options of [{ calibration: none }, { calibration: [x, none] }, { input: none }]) {
    await expect(pack.convertNormalization(model, 'layer', options)).rejects.toThrow(
      /^\[convertNormalization\] a batch must have examples\. Received inputs=\[\[0, 4\]\]/,
    );
  }
  await expect(pack.foldNormalization(model, { input: none })).rejects.toThrow(/a batch must have examples/);
  expect(tf.memory().numTensors).toBe(before);
});
