import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findDawn, software } from './dawnProcess.js';

/** `npm run test:webgpu-node -- --filter regex`: the checks on WebGPU in Node, by Dawn. Quick, and no part of CI. */

function start(): number {
  const worker = fileURLToPath(new URL('./dawnWorker.ts', import.meta.url));
  const env = { ...process.env, DAWN: findDawn(), ...software() };
  const args = ['--import', 'tsx', worker, ...process.argv.slice(2)];
  return spawnSync(process.execPath, args, { stdio: 'inherit', env }).status ?? 1;
}

try {
  process.exitCode = start();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
