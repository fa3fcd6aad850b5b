import type { BackendKernel, SlabView } from '../contract.js';
import { mix, mixGradients } from '../host/mix.js';
import { mixableOf } from '../host/mixable.js';
import { loopsFor } from './loops.js';
import { rowsOf, save } from './saved.js';
import { allFloat, type CpuBackend, doubles, floats, floatTensor } from './values.js';

/** Means and variances of the Instance statistics, mixed means and reciprocal deviations. */
type Rows = [Float64Array, Float64Array, Float64Array, Float64Array];

/** Instance moments, the mixture of small arrays, one application: two sweeps over x. */
export const Mixture: BackendKernel<'Mixture'> = {
  accepts: allFloat,
  run({ x, gamma, beta, ...mixed }, attrs, host) {
    const backend = host as CpuBackend;
    const { view, keep } = attrs;
    const values = floats(backend, x);
    const loops = loopsFor(values.length, view);
    const instance = loops.moments(values, view, true);
    const { mean, rstd, batch } = mix(mixableOf(mixed, attrs, instance, (t) => doubles(backend, t, 0, 0)));
    const affine = { scale: doubles(backend, gamma, view.G, 1), shift: doubles(backend, beta, view.G, 0) };
    const result = [floatTensor(backend, x.shape, loops.apply(values, view, { mean, rstd, ...affine }))];
    if (keep !== 'none') result.push(save(backend, [instance.mean, instance.variance, mean, rstd]));
    if (keep === 'moments') {
      for (const moment of [batch.mean, batch.variance]) result.push(floatTensor(backend, [view.G], moment));
    }
    return result;
  },
};

const isOurs = ({ B, G }: SlabView, { dtype, shape }: { dtype: string; shape: readonly number[] }) =>
  dtype === 'int32' && shape[0] === 4 && shape[1] === 2 * B * G;

/**
 * With the sums of g = dy·γ and of g·(x − mean) of every set: dmean = −rstd·Σg and drstd = Σ g·(x − mean) of what was mixed, from
 * these the gradients of the Instance moments, and dx = g·rstd + (dmean + 2·dvariance·(x − mean))/n with those.
 */
export const MixtureGrad: BackendKernel<'MixtureGrad'> = {
  accepts: ({ saved, ...inputs }, { view }) => allFloat(inputs) && isOurs(view, saved),
  run({ x, dy, gamma, saved, ...mixed }, attrs, host) {
    const backend = host as CpuBackend;
    const { view, affine } = attrs;
    const [mean, variance, mixedMean, rstd] = rowsOf(backend, saved) as Rows;
    const [values, up] = [floats(backend, x), floats(backend, dy)];
    const loops = loopsFor(values.length, view);
    const scale = doubles(backend, gamma, view.G, 1);
    const sums = loops.collect(values, up, view, { mean: mixedMean, rstd, scale });
    const dmean = sums.level.map((sum, set) => -(rstd[set] as number) * sum);
    const given = mixableOf(mixed, attrs, { mean, variance }, (t) => doubles(backend, t, 0, 0));
    const found = mixGradients(given, rstd, dmean, sums.slope);
    const n = view.S * view.T;
    const incline = found.instance.variance.map((d) => (2 * d) / n);
    const offset = found.instance.mean.map((d, set) => d / n - (incline[set] as number) * (mean[set] as number));
    const dx = loops.spread(values, up, view, { rstd, scale, incline, offset });
    const { memory } = found;
    const small = [...found.weights, ...(memory ? [memory.mean, memory.variance] : [])];
    if (affine) small.push(sums.dgamma, sums.dbeta);
    return [floatTensor(backend, x.shape, dx), ...small.map((d) => floatTensor(backend, [d.length], d))];
  },
};
