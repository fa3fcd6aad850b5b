import type { BackendKernel, BackendKernels } from '../contract.js';
import { withoutChannels } from './blocks.js';
import { loopsFor } from './loops.js';
import { Mixture, MixtureGrad } from './mixture.js';
import { isReadable, restore, save } from './saved.js';
import { reciprocalDeviation } from './statistics.js';
import { allFloat, type CpuBackend, doubles, floats, floatTensor } from './values.js';

/**
 * The kernels of the plain-JS backend: loops over the backend's own arrays, everything between the loads and the stores in
 * double. They run wherever JavaScript does, also where a page forbids WebAssembly.
 *
 */
const Normalize: BackendKernel<'Normalize'> = {
  accepts: allFloat,
  run({ x, gamma, beta }, { view, epsilon, center, keep }, host) {
    const backend = host as CpuBackend;
    const channels = gamma || beta ? view : withoutChannels(view);
    const size = channels.G * channels.K;
    const values = floats(backend, x);
    const { y, sets } = loopsFor(values.length, channels).normalize(values, channels, {
      epsilon,
      center,
      scale: doubles(backend, gamma, size, 1),
      shift: doubles(backend, beta, size, 0),
    });
    const result = [floatTensor(backend, x.shape, y)];
    if (keep !== 'none') result.push(save(backend, [sets.mean, sets.rstd]));
    if (keep === 'moments') {
      for (const moment of [sets.mean, sets.variance]) result.push(floatTensor(backend, [view.B, view.G], moment));
    }
    return result;
  },
};

const NormalizeGrad: BackendKernel<'NormalizeGrad'> = {
  accepts: ({ saved, ...inputs }, { view }) => allFloat(inputs) && isReadable(saved, view, 2),
  run({ x, dy, gamma, saved }, { view, center, affine }, host) {
    const backend = host as CpuBackend;
    const channels = gamma || affine ? view : withoutChannels(view);
    const size = channels.G * channels.K;
    const values = floats(backend, x);
    const known = {
      ...restore(backend, saved, values, view, center),
      scale: doubles(backend, gamma, size, 1),
    };
    const found = loopsFor(values.length, channels).normalizeGrad(values, floats(backend, dy), channels, known, center);
    const dx = floatTensor(backend, x.shape, found.dx);
    return affine ? [dx, ...[found.dgamma, found.dbeta].map((d) => floatTensor(backend, [size], d))] : [dx];
  },
};

const Moments: BackendKernel<'Moments'> = {
  accepts: allFloat,
  run({ x }, { view, center, keep }, host) {
    const backend = host as CpuBackend;
    const values = floats(backend, x);
    const { mean, variance } = loopsFor(values.length, view).moments(values, view, center);
    const result = [mean, variance].map((moment) => floatTensor(backend, [view.B, view.G], moment));
    return keep === 'none' ? result : [...result, save(backend, [mean])];
  },
};

/** dx = (dmean + 2·dvariance·(x − mean))/n: a factor and a shift a set; without centring the mean is a constant. */
const MomentsGrad: BackendKernel<'MomentsGrad'> = {
  accepts: ({ saved, ...inputs }, { view }) => allFloat(inputs) && isReadable(saved, view, 1),
  run({ x, dmean, dvariance, saved }, { view, center }, host) {
    const backend = host as CpuBackend;
    const values = floats(backend, x);
    const { mean } = restore(backend, saved, values, view, center);
    const n = view.S * view.K * view.T;
    const rstd = new Float64Array(mean.length).fill(2 / n);
    const scale = doubles(backend, dvariance, mean.length, 0);
    const shift = center ? doubles(backend, dmean, mean.length, 0).map((d) => d / n) : new Float64Array(mean.length);
    const dx = loopsFor(values.length, view).applyToSets(values, view, { mean, rstd, scale, shift });
    return [floatTensor(backend, x.shape, dx)];
  },
};

const ApplyStatistics: BackendKernel<'ApplyStatistics'> = {
  accepts: allFloat,
  run({ x, mean, variance, gamma, beta }, { view, epsilon }, host) {
    const backend = host as CpuBackend;
    const channels = gamma || beta ? view : withoutChannels(view);
    const size = channels.G * channels.K;
    const values = floats(backend, x);
    const y = loopsFor(values.length, view).apply(values, channels, {
      mean: doubles(backend, mean, 0, 0),
      rstd: doubles(backend, variance, 0, 0).map((v) => reciprocalDeviation(v, epsilon)),
      scale: doubles(backend, gamma, size, 1),
      shift: doubles(backend, beta, size, 0),
    });
    return [floatTensor(backend, x.shape, y)];
  },
};

/**
 * With g = dy·γ and sums over a set: dx = g·rstd, dmean = −rstd·Σg, dvariance = −½·rstd³·Σ g·(x − mean). dx does not see
 * x, so a NaN in x stays out of it.
 */
const ApplyStatisticsGrad: BackendKernel<'ApplyStatisticsGrad'> = {
  accepts: allFloat,
  run({ x, dy, mean, variance, gamma }, { view, epsilon, affine }, host) {
    const backend = host as CpuBackend;
    const channels = gamma || affine ? view : withoutChannels(view);
    const size = channels.G * channels.K;
    const scale = doubles(backend, gamma, size, 1);
    const rstd = doubles(backend, variance, 0, 0).map((v) => reciprocalDeviation(v, epsilon));
    const up = floats(backend, dy);
    const loops = loopsFor(up.length, view);
    const known = { mean: doubles(backend, mean, 0, 0), rstd, scale };
    const { level, slope, dgamma, dbeta } = loops.collect(floats(backend, x), up, channels, known);
    const zero = new Float64Array(Math.max(size, rstd.length));
    const dx = loops.apply(up, channels, { mean: zero, rstd, scale, shift: zero.subarray(0, size) });
    const dmean = level.map((sum, set) => -(rstd[set] as number) * sum);
    const dvariance = slope.map((sum, set) => -0.5 * (rstd[set] as number) ** 3 * sum);
    const result = [floatTensor(backend, x.shape, dx)];
    for (const d of [dmean, dvariance]) result.push(floatTensor(backend, [view.B, view.G], d));
    return affine ? [...result, ...[dgamma, dbeta].map((d) => floatTensor(backend, [size], d))] : result;
  },
};

export const cpuKernels: BackendKernels = {
  Normalize,
  NormalizeGrad,
  Moments,
  MomentsGrad,
  ApplyStatistics,
  ApplyStatisticsGrad,
  Mixture,
  MixtureGrad,
};
