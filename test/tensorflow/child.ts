import * as core from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import * as pack from '../../src/index.js';
import type { Tf } from '../suites/harness.js';
import { LISTS } from './lists.js';
import { loadTensorFlow } from './load.js';

/** A process of its own with the tensorflow backend: runs the checks it is asked for, and tells what came of each. */

export type Question = { readonly suite: string; readonly at: number };
/** Null where a check held. */
export type Answer = { readonly failure: string | null };

const tf: Tf = { ...core, ...layers };

const started = (async () => {
  await loadTensorFlow();
  core.env().set('IS_TEST', true); // the engine itself looks for kernels that leak
  if (!(await core.setBackend('tensorflow'))) throw new Error('the tensorflow backend did not start');
})();

async function failureOf({ suite, at }: Question): Promise<string | null> {
  try {
    await started;
    const before = core.memory().numTensors;
    await LISTS.find(({ name }) => name === suite)?.checks[at]?.run(tf, pack);
    const left = core.memory().numTensors - before;
    return left === 0 ? null : `${left} tensors left behind`;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

const answer = async (question: Question) => process.send?.({ failure: await failureOf(question) } satisfies Answer);
process.on('message', (question: Question) => void answer(question));
