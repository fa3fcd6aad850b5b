import { createRequire } from 'node:module';
import { load } from './load.js';
import { main } from './main.js';

/** A reader that has seen enough (`| head`) is no fault. */
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    // A full disk: there may be nowhere left to say so.
    process.exitCode = 1;
  });
}

/** Clears away, then ends as if nobody had listened: the shell sees the signal. */
function onStop(clear: () => void): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const undo = () => signals.forEach((signal) => void process.removeListener(signal, stop));
  function stop(signal: NodeJS.Signals): void {
    undo();
    clear();
    process.kill(process.pid, signal);
  }
  for (const signal of signals) process.once(signal, stop);
  return undo;
}

const { version } = createRequire(import.meta.url)('tfjs-normalization/package.json') as { version: string };
const { stdin, stdout, stderr, env } = process;
// Set, not called: what is still on its way to a pipe arrives.
process.exitCode = await main(process.argv.slice(2), { stdin, stdout, stderr, env, version, load, onStop });
