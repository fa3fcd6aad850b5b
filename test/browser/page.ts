import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-webgl';
import '@tensorflow/tfjs-backend-webgpu';
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as core from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import type { Suite, Tf } from '../suites/harness.js';
import { runCheck, startBackend } from './device.js';
import { type Fixtures, pageLists } from './lists.js';
import { runNamed } from './runs.js';
import { answer } from './worker.js';

/** The page: it has every list, starts one backend, and runs the checks it is asked for. */

const tf: Tf = { ...core, ...layers };
let lists: readonly Suite[] = [];

// tfjs has at most half as many threads as there are cores, which on the two of a test machine would be one.
Object.defineProperty(navigator, 'hardwareConcurrency', { value: 4 });

/** Starts the backend, and answers with the names of a suite's checks where it is asked for them. */
async function start(name: string, suite?: string): Promise<string[]> {
  const run = runNamed(name);
  setWasmPaths('/wasm/');
  setThreadsCount(2);
  lists = pageLists(run, (await (await fetch('/fixtures.json')).json()) as Fixtures);
  await startBackend(tf, run);
  return lists.find((s) => s.name === suite)?.checks.map((check) => check.name) ?? [];
}

/** What a check threw, or null: errors do not travel from page to Node whole. */
async function check(suite: string, at: number, name: string): Promise<string | null> {
  try {
    const found = lists.find((s) => s.name === suite)?.checks[at];
    if (found?.name !== name) throw new Error(`the page has "${found?.name}" where Node has "${name}"`);
    await runCheck(tf, found);
    return null;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

/** What Node calls. */
export const calls = { start, check };
export type Calls = typeof calls;

Object.assign(globalThis, { calls });
answer(calls);
