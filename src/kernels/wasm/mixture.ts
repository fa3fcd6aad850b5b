import type { Tensor } from '@tensorflow/tfjs-core';
import type { SlabView } from '../contract.js';
import { mix, mixGradients } from '../host/mix.js';
import { mixableOf } from '../host/mixable.js';
import type { Moments } from '../host/totals.js';
import { at, bringIn, call, kernel, type Run } from './call.js';
import { memoryOf, type WasmBackend } from './module.js';
import { applyAt, gradientAt, normalizeAt, scratchBytes } from './slab.js';

/**
 * What a mixture keeps of every set `[b, c]`, a row each. Two are statistics as the functions read them, c, e, r: those that dx is
 * measured from (the Instance mean, with the mixed reciprocal deviation), and the mixed ones.
 */
const ROWS = ['c', 'e', 'r', 'mixedC', 'mixedE', 'mixedR', 'variance'] as const;
const MIXED = 3;
const VARIANCE = 6;

type Rows = Readonly<Record<(typeof ROWS)[number], Float32Array>>;

function rowsAt(host: WasmBackend, address: number, sets: number): Rows {
  const { buffer } = memoryOf(host);
  const row = (k: number) => new Float32Array(buffer, address + 4 * k * sets, sets);
  return Object.fromEntries(ROWS.map((name, k) => [name, row(k)])) as unknown as Rows;
}

const reader = (host: WasmBackend) => (t: Tensor) =>
  new Float64Array(new Float32Array(memoryOf(host).buffer, at(host, t), t.size));

function instanceOf({ c, e, variance }: Rows): Moments {
  const mean = new Float64Array(c);
  for (let i = 0; i < mean.length; i++) mean[i] = (c[i] as number) + (e[i] as number);
  return { mean, variance: new Float64Array(variance) };
}

/** Writes what was mixed: means as a float and what its rounding left. */
function writeMixed({ r, mixedC, mixedE, mixedR }: Rows, mean: Float64Array, rstd: Float64Array): void {
  mixedC.set(mean);
  for (let i = 0; i < mean.length; i++) mixedE[i] = (mean[i] as number) - (mixedC[i] as number);
  r.set(rstd);
  mixedR.set(rstd);
}

const savedShape = ({ B, G }: SlabView) => [ROWS.length, B * G];

/** Instance moments in one sweep, the mixture of small arrays, one application. */
const forward: Run<'Mixture'> = ({ x, gamma, beta, ...mixed }, attrs, backend) => {
  const host = backend as WasmBackend;
  bringIn(host, { x, gamma, beta, ...mixed });
  const { view, keep } = attrs;
  const sets = view.B * view.G;
  const shapes: (readonly number[])[] = [x.shape];
  if (keep !== 'none') shapes.push(savedShape(view));
  if (keep === 'moments') shapes.push([view.G], [view.G]);
  const bytes = scratchBytes(view, false);
  return call(host, shapes, bytes + 4 * ROWS.length * sets, (functions, outputs, scratch) => {
    const [y, saved = scratch + bytes, batchMean, batchVariance] = outputs as [number, ...number[]];
    const from = { x: at(host, x), y: 0, gamma: 0, beta: 0 };
    const to = { saved, mean: saved + 4 * MIXED * sets, variance: saved + 4 * VARIANCE * sets, scratch };
    normalizeAt(functions, view, from, 0, true, to);
    const rows = rowsAt(host, saved, sets);
    const { mean, rstd, batch } = mix(mixableOf(mixed, attrs, instanceOf(rows), reader(host)));
    writeMixed(rows, mean, rstd);
    const given = { ...from, y, gamma: at(host, gamma), beta: at(host, beta) };
    applyAt(functions, view, given, saved + 4 * MIXED * sets, scratch);
    if (batchMean && batchVariance) {
      const { buffer } = memoryOf(host);
      new Float32Array(buffer, batchMean, view.G).set(batch.mean);
      new Float32Array(buffer, batchVariance, view.G).set(batch.variance);
    }
  });
};

/** h and k of dx = dy·γ·r − ((x − c)·h + k), from the gradients of the Instance moments of n values. */
function writeLine(into: Float32Array, { e }: Rows, gradient: Moments, n: number): void {
  const sets = e.length;
  for (let i = 0; i < sets; i++) {
    const h = (-2 * (gradient.variance[i] as number)) / n;
    into[i] = h;
    into[sets + i] = -(gradient.mean[i] as number) / n - h * (e[i] as number);
  }
}

/** One sweep for the sums, the gradient of the mixture, one sweep for dx. */
const backward: Run<'MixtureGrad'> = ({ x, dy, gamma, saved, ...mixed }, attrs, backend) => {
  const host = backend as WasmBackend;
  bringIn(host, { x, dy, gamma, saved, ...mixed });
  const { view, affine } = attrs;
  const sets = view.B * view.G;
  const bytes = scratchBytes(view, true);
  const small = [mixed.rho, mixed.meanWeight, mixed.varianceWeight, mixed.memoryMean, mixed.memoryVariance];
  const shapes = [x.shape, ...small.filter((t): t is Tensor => t !== undefined).map(({ shape }) => shape)];
  if (affine) shapes.push([view.G], [view.G]);
  return call(host, shapes, bytes + 8 * sets, (functions, outputs, scratch) => {
    const rest = [...outputs];
    const [dbeta, dgamma] = affine ? [rest.pop() as number, rest.pop() as number] : [0, 0];
    const dx = rest.shift() as number;
    const [dmean, drstd] = [scratch + bytes, scratch + bytes + 4 * sets];
    const from = { x: at(host, x), dy: at(host, dy), gamma: at(host, gamma), saved: at(host, saved) };
    const sums = {
      ...from,
      saved: from.saved + 4 * MIXED * sets,
      dx: 0,
      dgamma,
      dbeta,
      dmean,
      dvariance: drstd,
      line: 0,
    };
    gradientAt(functions, view, sums, true, scratch);
    const { buffer } = memoryOf(host);
    const found = new Float32Array(buffer, dmean, 2 * sets);
    const rows = rowsAt(host, from.saved, sets);
    const given = mixableOf(mixed, attrs, instanceOf(rows), reader(host));
    const [ofMean, ofDeviation] = [new Float64Array(found.subarray(0, sets)), new Float64Array(found.subarray(sets))];
    const gradients = mixGradients(given, new Float64Array(rows.r), ofMean, ofDeviation);
    const { memory, weights, instance } = gradients;
    [...weights, ...(memory ? [memory.mean, memory.variance] : [])].forEach((values, i) => {
      new Float32Array(buffer, rest[i], values.length).set(values);
    });
    writeLine(found, rows, instance, view.S * view.T);
    const line = { dx, dgamma: 0, dbeta: 0, dmean: 0, dvariance: 0, line: dmean };
    gradientAt(functions, view, { ...from, ...line }, true, scratch);
  });
};

/**
 * JavaScript takes longer for a set than operations do, and keeps more of it: where statistics are many and not small beside x
 * (measured: from 16 values a set they are), composed operations come first.
 */
const pays = ({ B, S, G, K, T }: SlabView): boolean => S * K * T >= 16 || B * G <= 1 << 13;

export const Mixture = kernel<'Mixture'>(forward, 0, pays);
export const MixtureGrad = kernel<'MixtureGrad'>(backward, ROWS.length);
