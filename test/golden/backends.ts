import { join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as core from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import type { Tf } from '../suites/harness.js';

setWasmPaths(join(process.cwd(), 'node_modules/@tensorflow/tfjs-backend-wasm/dist/'));

export const tf: Tf = { ...core, ...layers };

export const BACKENDS = ['cpu', 'wasm'] as const;

export async function use(backend: string): Promise<void> {
  if (!(await core.setBackend(backend))) throw new Error(`the ${backend} backend did not start`);
}
