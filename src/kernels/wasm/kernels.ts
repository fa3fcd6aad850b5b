import type { BackendKernels, SlabView } from '../contract.js';
import { at, call, kernel, type Run } from './call.js';
import { whileAliasing } from './identity.js';
import { Mixture, MixtureGrad } from './mixture.js';
import type { WasmBackend } from './module.js';
import { applyAt, gradientAt, kindOf, normalizeAt, scratchBytes } from './slab.js';

type Shapes = readonly (readonly number[])[];

/** c, e and r of every set: the mean rounded to float, what the rounding left, 1/deviation. */
const SAVED_ROWS = 3;
const savedShape = ({ B, G }: SlabView) => [SAVED_ROWS, B * G];
const momentsShapes = ({ B, G }: SlabView): Shapes => [
  [B, G],
  [B, G],
];
const parameterShapes = ({ G, K }: SlabView): Shapes => [[G * K], [G * K]];

const Normalize: Run<'Normalize'> = ({ x, gamma, beta }, { view, epsilon, center, keep }, backend) => {
  const host = backend as WasmBackend;
  const shapes: (readonly number[])[] = [x.shape];
  if (keep !== 'none') shapes.push(savedShape(view));
  if (keep === 'moments') shapes.push(...momentsShapes(view));
  return call(host, shapes, scratchBytes(view, false), (functions, outputs, scratch) => {
    const [y, saved = 0, mean = 0, variance = 0] = outputs as [number, ...number[]];
    const given = { x: at(host, x), y, gamma: at(host, gamma), beta: at(host, beta) };
    normalizeAt(functions, view, given, epsilon, center, { saved, mean, variance, scratch });
  });
};

const Moments: Run<'Moments'> = ({ x }, { view, center, keep }, backend) => {
  const host = backend as WasmBackend;
  const shapes = keep === 'saved' ? [...momentsShapes(view), savedShape(view)] : momentsShapes(view);
  return call(host, shapes, scratchBytes(view, false), (functions, outputs, scratch) => {
    const [mean, variance, saved = 0] = outputs as [number, number, number?];
    const given = { x: at(host, x), y: 0, gamma: 0, beta: 0 };
    normalizeAt(functions, view, given, 0, center, { saved, mean, variance, scratch });
  });
};

const ApplyStatistics: Run<'ApplyStatistics'> = ({ x, mean, variance, gamma, beta }, { view, epsilon }, backend) => {
  const host = backend as WasmBackend;
  const sets = view.B * view.G;
  return call(host, [x.shape], scratchBytes(view, false) + 12 * sets, (functions, [y], saved) => {
    functions.givenStatistics(at(host, mean), at(host, variance), sets, epsilon, saved);
    const given = { x: at(host, x), y: y as number, gamma: at(host, gamma), beta: at(host, beta) };
    applyAt(functions, view, given, saved, saved + 12 * sets);
  });
};

const NormalizeGrad: Run<'NormalizeGrad'> = ({ x, dy, gamma, saved }, attrs, backend) => {
  const host = backend as WasmBackend;
  const { view, center, affine, hasBeta = true } = attrs;
  const shapes = [x.shape, ...(affine ? parameterShapes(view).slice(0, hasBeta ? 2 : 1) : [])];
  return call(host, shapes, scratchBytes(view, true), (functions, outputs, scratch) => {
    const [dx, dgamma = 0, dbeta = 0] = outputs as [number, ...number[]];
    const given = { x: at(host, x), dy: at(host, dy), gamma: at(host, gamma), saved: at(host, saved) };
    const to = { dx, dgamma, dbeta, dmean: 0, dvariance: 0, line: 0 };
    gradientAt(functions, view, { ...given, ...to }, center, scratch);
  });
};

const ApplyStatisticsGrad: Run<'ApplyStatisticsGrad'> = (inputs, { view, epsilon, affine }, backend) => {
  const host = backend as WasmBackend;
  const { x, dy, mean, variance, gamma } = inputs;
  const sets = view.B * view.G;
  const shapes = [x.shape, ...momentsShapes(view), ...(affine ? parameterShapes(view) : [])];
  return call(host, shapes, scratchBytes(view, true) + 12 * sets, (functions, outputs, saved) => {
    functions.givenStatistics(at(host, mean), at(host, variance), sets, epsilon, saved);
    const [dx, dmean, dvariance, dgamma = 0, dbeta = 0] = outputs as [number, number, number, ...number[]];
    const given = { x: at(host, x), dy: at(host, dy), gamma: at(host, gamma), saved };
    const to = { dx, dgamma, dbeta, dmean, dvariance, line: 0 };
    gradientAt(functions, view, { ...given, ...to }, true, saved + 12 * sets);
  });
};

const MomentsGrad: Run<'MomentsGrad'> = ({ x, dmean, dvariance, saved }, { view, center }, backend) => {
  const host = backend as WasmBackend;
  const { B, S, G, K, T } = view;
  const sets = B * G;
  return call(host, [x.shape], scratchBytes(view, false) + 16 * sets, (functions, [dx], values) => {
    const [from, to] = [at(host, x), dx as number];
    const c = Number(center);
    functions.momentsCoefficients(at(host, saved), at(host, dmean), at(host, dvariance), sets, S * K * T, c, values);
    if (kindOf(view) === 'lanes') {
      functions.applyLaneSets(from, to, 0, 0, B, S, G, K, values, values + 12 * sets, values + 16 * sets);
    } else {
      functions.affineSets(from, to, B, S, G, K * T, values);
    }
  });
};

export const wasmKernels: BackendKernels = {
  Normalize: kernel<'Normalize'>(Normalize),
  NormalizeGrad: kernel<'NormalizeGrad'>(NormalizeGrad, SAVED_ROWS),
  Moments: kernel<'Moments'>(Moments),
  MomentsGrad: kernel<'MomentsGrad'>(MomentsGrad, SAVED_ROWS),
  ApplyStatistics: kernel<'ApplyStatistics'>(ApplyStatistics),
  ApplyStatisticsGrad: kernel<'ApplyStatisticsGrad'>(ApplyStatisticsGrad),
  Mixture,
  MixtureGrad,
  whileRecording: whileAliasing,
};
