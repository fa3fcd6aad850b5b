/** `npm run test:tensorflow -- --package name --worker --filter regex`: the lists on the tensorflow backend, without jest. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { OPTIONS } from './options.js';

const { package: name, worker } = OPTIONS;

function start(): number {
  const file = fileURLToPath(new URL(worker ? './thread.ts' : './run.ts', import.meta.url));
  // A process of its own: TensorFlow reads its environment when it is loaded.
  const quiet = { TF_CPP_MIN_LOG_LEVEL: '2', ...process.env };
  const env = name ? { ...quiet, TFJS_NODE_PACKAGE: name } : quiet;
  const args = ['--import', 'tsx', file, ...process.argv.slice(2)];
  return spawnSync(process.execPath, args, { stdio: 'inherit', env }).status ?? 1;
}

process.exitCode = start();
