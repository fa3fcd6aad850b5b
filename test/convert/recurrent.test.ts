import type { LayersModel, layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import * as pack from '../../src/index.js';
import { input, onCpu, tf } from '../layers/setup.js';
import { reloaded, type Tensor, wrap } from '../wrappers/setup.js';
import { expectSame, expectUntouched, outputsOf, spoil } from './setup.js';

type Layer = layers.Layer;

onCpu();

const L = tf.layers;
const UNITS = { units: 4, recurrentInitializer: 'glorotNormal' } as const;
const symbolic = (x: unknown) => x as SymbolicTensor;

/** A decoder with the states of an encoder: its norm follows a dense layer. */
function decoder(start: (q: SymbolicTensor, states: SymbolicTensor[]) => unknown, states: number): LayersModel {
  const q = tf.input({ shape: [5, 3] });
  const others = Array.from({ length: states }, () => tf.input({ shape: [4] }));
  const hidden = others.map((x) => L.dense({ units: 4 }).apply(x) as SymbolicTensor);
  const y = L.dense({ units: 4 }).apply(symbolic(start(q, hidden))) as SymbolicTensor;
  return tf.model({
    inputs: [q, ...others],
    outputs: L.batchNormalization({ name: 'bn' }).apply(y) as SymbolicTensor,
  });
}

const both = () => L.bidirectional({ layer: L.gru({ ...UNITS, returnSequences: true }) as never, mergeMode: 'concat' });

describe('a recurrent layer that starts from other tensors', () => {
  // The host says on saving that it leaves the states out of the call's arguments: they are inputs of the node.
  beforeAll(() => void jest.spyOn(console, 'warn').mockImplementation(() => {}));
  afterAll(() => jest.restoreAllMocks());

  const lstm = () => L.lstm({ ...UNITS, returnSequences: true });
  test.each<[string, number, (q: SymbolicTensor, states: SymbolicTensor[]) => unknown]>([
    ['lstm, by initialState', 2, (q, initialState) => lstm().apply(q, { initialState })],
    ['lstm, as further inputs', 2, (q, states) => lstm().apply([q, ...states])],
    ['gru, one state', 1, (q, [h]) => L.gru(UNITS).apply(q, { initialState: h })],
    ['bidirectional', 2, (q, initialState) => both().apply(q, { initialState })],
    ['weight normalized', 2, (q, initialState) => wrap(lstm() as Layer).apply(q, { initialState })],
  ])('%s: it is converted and folded, loaded again too', async (_what, states, start) => {
    const model = decoder(start, states);
    spoil(model);
    const x = [input([2, 5, 3]), ...Array.from({ length: states }, (_, i) => input([2, 4], 9 + i))];
    const loaded = await reloaded(model);
    for (const each of [model, loaded]) {
      const [y] = outputsOf(each, x) as [Tensor];
      const kept = expectUntouched(each);
      const { model: same } = await pack.convertNormalization(each, 'batch');
      const { model: small, deviation } = await pack.foldNormalization(each);
      kept();
      expect(deviation?.relative.max).toBeLessThan(1e-5);
      for (const made of [same, small, await reloaded(small)]) expectSame(outputsOf(made, x)[0] as Tensor, y, 1e-5);
    }
  });
});

describe('a stateful model leaves nothing behind', () => {
  const stateful = { ...UNITS, stateful: true, returnSequences: true } as const;
  const first = { batchInputShape: [2, 4, 5] };
  const states = (layer: Layer): Tensor[] => (layer as unknown as { states_?: Tensor[] }).states_ ?? [];

  test.each<[string, () => Layer, (layer: Layer) => Layer[]]>([
    ['lstm', () => L.lstm({ ...stateful, ...first }), (layer) => [layer]],
    [
      'weight normalized gru',
      () => wrap(L.gru(stateful), first),
      (layer) => [(layer as unknown as { layer: Layer }).layer],
    ],
  ])('%s: folded, converted with calibration, refused', async (_what, recurrent, holders) => {
    const layer = recurrent();
    const model = tf.sequential({ layers: [layer, L.dense({ units: 3 }), L.batchNormalization({ name: 'bn' })] });
    spoil(model);
    const calibration = input([2, 4, 5]);
    tf.dispose(model.predict(calibration));
    const before = tf.memory().numTensors;
    const free = (made: LayersModel) => {
      const rest = holders(made.layers[0] as Layer).flatMap(states);
      made.dispose();
      tf.dispose(rest);
    };
    free((await pack.foldNormalization(model, { only: 'bn' })).model);
    expect(tf.memory().numTensors).toBe(before);
    free((await pack.convertNormalization(model, 'layer', { calibration })).model);
    expect(tf.memory().numTensors).toBe(before);
    await expect(pack.foldNormalization(model, { tolerance: 0 })).rejects.toThrow(/tolerance=0/);
    expect(tf.memory().numTensors).toBe(before);
  });
});
