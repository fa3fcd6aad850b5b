import { join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as core from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import type { Tf } from '../suites/harness.js';
import { isSetUp, loadTensorFlow } from '../tensorflow/load.js';
import { whereSetUp } from '../whereSetUp.js';

setWasmPaths(join(process.cwd(), 'node_modules/@tensorflow/tfjs-backend-wasm/dist/'));

export const tf: Tf = { ...core, ...layers };

/** The backends in Node; what must be set up first says whether it is, and is loaded when its turn comes. */
const BACKENDS = [
  { name: 'cpu' },
  { name: 'wasm' },
  { name: 'tensorflow', isSetUp, load: loadTensorFlow },
] as readonly { name: string; isSetUp?: () => boolean; load?: () => Promise<void> }[];

async function use(backend: string): Promise<void> {
  if (!(await core.setBackend(backend))) throw new Error(`the ${backend} backend did not start`);
}

/** A group of tests, `golden vectors on wasm`, on every backend that is set up. */
export function describeBackends(what: string, define: () => void): void {
  for (const { name, isSetUp: ready = () => true, load = async () => {} } of BACKENDS) {
    const title = `${what} on ${name}`;
    whereSetUp(title, ready(), () => {
      describe(title, () => {
        beforeAll(async () => {
          await load();
          await use(name);
        });
        define();
      });
    });
  }
}
