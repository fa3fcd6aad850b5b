import { isMainThread } from 'node:worker_threads';
import * as core from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { runCheck } from '../browser/device.js';
import { readFixtures } from '../browser/fixtures.js';
import { runList } from '../browser/list.js';
import { fileScheme } from '../serialization/fileScheme.js';
import { goldenSuite } from '../suites/golden.js';
import type { Suite, Tf } from '../suites/harness.js';
import { thirdPartySuite } from '../suites/thirdParty.js';
import { LISTS } from './lists.js';
import { isSetUp, loadTensorFlow } from './load.js';
import { OPTIONS } from './options.js';

/** Runs every list on the tensorflow backend, in a process's main thread or in a worker, and prints counts. */

function lists(): readonly Suite[] {
  const { golden, thirdParty } = readFixtures();
  const thirdPartyCases = thirdParty ? [thirdPartySuite(thirdParty)] : [];
  return [...LISTS, goldenSuite(golden), ...thirdPartyCases, fileScheme];
}

async function start(tf: Tf): Promise<string> {
  if (!isSetUp()) throw new Error('The tensorflow backend is not set up: run npm run setup.');
  await loadTensorFlow();
  tf.env().set('IS_TEST', true); // the engine itself looks for kernels that leak
  if (!(await tf.setBackend('tensorflow'))) throw new Error('the tensorflow backend did not start');
  const { binding } = tf.backend() as unknown as { binding: { TF_Version: string } };
  return `TensorFlow ${binding.TF_Version}, ${isMainThread ? 'main thread' : 'worker thread'}`;
}

async function main(): Promise<void> {
  const tf: Tf = { ...core, ...layers };
  console.log(await start(tf));
  const all = lists();
  const request = { on: 'tensorflow', filter: new RegExp(OPTIONS.filter), verbose: OPTIONS.verbose };
  const failed = await runList(request, all, async (suite, at) => {
    const check = all.find(({ name }) => name === suite)?.checks[at];
    if (check) await runCheck(tf, check);
  });
  if (failed > 0) process.exitCode = 1;
}

await main().catch((error) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
