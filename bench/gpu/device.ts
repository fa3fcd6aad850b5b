/** What runs where the GPU is, in a page or in Dawn's process: one backend started, one case measured at a time. */
import * as tf from '@tensorflow/tfjs-core';
import { runNamed } from '../../test/browser/runs.js';
import { disposeInputs, type Inputs, inputsOf } from '../candidates/tensors.js';
import type { GpuBackend } from '../candidates/types.js';
import { PASSES, type Pass } from '../cases.js';
import { type Data, dataOf } from '../data.js';
import { type Adapter, adapterOf } from './adapter.js';
import { type GpuCase, gpuCase } from './cases.js';
import { programsOf } from './programs.js';
import { timesOf } from './timing.js';
import { reluOf, WAYS, type Way, type WayName, waysOf } from './ways.js';

/** One pass. `forward+backward` is the gradients with the forward pass they need. */
export interface PassFigures {
  readonly programs: Partial<Record<WayName, number>>;
  /** Milliseconds a call. */
  readonly times: Partial<Record<WayName | 'relu', number>>;
}

export type Figures = Readonly<Record<Pass, PassFigures>>;

/** Starts a backend with the flags the tests have: with others tfjs itself would compute what is small in JavaScript. */
async function start(backend: GpuBackend): Promise<Adapter> {
  const { flags = {} } = runNamed(backend);
  tf.enableProdMode();
  tf.env().setFlags(flags);
  const started = await tf.setBackend(backend);
  await tf.ready();
  if (!started || tf.getBackend() !== backend) throw new Error(`${backend} did not start`);
  return adapterOf();
}

/** Programs of a warm call. */
async function count({ tensors, enter }: Way): Promise<number> {
  const leave = enter();
  try {
    const first = tensors();
    await Promise.all(first.map((t) => t.data()));
    tf.dispose(first);
    return programsOf(() => tf.dispose(tensors()));
  } finally {
    leave();
  }
}

async function measurePass(given: GpuCase, pass: Pass, data: Data, inputs: Inputs, rounds: number) {
  const ways = waysOf(given, pass, data, inputs);
  const programs: Partial<Record<WayName, number>> = {};
  for (const name of WAYS) if (ways[name]) programs[name] = await count(ways[name]);
  const { ours, composed } = ways as Record<WayName, Way>;
  const [relu, own, plain] = rounds > 0 ? await timesOf([reluOf(inputs), ours, composed], { rounds }) : [];
  for (const way of Object.values(ways)) way.dispose();
  return { programs, times: { relu, ours: own, composed: plain } } as PassFigures;
}

/** The times of no rounds are none. */
async function measure(name: string, rounds: number): Promise<Figures> {
  const given = gpuCase(name);
  const data = dataOf(given);
  const inputs = inputsOf({ given, data, pass: 'forward', backend: tf.getBackend() as GpuBackend });
  const figures: Partial<Record<Pass, PassFigures>> = {};
  for (const pass of PASSES) figures[pass] = await measurePass(given, pass, data, inputs, rounds);
  disposeInputs(inputs);
  return figures as Figures;
}

/** What Node calls. */
export const calls = { start, measure };
export type Calls = typeof calls;
