import '@tensorflow/tfjs-backend-cpu';
import path from 'node:path';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as core from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import * as pack from '../src/index.js';
import type { Suite, Tf } from './suites/harness.js';
import { SUITES } from './suites/index.js';

const tf = { ...core, ...layers } as Tf;

/** Runs the run-anywhere checks under jest on one backend; a backend a file, so that jest runs them side by side. */
export function runSuites(backend: string, suites: readonly Suite[] = SUITES): void {
  describe(backend, () => {
    beforeAll(async () => {
      setWasmPaths(`${path.join(__dirname, '../node_modules/@tensorflow/tfjs-backend-wasm/dist')}/`);
      // With IS_TEST the engine itself looks for kernels that leak.
      core.env().set('IS_TEST', true);
      await core.setBackend(backend);
      await core.ready();
    });

    describe.each(suites)('$name', ({ checks }) => {
      test.each(checks)('$name', async ({ run }) => {
        const before = core.memory().numTensors;
        await run(tf, pack);
        expect(core.memory().numTensors - before).toBe(0); // whatever a check made, it and the pack tidied away
      });
    });
  });
}
