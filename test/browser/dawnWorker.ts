import '@tensorflow/tfjs-backend-cpu';
import * as core from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import type { Suite, Tf } from '../suites/harness.js';
import { provideDawn } from './dawnGlobals.js';
import { runCheck, startBackend } from './device.js';
import { readFixtures } from './fixtures.js';
import { asked, runList } from './list.js';
import { listsOf } from './lists.js';

/** The process that `dawn.ts` starts: WebGPU as a global, as a page has it, then the backend. */

await provideDawn();
await import('@tensorflow/tfjs-backend-webgpu');

const tf: Tf = { ...core, ...layers };
const request = asked('webgpu');
try {
  await startBackend(tf, request.run);
} catch (error) {
  console.error('WebGPU found no adapter: install Chromium, whose SwiftShader it can use, or libvulkan1 and a driver.');
  throw error;
}
const lists: readonly Suite[] = listsOf(request.run, readFixtures());
const failed = await runList(request, lists, async (suite, at) => {
  const check = lists.find(({ name }) => name === suite)?.checks[at];
  if (check) await runCheck(tf, check);
});
// Dawn keeps the process alive, and crashes where it is released with the process.
Reflect.deleteProperty(globalThis, 'navigator');
process.exit(failed > 0 ? 1 : 0);
