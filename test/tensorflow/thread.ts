import { Worker } from 'node:worker_threads';

/** The lists in a worker thread; the main thread never loads the backend. */

/** A worker does not inherit what reads TypeScript. */
const START = `import('tsx/esm/api').then(({ register }) => {
  register();
  return import(${JSON.stringify(new URL('./run.ts', import.meta.url))});
})`;

const worker = new Worker(START, { eval: true, argv: process.argv.slice(2) });
worker.once('error', (error) => {
  console.error(error);
  process.exitCode = 1;
});
worker.once('exit', (code) => {
  process.exitCode ||= code;
});
