import type * as tf from '@tensorflow/tfjs-core';
import type { Case, Pass } from '../cases.js';
import type { Data } from '../data.js';
import type { Results } from '../float64.js';

export const CANDIDATES = [
  'copy',
  'relu',
  'traffic',
  'op',
  'op, aliasing',
  'op, wasm',
  'layer',
  'layer, aliasing',
  'baseline',
  'stock',
  'ort-node',
  'ort-web',
  'jax-js',
] as const;
export type CandidateName = (typeof CANDIDATES)[number];

export const BACKENDS = ['wasm', 'cpu', 'tensorflow'] as const;
export type Backend = (typeof BACKENDS)[number];

/** Those of `npm run bench:gpu`. */
export const GPU_BACKENDS = ['webgpu', 'webgl'] as const;
export type GpuBackend = (typeof GPU_BACKENDS)[number];

/** A case as a candidate gets it. */
export interface Problem {
  readonly given: Case;
  readonly pass: Pass;
  readonly data: Data;
  readonly backend: Backend | GpuBackend;
}

/** One way to compute a case. */
export interface Candidate {
  readonly name: CandidateName;
  /** Computes once, and lets go of what came out. */
  run(): unknown;
  /** Whether `run` gives a promise: waiting costs, so the others are not waited for. */
  readonly asynchronous?: boolean;
  /** A cost to subtract from `run`, which then holds `units` of the work more than this. */
  readonly less?: { run(): unknown; readonly units: number };
  /** What is switched on around a sample; gives the way to switch it off. */
  enter?(): () => void;
  /** The tensors that come out, for tf's candidates: what is profiled. */
  tensors?(): tf.Tensor[];
  /** The numbers, to be held against float64; of what `tensors` gave, where the candidate has it. */
  results?(tensors: readonly tf.Tensor[]): Results | Promise<Results>;
  /** Said beside the figures. */
  readonly note?: string;
  dispose?(): unknown;
}

/** A candidate that should be here. */
export interface Absent {
  readonly name: CandidateName;
  readonly why: string;
}

export const isAbsent = (made: Candidate | Absent): made is Absent => 'why' in made;

/** `undefined`: the candidate has no such norm, or no backward pass. */
export type Provider = (problem: Problem) => Promise<(Candidate | Absent | undefined)[]>;
