import '@tensorflow/tfjs-backend-cpu';
import path from 'node:path';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as core from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import * as pack from '../src/index.js';
import { provideKernels } from '../src/kernels/dispatch.js';
import type { Suite, Tf } from './suites/harness.js';
import { SUITES } from './suites/index.js';

const tf = { ...core, ...layers } as Tf;

interface RunOptions {
  readonly suites?: readonly Suite[];
  /** Without the backend's own kernels: what a backend that has none runs. */
  readonly composed?: boolean;
}

/** Runs the run-anywhere checks under jest on one backend; a backend a file, so that jest runs them side by side. */
export function runSuites(backend: string, { suites = SUITES, composed = false }: RunOptions = {}): void {
  describe(composed ? `composed on ${backend}` : backend, () => {
    beforeAll(async () => {
      if (composed) provideKernels(backend, {});
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
