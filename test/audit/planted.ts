import type { Facts } from '../../src/index.js';
import * as pack from '../../src/index.js';
import { tf } from '../layers/setup.js';

type Layer = InstanceType<typeof tf.layers.Layer>;
type Model = InstanceType<typeof tf.LayersModel>;

/** A network with one fault, and its twin without: `make(true)` has it. */
export interface Planted {
  readonly make: (fault: boolean) => Model | Record<string, unknown>;
  readonly facts?: (fault: boolean) => Partial<Facts>;
  /** Inputs, for rules that read a batch. */
  readonly batch?: (fault: boolean) => InstanceType<typeof tf.Tensor>;
  /** What must be so meanwhile. Returns the undo. */
  readonly meanwhile?: (fault: boolean) => () => void;
  /** The layer that must be named. @default 'norm' */
  readonly path?: string;
}

const { layers } = tf;
const relu = () => layers.activation({ activation: 'relu' });

/** Convolution, what is tested, ReLU, dense: a norm that stands where it should. */
export function convolutional(norm: readonly Layer[], conv: object = {}, shape: (number | null)[] = [8, 8, 3]): Model {
  return tf.sequential({
    layers: [
      layers.conv2d({ filters: 6, kernelSize: 3, useBias: false, inputShape: shape, name: 'conv', ...conv }),
      ...norm,
      relu(),
      layers.flatten(),
      layers.dense({ units: 2, name: 'out' }),
    ],
  });
}

const batch = (options: object = {}) => pack.batchNormalization({ name: 'norm', ...options });
const group = (options: object = {}) => pack.groupNormalization({ name: 'norm', groups: 2, ...options });
const stock = (options: object = {}) => layers.batchNormalization({ name: 'norm', ...options });
const json = (model: Model): Record<string, unknown> => JSON.parse(model.toJSON() as unknown as string);

/** A model's JSON with another configuration of one layer. */
function changed(model: Model, name: string, config: object, className?: string): Record<string, unknown> {
  const file = json(model) as { config: { layers: { class_name: string; config: Record<string, unknown> }[] } };
  for (const layer of file.config.layers) {
    if (layer.config.name !== name) continue;
    Object.assign(layer.config, config);
    if (className) layer.class_name = className;
  }
  return file;
}

/** Sets weights of a layer by their names in files. */
function withWeights(model: Model, name: string, wanted: Record<string, (i: number) => number>): Model {
  for (const weight of model.getLayer(name).weights) {
    const make = wanted[weight.originalName.split('/').pop() as string];
    const old = weight.read();
    if (!make) continue;
    const values = tf.tensor(
      Array.from({ length: old.size }, (_, i) => make(i)),
      old.shape,
    );
    weight.write(values);
    values.dispose();
  }
  return model;
}

/** A model in the state of a trained one. */
const trained = (values: Record<string, (i: number) => number>, epsilon = 1e-3) =>
  withWeights(convolutional([batch({ epsilon })]), 'norm', {
    gamma: (i) => 1 + i / 10,
    beta: (i) => i / 10,
    moving_mean: (i) => i / 10,
    moving_variance: (i) => 1 + i / 10,
    ...values,
  });

/** A class of somebody else's with one of our names. */
class Stranger extends layers.Layer {
  static className = 'GroupNormalization';
  override getConfig() {
    return { ...super.getConfig(), groups: 2 };
  }
}

const features = (norm: Layer) =>
  tf.sequential({
    layers: [layers.dense({ units: 8, useBias: false, inputShape: [5] }), norm, relu(), layers.dense({ units: 1 })],
  });

const recurrentInitializer = 'glorotUniform';

/** Every rule of the audit with its fault. */
export const PLANTED: Readonly<Record<string, Planted>> = {
  'batch-under-4': { make: () => convolutional([batch()]), facts: (fault) => ({ batchSize: fault ? 3 : 16 }) },
  'batch-under-8': { make: () => convolutional([batch()]), facts: (fault) => ({ batchSize: fault ? 7 : 8 }) },
  'momentum-convention': { make: (fault) => convolutional([batch({ momentum: fault ? 0.1 : 0.9 })]) },
  'gradient-penalty': {
    make: (fault) => convolutional([fault ? batch() : group()]),
    facts: () => ({ gradientPenalty: true }),
  },
  'distribution-shift': {
    make: (fault) => convolutional([fault ? batch() : group()]),
    facts: () => ({ distributionShift: true }),
  },
  'per-device': {
    make: () => convolutional([batch()]),
    facts: (fault) => ({ devices: 4, synchronized: !fault }),
  },
  synchronized: { make: (fault) => changed(convolutional([stock()]), 'norm', { synchronized: fault }) },
  'dropout-before-batch': {
    make: (fault) => {
      const dropout = layers.dropout({ rate: fault ? 0.5 : 0, inputShape: [8, 8, 3] });
      return tf.sequential({
        layers: [
          dropout,
          layers.conv2d({ filters: 6, kernelSize: 3, useBias: false }),
          batch(),
          relu(),
          layers.flatten(),
          layers.dense({ units: 2 }),
        ],
      });
    },
  },
  'norm-in-rnn-step': {
    make: (fault) => {
      const model = json(
        tf.sequential({ layers: [layers.lstm({ units: 4, recurrentInitializer, inputShape: [5, 3], name: 'rnn' })] }),
      );
      const norm = fault
        ? { class_name: 'BatchNormalization', config: { name: 'norm' } }
        : { class_name: 'Dropout', config: { name: 'norm', rate: 0.1 } };
      const cell = { class_name: 'NormedCell', config: { name: 'cell', units: 4, layer: norm } };
      const [first] = (model.config as { layers: { class_name: string; config: object }[] }).layers;
      Object.assign(first as object, { class_name: 'RNN' });
      Object.assign((first as { config: object }).config, { cell });
      return model;
    },
    path: 'rnn/cell/norm',
  },
  'no-batch-in-time': {
    make: (fault) =>
      tf.sequential({
        layers: [
          layers.lstm({ units: 4, recurrentInitializer, returnSequences: true, inputShape: [5, 3] }),
          fault ? batch() : pack.layerNormalization({ name: 'norm' }),
          layers.lstm({ units: 4, recurrentInitializer }),
          layers.dense({ units: 1 }),
        ],
      }),
  },
  'collapsed-group': {
    make: (fault) =>
      changed(features(pack.groupNormalization({ name: 'norm', groups: 4 })), 'norm', { groups: fault ? 8 : 4 }),
  },
  'no-space': {
    make: (fault) =>
      tf.sequential({
        layers: [
          layers.conv2d({ filters: 4, kernelSize: fault ? 4 : 3, useBias: false, inputShape: [4, 4, 3] }),
          pack.instanceNormalization({ name: 'norm' }),
          relu(),
          layers.flatten(),
          layers.dense({ units: 1 }),
        ],
      }),
  },
  'groups-divide': { make: (fault) => changed(convolutional([group()]), 'norm', { groups: fault ? 4 : 3 }) },
  'half-precision': {
    make: (fault) => convolutional([group({ epsilon: fault ? 1e-8 : 1e-5 })]),
    facts: () => ({ mixedPrecision: true }),
  },
  'style-erased': {
    make: (fault) =>
      convolutional([
        fault ? pack.instanceNormalization({ name: 'norm' }) : pack.batchInstanceNormalization({ name: 'norm' }),
      ]),
    facts: () => ({ style: 'keep' }),
  },
  'frozen-batch-norm': {
    make: (fault) => convolutional([fault ? stock({ trainable: false }) : batch({ trainable: false })]),
  },
  'stock-axis': {
    make: (fault) =>
      convolutional([fault ? stock({ axis: 1 }) : batch({ axis: 1 })], { dataFormat: 'channelsFirst' }, [3, 8, 8]),
  },
  'stock-affine': { make: (fault) => convolutional([fault ? stock({ scale: false }) : batch({ scale: false })]) },
  'stock-rank': {
    make: (fault) =>
      tf.sequential({
        layers: [
          layers.conv3d({ filters: 4, kernelSize: 2, useBias: false, inputShape: [4, 4, 4, 2] }),
          fault ? stock() : batch(),
          relu(),
          layers.flatten(),
          layers.dense({ units: 1 }),
        ],
      }),
  },
  'masking-ignored': {
    make: (fault) =>
      tf.sequential({
        layers: [
          layers.masking({ maskValue: 0, inputShape: [5, 3], name: 'masks' }),
          layers.dense({ units: 4, useBias: false }),
          fault ? stock() : batch(),
          relu(),
          layers.lstm({ units: 3, recurrentInitializer }),
          layers.dense({ units: 1 }),
        ],
      }),
  },
  'class-name-shadowed': { make: (fault) => convolutional([fault ? new Stranger({ name: 'norm' }) : group()]) },
  'not-registered': {
    make: () => convolutional([group()]),
    meanwhile: (fault) => {
      const map = tf.serialization.SerializationMap.getMap().classNameMap;
      const entry = map.GroupNormalization;
      if (fault) delete map.GroupNormalization;
      return () => {
        if (entry) map.GroupNormalization = entry;
      };
    },
  },
  'no-bias-before': { make: (fault) => convolutional([batch()], { useBias: fault }), path: 'conv' },
  'beta-for-bias': { make: (fault) => convolutional([group()], { useBias: fault }), path: 'conv' },
  'not-before-output': {
    make: (fault) =>
      tf.sequential({
        layers: [
          layers.dense({ units: 8, useBias: false, inputShape: [5] }),
          group(),
          ...(fault ? [layers.softmax()] : [relu(), layers.dense({ units: 2, activation: 'softmax' })]),
        ],
      }),
  },
  'double-norm': { make: (fault) => convolutional([...(fault ? [batch({ name: 'first' })] : []), batch()]) },
  'wrong-axis': { make: (fault) => convolutional([pack.layerNormalization({ name: 'norm', axis: fault ? 1 : -1 })]) },
  'one-norm': {
    make: (fault) => {
      const one = (norm: Layer, i: number) => [
        layers.conv2d({ filters: 6, kernelSize: 1, useBias: false, ...(i === 0 ? { inputShape: [4, 4, 3] } : {}) }),
        norm,
        relu(),
      ];
      const norms = [
        group({ name: 'a' }),
        group({ name: 'b' }),
        fault ? pack.layerNormalization({ name: 'norm' }) : group(),
      ];
      return tf.sequential({ layers: [...norms.flatMap(one), layers.flatten(), layers.dense({ units: 1 })] });
    },
  },
  'weight-decay-on-norm': {
    make: (fault) => convolutional([batch(fault ? { gammaRegularizer: tf.regularizers.l2({ l2: 1e-4 }) } : {})]),
  },
  'statistics-never-updated': {
    make: (fault) => trained(fault ? { moving_mean: () => 0, moving_variance: () => 1 } : {}),
  },
  'not-finite': { make: (fault) => trained(fault ? { moving_variance: (i) => (i === 2 ? Number.NaN : 1) } : {}) },
  'variance-near-zero': { make: (fault) => trained(fault ? { moving_variance: (i) => (i === 2 ? 1e-9 : 1) } : {}) },
  'epsilon-dominates': { make: (fault) => trained({ moving_variance: () => 5e-4 }, fault ? 1e-3 : 1e-5) },
  'dead-gamma': { make: (fault) => trained(fault ? { gamma: (i) => (i === 3 ? 0 : 1) } : {}) },
  'statistics-stale': {
    make: (fault) => trained(fault ? { moving_mean: () => 40 } : { moving_mean: () => 0, moving_variance: () => 3 }),
    batch: () => tf.randomNormal([8, 8, 8, 3], 0, 1, 'float32', 5),
  },
  'constant-channel': {
    make: () => convolutional([group()]),
    batch: (fault) => (fault ? tf.zeros([4, 8, 8, 3]) : tf.randomNormal([4, 8, 8, 3], 0, 1, 'float32', 5)),
  },
  'epsilon-over-batch': {
    make: () => convolutional([group()]),
    batch: (fault) => tf.randomNormal([4, 8, 8, 3], 0, fault ? 1e-4 : 1, 'float32', 5),
  },
  'input-not-finite': {
    make: () => convolutional([group()]),
    batch: (fault) => tf.tidy(() => tf.mul(tf.randomNormal([4, 8, 8, 3], 0, 1, 'float32', 5), fault ? Number.NaN : 1)),
  },
};
