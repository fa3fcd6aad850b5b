import * as tf from '@tensorflow/tfjs-core';
import { loadTensorFlow } from '../test/tensorflow/load.js';
import { makeCandidates } from './candidates/index.js';
import { disposeInputs, inputsOf } from './candidates/tensors.js';
import { type Absent, type Backend, type Candidate, type CandidateName, isAbsent } from './candidates/types.js';
import type { Case, Pass } from './cases.js';
import { type Data, dataOf } from './data.js';
import { type Results, reference } from './float64.js';
import { type Measurement, measure } from './measure.js';
import type { Result } from './results.js';
import { interleave, type ScheduleOptions } from './schedule.js';

/** Imported only where it is asked for: without its library it throws. Wasm, which is timed beside it, is started first. */
async function startTensorFlow(): Promise<void> {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  await loadTensorFlow();
  await tf.setBackend('wasm');
}

/** Makes a backend the one that computes. */
export async function useBackend(backend: Backend): Promise<void> {
  tf.enableProdMode(); // Without it the cpu backend advertises tfjs-node in every process.
  if (backend === 'tensorflow') await startTensorFlow();
  await tf.setBackend(backend);
  await tf.ready();
}

export interface Job {
  readonly given: Case;
  readonly pass: Pass;
}

export interface BenchOptions extends ScheduleOptions {
  readonly backend: Backend;
  readonly without: readonly CandidateName[];
}

interface Ready extends Measurement {
  readonly candidate: Candidate;
}

/** The reference in double precision, computed when the first asks. */
function truthOf({ given, pass }: Job, data: Data): () => Results {
  let truth: Results | undefined;
  return () => {
    truth ??= reference(given, data, pass);
    return truth;
  };
}

/** Runs each once; who fails is reported and does not stop the others. */
async function tryOut(made: readonly (Candidate | Absent)[], truth: () => Results) {
  const ready: Ready[] = [];
  const absent = made.filter(isAbsent);
  for (const candidate of made) {
    if (isAbsent(candidate)) continue;
    try {
      ready.push({ candidate, ...(await measure(candidate, truth)) });
    } catch (error) {
      absent.push({ name: candidate.name, why: `failed: ${(error as Error).message.split('\n')[0]}` });
      await candidate.dispose?.();
    }
  }
  return { ready, absent };
}

/** One pass of one case: everyone's costs, then everyone's time. */
export async function bench(job: Job, options: BenchOptions): Promise<Result> {
  const { given, pass } = job;
  const { backend, without } = options;
  const data = dataOf(given);
  const problem = { given, pass, data, backend };
  const inputs = inputsOf(problem);
  const made = await makeCandidates(problem, inputs, without);
  const { ready, absent } = await tryOut(made, truthOf(job, data));
  const timings = await interleave(ready, options);
  for (const { candidate } of ready) await candidate.dispose?.();
  disposeInputs(inputs);
  const { name, shape, note } = given;
  const candidates = ready.map(({ candidate, costs }, i) => {
    const timing = timings[i] as (typeof timings)[number];
    const said = candidate.note ? { note: candidate.note } : {};
    return { name: candidate.name, ...timing, ...costs, ...said };
  });
  return { name, pass, shape, note, backend, candidates, absent };
}
