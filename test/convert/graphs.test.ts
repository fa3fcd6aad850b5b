import type { LayersModel } from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import * as pack from '../../src/index.js';
import { normalizationNamed } from '../../src/layers/known.js';
import { layersWithin } from '../../src/layers/within.js';
import { input, onCpu, tf } from '../layers/setup.js';
import { modelOf, programs, SHAPE } from './graphs.js';
import { expectSame, expectUntouched, outputsOf, spoil } from './setup.js';

onCpu();

const RUNS = { numRuns: 25, seed: 7 };
/** Two examples for each of the two inputs. */
const inputs = () => [input([2, ...SHAPE], 1), input([2, ...SHAPE], 2)];

/** The host frees a shared layer once for each of its uses, so one call leaves it. */
function disposeAll(model: LayersModel): void {
  const { weights } = model;
  model.dispose();
  for (const { val } of weights as unknown as { val: { isDisposed: boolean; dispose(): void } }[]) {
    if (!val.isDisposed) val.dispose();
  }
}

/** Makes a model, changes it, and checks what holds of every change; in the end both are disposed, and nothing is left. */
async function holds(
  program: Parameters<typeof modelOf>[0],
  change: (model: LayersModel) => Promise<pack.Conversion>,
  check: (made: LayersModel, model: LayersModel, result: pack.Conversion) => void,
): Promise<void> {
  const x = inputs();
  const before = tf.memory().numTensors;
  const model = modelOf(program);
  spoil(model);
  const kept = expectUntouched(model);
  const y = outputsOf(model, x);
  const result = await change(model);
  const after = outputsOf(model, x);
  y.forEach((old, i) => {
    expectSame(after[i] as typeof old, old, 0);
  });
  kept();
  check(result.model, model, result);
  tf.dispose([...y, ...after]);
  const own = model.weights.length;
  expect(new Set([...model.weights, ...result.model.weights]).size).toBe(own + result.model.weights.length);
  for (const each of [model, result.model]) disposeAll(each);
  expect(tf.memory().numTensors).toBe(before);
  tf.dispose(x);
}

/** Without those in recurrent layers: the host's copies name the cell otherwise. */
const namesOf = (model: LayersModel) =>
  layersWithin(model)
    .map(({ path }) => path)
    .filter((path) => !/(gru|lstm)\w*\//.test(path));

function expectEqual(made: LayersModel, model: LayersModel, tolerance: number): void {
  const x = inputs();
  const [a, b] = [outputsOf(made, x), outputsOf(model, x)];
  b.forEach((expected, i) => {
    expectSame(a[i] as typeof expected, expected, tolerance);
  });
  tf.dispose([...x, ...a, ...b]);
}

const isStock = (model: LayersModel) =>
  layersWithin(model).some(({ layer }) =>
    /^(Batch|Layer)Normalization$/.test((layer.constructor as never as { className: string }).className),
  );

test('every norm to itself: the same paths, the same outputs, to the bit where the kernel is the same', async () => {
  const same: pack.LayerPolicy = (layer) => normalizationNamed(layer.getClassName());
  await fc.assert(
    fc.asyncProperty(programs, (program) =>
      holds(
        program,
        (model) => pack.convertNormalization(model, same),
        (made, model, { replaced }) => {
          expect(replaced.map(({ reason }) => reason)).toEqual(replaced.map(() => undefined));
          expect(replaced.map(({ weights }) => weights)).toEqual(replaced.map(() => 'kept'));
          expect(namesOf(made)).toEqual(namesOf(model));
          expect(made.weights.map(({ originalName }) => originalName)).toEqual(
            model.weights.map(({ originalName }) => originalName),
          );
          expectEqual(made, model, isStock(model) ? 1e-5 : 0);
        },
      ),
    ),
    RUNS,
  );
}, 120_000);

test('to group norm, calibrated: every norm of activations, the same paths', async () => {
  await fc.assert(
    fc.asyncProperty(programs, (program) =>
      holds(
        program,
        async (model) => {
          const calibration = inputs();
          const result = await pack.convertNormalization(model, 'group:2', { calibration });
          tf.dispose(calibration);
          return result;
        },
        (made, model, { replaced }) => {
          expect(namesOf(made)).toEqual(namesOf(model));
          for (const { from, to, reason } of replaced)
            expect([to, reason === undefined]).toEqual(from === 'weight' ? ['weight', false] : ['group', true]);
        },
      ),
    ),
    { ...RUNS, numRuns: 12 },
  );
}, 120_000);

test('folded, then predict: equal, with fewer layers or the reason', async () => {
  let folded = 0;
  await fc.assert(
    fc.asyncProperty(programs, (program) =>
      holds(
        program,
        (model) => pack.foldNormalization(model),
        (made, model, { replaced }) => {
          const gone = replaced.filter(({ into }) => into !== undefined).length;
          folded += gone;
          if (gone > 0) expect(namesOf(made).length).toBeLessThan(namesOf(model).length);
          expectEqual(made, model, 1e-5);
        },
      ),
    ),
    { ...RUNS, numRuns: 40 },
  );
  expect(folded).toBeGreaterThan(20);
}, 120_000);
