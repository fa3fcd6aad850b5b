import type { LayersModel, layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import * as pack from '../../src/index.js';
import { tf } from '../layers/setup.js';

type Layer = layers.Layer;

const L = tf.layers;
/** All tensors of a random graph have this shape, so that any layer can follow any. */
export const SHAPE = [4, 6];
const UNITS = 6;

/** One step of a program: a layer, and which of the tensors so far it reads. */
interface Step {
  readonly kind: keyof typeof KINDS;
  readonly a: number;
  readonly b: number;
  /** An earlier layer of this kind instead of a new one. */
  readonly isShared: boolean;
}

const dense = () => L.dense({ units: UNITS });
const conv = () => L.conv1d({ filters: UNITS, kernelSize: 2, padding: 'same', useBias: false });
const relu = () => L.activation({ activation: 'relu' });
const batch = () => pack.batchNormalization();
const steps = (layer: Layer) => L.timeDistributed({ layer } as never);

function chainOf(...row: Layer[]): LayersModel {
  const inputs = tf.input({ shape: SHAPE });
  return tf.model({ inputs, outputs: row.reduce((x, layer) => layer.apply(x) as SymbolicTensor, inputs) });
}

const nested = () => chainOf(conv(), batch(), relu(), pack.layerNormalization());
const sequential = () =>
  tf.sequential({
    layers: [L.dense({ units: UNITS, inputShape: SHAPE }), batch(), steps(dense()), L.batchNormalization()],
  });

const KINDS = {
  dense,
  conv,
  relu,
  dropout: () => L.dropout({ rate: 0.5 }),
  lstm: () => L.lstm({ units: UNITS, returnSequences: true, recurrentInitializer: 'glorotNormal' }),
  both: () =>
    L.bidirectional({
      layer: L.gru({ units: UNITS, returnSequences: true, recurrentInitializer: 'glorotNormal' }) as never,
      mergeMode: 'sum',
    }),
  timeDense: () => steps(dense()),
  timeNorm: () => steps(batch()),
  timeModel: () => steps(tf.sequential({ layers: [L.dense({ units: UNITS, inputShape: [UNITS] }), batch()] })),
  weight: () => pack.weightNormalization({ layer: dense() }),
  batch,
  stockBatch: () => L.batchNormalization(),
  stockLayer: () => L.layerNormalization(),
  layer: () => pack.layerNormalization(),
  group: () => pack.groupNormalization({ groups: 3 }),
  rms: () => pack.rmsNormalization({ offset: 1 }),
  instance: () => pack.instanceNormalization(),
  meanOnly: () => pack.meanOnlyBatchNormalization(),
  batchInstance: () => pack.batchInstanceNormalization(),
  switchable: () => pack.switchableNormalization(),
  nested,
  sequential,
  deep: () => chainOf(sequential(), nested(), batch()),
} as const satisfies Record<string, () => Layer>;

const step = fc.record<Step>({
  kind: fc.constantFrom(...(Object.keys(KINDS) as (keyof typeof KINDS)[])),
  a: fc.nat(30),
  b: fc.nat(30),
  isShared: fc.boolean(),
});

/** Programs of random graphs; shorter ones are simpler. */
export const programs = fc.array(step, { minLength: 2, maxLength: 9 });

/** The model of a program: two inputs, every step joined by addition where it reads two tensors, two outputs. */
export function modelOf(program: readonly Step[]): LayersModel {
  const inputs = [tf.input({ shape: SHAPE }), tf.input({ shape: SHAPE })];
  const tensors = [...inputs];
  const made = new Map<string, Layer>();
  const at = (index: number) => tensors[index % tensors.length] as SymbolicTensor;
  for (const { kind, a, b, isShared } of program) {
    const layer = (isShared && made.get(kind)) || KINDS[kind]();
    made.set(kind, layer);
    const [x, y] = [at(a), at(b)];
    const joined = x === y || b % 2 === 0 ? x : (L.add().apply([x, y]) as SymbolicTensor);
    tensors.push(layer.apply(joined) as SymbolicTensor);
  }
  const ends = L.add().apply(tensors) as SymbolicTensor; // all of them, so that the model holds every layer
  return tf.model({
    inputs,
    outputs: [ends, L.activation({ activation: 'tanh' }).apply(tensors.at(-2) as SymbolicTensor) as SymbolicTensor],
  });
}
