import * as tf from '@tensorflow/tfjs-core';
import { provideKernels } from '../../src/kernels/dispatch.js';
import { ourOp } from '../candidates/ours.js';
import { stockCandidate } from '../candidates/stock.js';
import type { Inputs } from '../candidates/tensors.js';
import type { Candidate, GpuBackend } from '../candidates/types.js';
import type { Pass } from '../cases.js';
import type { Data } from '../data.js';
import { type GpuCase, stockIsEndless } from './cases.js';

export const WAYS = ['ours', 'composed', 'stock'] as const;
export type WayName = (typeof WAYS)[number];

/** One way to compute a pass of a case; what comes out is its caller's to dispose of. */
export interface Way {
  readonly tensors: () => tf.Tensor[];
  /** What is switched on around a call; gives the way to switch it off. */
  readonly enter: () => () => void;
  readonly dispose: () => unknown;
}

const nothing = () => {};

/** Ours without the backend's own kernels. */
function composing(backend: string): () => void {
  const own = provideKernels(backend, {});
  return () => void provideKernels(backend, own);
}

/** Every way there is for a pass of a case; `stock` is not always among them. */
export function waysOf(given: GpuCase, pass: Pass, data: Data, inputs: Inputs): Partial<Record<WayName, Way>> {
  const backend = tf.getBackend();
  const problem = { given, pass, data, backend: backend as GpuBackend };
  const way = ({ tensors, dispose }: Candidate, enter: Way['enter']): Way => ({
    tensors: () => tensors?.() ?? [],
    enter,
    dispose: dispose ?? nothing,
  });
  const op = ourOp(problem, inputs);
  const stock = stockIsEndless(given, pass) ? undefined : stockCandidate(problem, inputs);
  return {
    ours: way(op, () => nothing),
    composed: way(op, () => composing(backend)),
    ...(stock ? { stock: way(stock, () => nothing) } : {}),
  };
}

/** As many bytes as a copy moves: what the times are held against. */
export const reluOf = ({ x }: Inputs): Way => ({
  tensors: () => [tf.relu(x)],
  enter: () => nothing,
  dispose: nothing,
});
