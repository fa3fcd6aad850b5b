import type { LayerVariable } from '@tensorflow/tfjs-layers';
import * as pack from '../../src/index.js';
import { expectClose, input, onCpu, tf, weight } from '../layers/setup.js';
import { expectThrows } from '../suites/harness.js';
import { chain, type Layer, names, reloaded, type Tensor, trainOnce, values, wrap } from './setup.js';

onCpu();

const dense = (more: object = {}) =>
  tf.layers.dense({ units: 3, kernelInitializer: tf.initializers.glorotNormal({ seed: 7 }), ...more });

/** A layer of the user's: its kernel is there once it is built. */
class Gate extends tf.layers.Layer {
  static readonly className: string = 'TestGate';
  kernel!: LayerVariable;

  constructor(private readonly options: { kernel?: number[] } = {}) {
    super(options as object);
  }

  override build(): void {
    this.kernel = this.addWeight('kernel', this.options.kernel ?? [4, 2], 'float32', tf.initializers.ones());
  }

  override call(x: Tensor | Tensor[]): Tensor {
    return tf.tidy(() => tf.sigmoid(tf.matMul((Array.isArray(x) ? x[0] : x) as never, this.kernel.read() as never)));
  }

  override computeOutputShape(): number[] {
    return [1, 2];
  }
}
tf.serialization.registerClass(Gate);

test("the name scope is the wrapper's, as in TensorFlow Addons", () => {
  const layer = wrap(dense({ name: 'inner' }), { name: 'scope', inputShape: [4] });
  tf.sequential({ layers: [layer] });
  expect(names(layer)).toEqual(['scope/g', 'scope/kernel', 'scope/bias', 'scope/initialized']);
  expect(layer.countParams()).toBe(3 + 12 + 3 + 1);
});

test('the shape of a first layer may be given to either', () => {
  for (const layer of [wrap(dense(), { inputShape: [4] }), wrap(dense({ inputShape: [4] }))]) {
    expect(tf.sequential({ layers: [layer] }).predict(input([2, 4]))).toBeDefined();
  }
  const embedded = tf.sequential({
    layers: [wrap(tf.layers.embedding({ inputDim: 5, outputDim: 2, maskZero: true }))],
  });
  expect((embedded.predict(tf.tensor2d([[0, 3, 1]])) as Tensor).shape).toEqual([1, 3, 2]);
});

test('weights given to the wrapped layer are its own, and g their length', () => {
  const kernel = tf.tensor2d([
    [3, 0],
    [4, 2],
  ]);
  const layer = wrap(tf.layers.dense({ units: 2, useBias: false, weights: [kernel] }), { inputShape: [2] });
  tf.sequential({ layers: [layer] });
  expect(weight(layer, 'g')).toEqual([5, 2]);
  expect(weight(layer, 'kernel')).toEqual([3, 0, 4, 2]);
});

test('a kernel of zeros learns', async () => {
  const model = chain([4], wrap(dense({ kernelInitializer: 'zeros' })));
  for (let step = 0; step < 3; step++) await trainOnce(model, input([5, 4]));
  expect(Math.max(...weight(model.layers[1] as Layer, 'kernel').map(Math.abs))).toBeGreaterThan(0.1);
  expect(Math.max(...weight(model.layers[1] as Layer, 'g').map(Math.abs))).toBeGreaterThan(0.1);
});

test("a user's layer and a subclass of the host's", async () => {
  const layer = wrap(new Gate());
  const model = chain([4], layer);
  const x = input([3, 4]);
  expectClose(layer.apply(x) as Tensor, layer.layer.call(x, {}) as Tensor);
  expect(weight(layer, 'g')).toEqual([2, 2]);
  expectClose((await reloaded(model)).predict(x) as Tensor, model.predict(x) as Tensor, 0);
  const Host = tf.layers.conv2dTranspose({ filters: 3, kernelSize: 2 }).constructor as new (args: object) => Layer;
  class Deconvolution extends Host {
    static readonly className = 'TestDeconvolution';
  }
  const transposed = wrap(new Deconvolution({ filters: 3, kernelSize: 2 }));
  transposed.apply(input([1, 3, 3, 2]));
  expect(transposed.weights[0]?.shape).toEqual([3]);
});

describe('refused', () => {
  test.each([
    ['no options', () => pack.weightNormalization(undefined as never), /layer must be a layer/],
    ['a batch norm', () => wrap(tf.layers.batchNormalization()), /must have a kernel/],
    ['a merge', () => wrap(tf.layers.add()), /must have a kernel/],
    ['a norm of this package', () => wrap(pack.groupNormalization()), /Wrap the layer before or after/],
    ['a wrapper', () => wrap(tf.layers.timeDistributed({ layer: dense() })), /Wrap the layer inside/],
    ['a model', () => wrap(tf.sequential({ layers: [] })), /Wrap the layers of the model/],
    [
      'stacked cells',
      () => wrap(tf.layers.rnn({ cell: [tf.layers.gruCell({ units: 2 })] }) as Layer),
      /one for each cell/,
    ],
    ['goBackwards', () => wrap(dense(), { goBackwards: true }), /unknown option/],
    [
      'data for an embedding',
      () => wrap(tf.layers.embedding({ inputDim: 2, outputDim: 2 }), { dataInit: true }),
      /linear/,
    ],
    ['an unregistered class', () => wrap({ className: 'Nobody', config: {} } as never), /registered layer/],
    ['a class that is no layer', () => wrap({ className: 'Zeros', config: {} } as never), /registered layer/],
    ['a broken configuration', () => wrap({ className: 'Dense', config: {} } as never), /cannot be made/],
    [
      'a wrapper in a file',
      () => wrap({ className: 'WeightNormalization', config: {} } as never),
      /must have a kernel/,
    ],
  ])('%s', (_what, f, message) => {
    const tensors = tf.memory().numTensors;
    expectThrows(f, message);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  test('a kernel that its build does not set, or of one dimension', () => {
    const tensors = tf.memory().numTensors;
    class Nothing extends Gate {
      static override readonly className = 'TestNothing';
      override build(): void {
        this.addWeight('other', [2, 2], 'float32', tf.initializers.ones());
      }
    }
    expectThrows(() => chain([4], wrap(new Nothing())), /Its build must set `kernel`/);
    expectThrows(() => chain([4], wrap(new Gate({ kernel: [4] }))), /two or more dimensions/);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  test('a layer that belongs to a model or to another wrapper', () => {
    const used = dense();
    chain([4], used);
    expectThrows(() => wrap(used), /part of a model.*Wrap it before/);
    const other = dense();
    const [first, second] = [wrap(other), wrap(other)];
    first.apply(input([2, 4]));
    expectThrows(() => second.apply(input([2, 4])), /of another wrapper/);
    expectThrows(() => wrap(other), /of another wrapper/);
  });
});

test('a layer that has weights keeps them, named as if the wrapper had made them', async () => {
  const own = dense();
  const x = input([2, 4]);
  const expected = own.apply(x) as Tensor;
  const layer = wrap(own);
  const model = chain([4], layer);
  expectClose(model.predict(x) as Tensor, expected, 2e-6);
  expect(layer.weights.map(({ originalName }) => originalName)).toEqual(
    ['g', 'kernel', 'bias', 'initialized'].map((name) => `${layer.name}/${name}`),
  );
  expectClose((await reloaded(model)).predict(x) as Tensor, model.predict(x) as Tensor, 0);
});

test('a refused build leaves the weights of a layer that had some', () => {
  const own = dense();
  own.apply(input([2, 4]));
  const layer = wrap(own);
  expect(() => layer.apply(input([2, 5]))).toThrow();
  expect(own.weights.every((w) => !w.read().isDisposed)).toBe(true);
});

test('an error within the call gives the kernel back', () => {
  const layer = wrap(dense());
  layer.apply(input([2, 4]));
  const { kernel } = layer.layer as unknown as { kernel: LayerVariable };
  layer.layer.call = () => {
    throw new Error('within');
  };
  expect(() => layer.apply(input([2, 4]))).toThrow('within');
  expect((layer.layer as unknown as { kernel: LayerVariable }).kernel).toBe(kernel);
});

test('the constructor takes its own configuration', () => {
  const config = wrap(dense(), { dataInit: true, name: 'wn' }).getConfig();
  const copy = new pack.WeightNormalization(config as never);
  expect(JSON.stringify(copy.getConfig())).toBe(JSON.stringify(config));
});

describe('frozen', () => {
  const moved = async (layer: Layer) => {
    const model = tf.sequential({
      layers: [tf.layers.inputLayer({ inputShape: [4] }), layer, tf.layers.dense({ units: 1 })],
    });
    const before = layer.weights.map((w) => values(w.read() as Tensor));
    await trainOnce(model, input([5, 4]));
    return layer.weights.map((w, i) => values(w.read() as Tensor).join() !== (before[i] as number[]).join());
  };

  test('the wrapper, before and after it is built', async () => {
    const layer = wrap(dense(), { trainable: false });
    expect(await moved(layer)).toEqual([false, false, false, false]);
    layer.trainable = true;
    expect(layer.trainableWeights.length).toBe(3);
    expect(layer.layer.trainable).toBe(true);
    layer.trainable = false;
    expect(layer.trainableWeights.length).toBe(0);
    expect(names(layer).map((n) => n.split('/')[1])).toEqual(['g', 'kernel', 'bias', 'initialized']);
  });

  test('the wrapped layer: both, unless the wrapper says otherwise, then g alone learns', async () => {
    expect(wrap(dense({ trainable: false })).trainable).toBe(false);
    const layer = wrap(dense({ trainable: false }), { trainable: true });
    expect(await moved(layer)).toEqual([true, false, false, false]);
    expect(names(layer).map((n) => n.split('/')[1])).toEqual(['g', 'kernel', 'bias', 'initialized']);
    layer.trainable = true;
    expect(layer.trainableWeights.length).toBe(3);
  });

  test('a model freezes its wrappers', () => {
    const model = chain([4], wrap(dense()));
    model.trainable = false;
    expect(model.layers[1]?.trainableWeights.length).toBe(0);
    expect(names(model.layers[1] as Layer).length).toBe(4);
  });
});
