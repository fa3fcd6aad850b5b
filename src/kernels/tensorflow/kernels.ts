import * as tf from '@tensorflow/tfjs-core';
import type { BackendKernel, BackendKernels, KernelName, Kernels } from '../contract.js';
import { hasEpsilon } from '../reduce.js';
import type { NodeBackend } from './backend.js';
import * as channels from './channels.js';
import { fusedBatchNormInference } from './raw.js';
import { isRows, isSavedByRows, normalizeRows, rowsGradient } from './rows.js';
import { isSamples, isSavedBySamples, normalizeSamples, samplesGradient } from './samples.js';
import { isSaved } from './saved.js';

type Inputs<N extends KernelName> = Parameters<Kernels[N]>[0];
type Attrs<N extends KernelName> = Parameters<Kernels[N]>[1];
type Run<N extends KernelName> = (inputs: Inputs<N>, attrs: Attrs<N>, backend: NodeBackend) => tf.Tensor[];

const Normalize: Run<'Normalize'> = (inputs, attrs, backend) => {
  if (isRows(backend, attrs)) return normalizeRows(backend, inputs, attrs);
  const bySamples = isSamples(attrs) ? normalizeSamples(backend, inputs, attrs) : undefined;
  return bySamples ?? channels.Normalize(inputs, attrs, backend);
};

const NormalizeGrad: Run<'NormalizeGrad'> = (inputs, attrs, backend) => {
  // By what the forward pass did: it looked at the values.
  if (isSavedByRows(inputs.saved)) return rowsGradient(backend, inputs, attrs);
  if (isSavedBySamples(inputs.saved)) return samplesGradient(backend, inputs, attrs);
  return channels.NormalizeGrad(inputs, attrs, backend);
};

/** Batch norm's own way in inference: one op, as tfjs's. */
const ApplyStatistics: Run<'ApplyStatistics'> = (inputs, attrs, backend) => {
  const { x, mean, variance } = inputs;
  const { view, epsilon } = attrs;
  const { B, S, G, K, T } = view;
  if (B * K * T !== 1 || !hasEpsilon(epsilon)) return channels.ApplyStatistics(inputs, attrs, backend);
  const { gamma = tf.ones([G]), beta = tf.zeros([G]) } = inputs;
  const flat = (t: tf.Tensor) => (t.rank === 1 ? t : tf.reshape(t, [G]));
  const given = { gamma, beta, mean: flat(mean), variance: flat(variance), epsilon };
  if (x.rank === 4 && x.shape[3] === G) return [fusedBatchNormInference(backend, x, given)];
  return [tf.reshape(fusedBatchNormInference(backend, tf.reshape(x, [1, 1, S, G]), given), x.shape)];
};

/** Whether every input is what the ops read: `saved` too, which another kernel may have written. */
function accepts(inputs: object): boolean {
  const tensors = inputs as Record<string, tf.Tensor | undefined>;
  if (tensors.saved && !isSaved(tensors.saved)) return false;
  return Object.values(tensors).every((t) => t === undefined || t.dtype === 'float32');
}

const kernel = <N extends KernelName>(run: Run<N>): BackendKernel<N> => ({
  accepts,
  run: (inputs, attrs, host) => tf.tidy(() => run(inputs, attrs, host as NodeBackend)),
});

/**
 * The kernels of tfjs-node and tfjs-node-gpu: TensorFlow's fused ops where they are right, else closed forms out of as few passes as its
 * other ops allow. Everything is computed by TensorFlow; nothing here assumes a CPU.
 */
export const tensorflowKernels: BackendKernels = {
  Normalize: kernel<'Normalize'>(Normalize),
  NormalizeGrad: kernel<'NormalizeGrad'>(NormalizeGrad),
  Moments: kernel<'Moments'>(channels.Moments),
  MomentsGrad: kernel<'MomentsGrad'>(channels.MomentsGrad),
  ApplyStatistics: kernel<'ApplyStatistics'>(ApplyStatistics),
  ApplyStatisticsGrad: kernel<'ApplyStatisticsGrad'>(channels.ApplyStatisticsGrad),
};
