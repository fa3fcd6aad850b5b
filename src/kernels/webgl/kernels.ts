import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import type { BackendKernel, BackendKernels, KernelName, SlabView } from '../contract.js';
import { apply, given, momentsGradient, saved as savedBy, spreadGradient } from './apply.js';
import { checkContext, isHalf, isSupported, type WebGLBackend } from './backend.js';
import { planar, shaped } from './copy.js';
import { collect, foldGiven, foldMeans, type Pass } from './gradient.js';
import { Mixture } from './mixture.js';
import { MixtureGrad } from './mixtureGrad.js';
import { isDirect, parameterGradients } from './parameters.js';
import { isRow, mixturePlanOf, type Plan, planOf } from './plan.js';
import { free } from './program.js';
import { measure, measureMoments } from './statistics.js';

type Inputs<N extends KernelName> = Parameters<BackendKernel<N>['run']>[0];
type Attrs<N extends KernelName> = Parameters<BackendKernel<N>['run']>[1];
type Run<N extends KernelName> = (
  inputs: Inputs<N>,
  attrs: Attrs<N>,
  backend: WebGLBackend,
  plan: Plan,
) => TensorInfo[];

const setsShape = ({ B, G }: SlabView): number[] => [B, G];

const savedFirst = ([mean, variance, saved]: TensorInfo[]) => [saved, mean, variance] as TensorInfo[];

const Normalize: Run<'Normalize'> = ({ x: input, ...parameters }, { view, epsilon, center, keep }, backend, plan) => {
  const x = planar(backend, input, plan);
  const how = { plan, center, epsilon };
  const [st, ...moments] = (
    keep === 'moments'
      ? savedFirst(measureMoments(backend, x.info, how, setsShape(view), true))
      : [measure(backend, x.info, how)]
  ) as [TensorInfo, ...TensorInfo[]];
  const y = apply(backend, x.info, plan, savedBy(st), center, parameters);
  const result = [shaped(backend, y, input.shape, plan)];
  free(backend, x.copied);
  if (keep !== 'none') return [...result, st, ...moments];
  free(backend, st);
  return result;
};

const Moments: Run<'Moments'> = ({ x: input }, { view, center, keep }, backend, plan) => {
  const x = planar(backend, input, plan);
  const how = { plan, center, epsilon: 0 };
  const result = measureMoments(backend, x.info, how, setsShape(view), keep === 'saved');
  free(backend, x.copied);
  return result;
};

const MomentsGrad: Run<'MomentsGrad'> = ({ x: input, dmean, dvariance, saved }, { center }, backend, plan) => {
  const x = planar(backend, input, plan);
  const dx = momentsGradient(backend, { x: x.info, dmean, dvariance }, plan, savedBy(saved), center);
  free(backend, x.copied);
  return [shaped(backend, dx, input.shape, plan)];
};

const ApplyStatistics: Run<'ApplyStatistics'> = (inputs, { epsilon }, backend, plan) => {
  const { x: input, mean, variance, ...parameters } = inputs;
  const x = planar(backend, input, plan);
  const y = apply(backend, x.info, plan, given(mean, variance, epsilon), true, parameters);
  free(backend, x.copied);
  return [shaped(backend, y, input.shape, plan)];
};

/** What both gradients are: x and dy as planes, their sums, dx, and what the sums give besides. */
function gradients(
  { x, dy, gamma }: { x: Tensor; dy: Tensor; gamma?: Tensor },
  backend: WebGLBackend,
  about: Pick<Pass, 'plan' | 'known' | 'center'>,
  run: (pass: Pass, pt: TensorInfo) => TensorInfo[],
): TensorInfo[] {
  const [values, up] = [planar(backend, x, about.plan), planar(backend, dy, about.plan)];
  const pass = { ...about, x: values.info, dy: up.info, gamma };
  const pt = collect(backend, pass);
  const [dx, ...others] = run(pass, pt) as [TensorInfo, ...TensorInfo[]];
  free(backend, pt, values.copied, up.copied);
  return [shaped(backend, dx, x.shape, about.plan), ...others];
}

const NormalizeGrad: Run<'NormalizeGrad'> = ({ saved, ...inputs }, { center, affine }, backend, plan) =>
  gradients(inputs, backend, { plan, known: savedBy(saved), center }, (pass, pt) => {
    // A row's few parts are added up where they are used where dγ and dβ take two programs: four in all.
    const isFolded = !isRow(plan) || (plan.P > 1 && isDirect(plan));
    const cf = isFolded ? foldMeans(backend, pt, pass) : pt;
    const dx = spreadGradient(backend, { ...pass, cf, parts: isFolded ? 1 : plan.P }, plan, pass.known, center);
    if (isFolded) free(backend, cf);
    return affine ? [dx, ...parameterGradients(backend, pass, pt)] : [dx];
  });

const ApplyStatisticsGrad: Run<'ApplyStatisticsGrad'> = (inputs, { view, epsilon, affine }, backend, plan) => {
  const known = given(inputs.mean, inputs.variance, epsilon);
  return gradients(inputs, backend, { plan, known, center: true }, (pass, pt) => {
    const dx = spreadGradient(backend, { ...pass, parts: 0 }, plan, known, true);
    const statistics = foldGiven(backend, pt, pass, setsShape(view));
    return [dx, ...statistics, ...(affine ? parameterGradients(backend, pass, pt) : [])];
  });
};

function acceptsMixture(inputs: { x: Tensor; saved?: Tensor }): boolean {
  return accepts(inputs) && (!inputs.saved || inputs.saved.shape.length === 3);
}

/** Pairs of every set, or rows cut from a list; what other backends save has other shapes. */
function isOurs(shape: readonly number[]): boolean {
  if (shape.length === 3) return shape[2] === (isHalf() ? 4 : 2);
  return shape.length === 4 && shape[0] === 1 && shape[1] === 1 && shape[2] === (isHalf() ? 3 : 2);
}

/** Whether WebGL 2 is there, and every input what the programs read: `saved` too, which another kernel may have written. */
function accepts(inputs: object): boolean {
  const tensors = inputs as Record<string, Tensor | undefined>;
  if (tensors.saved && !isOurs(tensors.saved.shape)) return false;
  for (const name in tensors) if (tensors[name] && tensors[name].dtype !== 'float32') return false;
  return isSupported();
}

function kernel<N extends KernelName>(
  run: Run<N>,
  takes: BackendKernel<N>['accepts'] = accepts,
  plan = planOf,
): BackendKernel<N> {
  return {
    accepts: takes,
    run(inputs, attrs, host) {
      const backend = host as WebGLBackend;
      checkContext(backend);
      return run(inputs, attrs, backend, plan(inputs.x.shape, attrs.view));
    },
  };
}

export const webglKernels: BackendKernels = {
  Normalize: kernel<'Normalize'>(Normalize),
  NormalizeGrad: kernel<'NormalizeGrad'>(NormalizeGrad),
  Moments: kernel<'Moments'>(Moments),
  MomentsGrad: kernel<'MomentsGrad'>(MomentsGrad),
  ApplyStatistics: kernel<'ApplyStatistics'>(ApplyStatistics),
  ApplyStatisticsGrad: kernel<'ApplyStatisticsGrad'>(ApplyStatisticsGrad),
  Mixture: kernel<'Mixture'>(Mixture, acceptsMixture, mixturePlanOf),
  MixtureGrad: kernel<'MixtureGrad'>(MixtureGrad, acceptsMixture, mixturePlanOf),
};
