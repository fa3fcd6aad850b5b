import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import type { NormRow } from '../../src/norms.js';
import { gradientOf, type Point, secondOf } from './differences.js';
import { type Case, casesOf, lossOf, oddCasesOf, sampleOf, tensorLoss } from './gradientCases.js';
import { type Check, expectClose, expectTrue, normal, type Pack, type Suite, type Tf } from './harness.js';
import {
  ACTIVATIONS,
  forRows,
  forward,
  free,
  layerOf,
  nameOf,
  opOf,
  parameters,
  plain,
  ROWS,
  readAll,
  type Sample,
  weightShape,
} from './subjects.js';

/**
 * Gradients against central differences in float64 of the formula itself, every element of every input: of the op to
 * first and second order, and of the layer's weights.
 */

function pointOf(pack: Pack, subject: Sample, memory: boolean): Point {
  const weights = opOf(pack, subject.row) ? plain(subject, memory) : {};
  const entries = Object.entries({ x: subject.x, ...weights });
  return Object.fromEntries(entries.map(([name, values]) => [name, Float64Array.from(values)]));
}

/** The same point as tensors, and the loss as a function of them. */
function onDevice(tf: Tf, pack: Pack, subject: Sample, memory: boolean) {
  const weights = opOf(pack, subject.row) ? parameters(tf, subject, memory) : {};
  const names = ['x', ...Object.keys(weights)];
  const inputs = [tf.tensor(subject.x, [...subject.shape]), ...Object.values(weights)];
  const loss = (...given: Tensor[]): Scalar => {
    const named = Object.fromEntries(names.slice(1).map((name, k) => [name, given[k + 1] as Tensor]));
    return tensorLoss(tf, subject, forward(tf, pack, subject, given[0] as Tensor, named));
  };
  return { names, inputs, loss };
}

/** Differences are those of float64; what is allowed is float32's, of the gradient's own size. */
function compare(actual: Float32Array[], expected: Record<string, Float64Array>, share: number, what: string): void {
  Object.entries(expected).forEach(([name, values], k) => {
    const size = values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    expectTrue(size > 1e-3, `${what}, ${name}: the expected gradient is not nothing`);
    expectClose(actual[k] as Float32Array, values, { atol: share * size, rtol: share }, `${what}, ${name}`);
  });
}

const first = (row: NormRow, tf: Tf, pack: Pack) => differenced(row, casesOf(row), tf, pack);
const oddShapes = (row: NormRow, tf: Tf, pack: Pack) => differenced(row, oddCasesOf(row), tf, pack);

async function differenced(row: NormRow, cases: readonly Case[], tf: Tf, pack: Pack) {
  for (const given of cases) {
    const subject = sampleOf(row, given);
    const expected = gradientOf(lossOf(subject), pointOf(pack, subject, given.memory === true));
    const actual = await readAll(tf, () => {
      const { inputs, loss } = onDevice(tf, pack, subject, given.memory === true);
      return tf.grads(loss)(inputs);
    });
    compare(actual, expected, 1e-5, given.what);
  }
}

async function second(row: NormRow, tf: Tf, pack: Pack) {
  for (const given of casesOf(row)) {
    const subject = sampleOf(row, given);
    const point = pointOf(pack, subject, given.memory === true);
    const direction = Object.fromEntries(
      Object.entries(point).map(([name, values], k) => [
        name,
        Float64Array.from(normal(values.length, { seed: 90 + k })),
      ]),
    );
    const expected = secondOf(lossOf(subject), point, direction);
    const actual = await readAll(tf, () => {
      const { f, inputs } = slope(tf, pack, subject, given, direction);
      return tf.grads(f)(inputs);
    });
    compare(actual, expected, 1e-4, given.what);
  }
}

/** The slope of the loss along a direction, as a function to be differentiated again. */
function slope(tf: Tf, pack: Pack, subject: Sample, given: Case, direction: Point) {
  const { names, inputs, loss } = onDevice(tf, pack, subject, given.memory === true);
  const along = names.map((name, k) =>
    tf.tensor(Float32Array.from(direction[name] as Float64Array), (inputs[k] as Tensor).shape),
  );
  const f = (...at: Tensor[]): Scalar => {
    const parts = tf
      .grads(loss)(at)
      .map((g, k) => tf.sum(tf.mul(g, along[k] as Tensor)));
    return tf.addN(parts) as Scalar;
  };
  return { f, inputs };
}

async function third(row: NormRow, tf: Tf, pack: Pack) {
  const subject = sampleOf(row, { what: '', options: 'groups' in row.defaults ? { groups: 2 } : {} });
  const [values] = await readAll(tf, () => {
    const { inputs, loss } = onDevice(tf, pack, subject, false);
    const [x, ...rest] = inputs as [Tensor, ...Tensor[]];
    const f = (t: Tensor) => loss(t, ...rest);
    const once = tf.grad(f);
    const twice = tf.grad((t: Tensor) => tf.sum(tf.square(once(t))));
    return [tf.grad((t: Tensor) => tf.sum(tf.square(twice(t))))(x)];
  });
  const slopes = values as Float32Array;
  expectTrue(slopes.every(Number.isFinite) && slopes.some((v) => v !== 0), 'third order is finite and not nothing');
}

/** The layer's own weights and, through the layer, nothing else than the formula's slopes. */
async function layerWeights(row: NormRow, tf: Tf, pack: Pack) {
  for (const training of row.memory ? [true, false] : [false]) {
    const given = { what: '', options: 'groups' in row.defaults ? { groups: 2 } : {} };
    const subject = sampleOf(row, given);
    const layer = layerOf(tf, pack, subject);
    const trainable = layer.trainableWeights;
    const memory = row.memory && !training ? plain(subject, true) : {};
    const loss = lossOf(subject);
    const point = Object.fromEntries(
      trainable.map((w) => [nameOf(w), Float64Array.from(subject.weights[nameOf(w)] as Float32Array)]),
    );
    const expected = gradientOf((at) => loss({ ...toDouble(memory), ...at, x: Float64Array.from(subject.x) }), point);
    const actual = await readAll(tf, () => {
      const x = tf.tensor(subject.x, [...subject.shape]);
      const { grads } = tf.variableGrads(() => tensorLoss(tf, subject, layer.call(x, { training }) as Tensor));
      return trainable.map((w) => grads[w.name] as Tensor);
    });
    free(layer);
    compare(actual, expected, 1e-5, training ? 'in training' : 'in inference');
  }
}

const toDouble = (values: Record<string, Float32Array>): Point =>
  Object.fromEntries(Object.entries(values).map(([name, v]) => [name, Float64Array.from(v)]));

/** An op is differentiable with any parameter shape it takes: those of the axes, or flat. */
async function flatParameters(row: NormRow, tf: Tf, pack: Pack) {
  const subject = sampleOf(row, { what: '', options: { axis: [1, -1] } });
  const shapes = await readAll(tf, () => {
    const weights = Object.entries(parameters(tf, subject)).map(
      ([name, t]) => [name, tf.reshape(t, [t.size])] as const,
    );
    const named = (given: Tensor[]) => Object.fromEntries(weights.map(([name], k) => [name, given[k] as Tensor]));
    const f = (...given: Tensor[]) =>
      tensorLoss(tf, subject, forward(tf, pack, subject, tf.tensor(subject.x, [...subject.shape]), named(given)));
    return tf
      .grads(f)(weights.map(([, t]) => t))
      .map((g) => tf.tensor1d(g.shape));
  });
  const sizes = row.weights.map((w) => weightShape(subject, w).reduce((n, d) => n * d, 1));
  shapes.forEach((shape, k) => {
    expectClose(shape, [sizes[k] as number], { atol: 0, rtol: 0 }, 'shape of the gradient');
  });
}

const checks: Check[] = [
  ...forRows('first order', ROWS, first),
  ...forRows(
    'of odd shapes',
    ROWS.filter(({ of }) => of === 'activations'),
    oddShapes,
  ),
  ...forRows('second order', ROWS, second),
  ...forRows('third order', ROWS, third),
  ...forRows('of the layer', ACTIVATIONS, layerWeights),
  ...forRows(
    'of flat parameters',
    ROWS.filter(({ parametersOver }) => parametersOver !== 'channels'),
    flatParameters,
  ),
];

export const gradientSuite: Suite = { name: 'gradients', checks };
