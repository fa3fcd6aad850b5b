import { SingleBar } from 'cli-progress';
import type { Host } from './host.js';

/** How far a command is. */
export interface Progress {
  /** `done` is a share of the whole, 0 to 1. */
  show(done: number, text: string): void;
  stop(): void;
}

const SILENT: Progress = { show: () => {}, stop: () => {} };

/** A bar on standard error where somebody looks at it, gone when it is done; elsewhere nothing. */
export function progressOn({ stderr, env }: Host): Progress {
  if (!stderr.isTTY || env.TERM === 'dumb') return SILENT;
  const bar = new SingleBar({
    format: '{bar} {percentage} % · {text}',
    barCompleteChar: '━',
    barIncompleteChar: '╌',
    barsize: 30,
    stream: stderr as unknown as NodeJS.WritableStream,
    clearOnComplete: true,
    linewrap: true, // Else it is switched off, and stays so after Ctrl-C.
    gracefulExit: false, // It would take Ctrl-C and not end.
  });
  bar.start(1, 0, { text: '' });
  return { show: (done, text) => bar.update(Math.min(1, done), { text }), stop: () => bar.stop() };
}

/** Runs `work` under a bar, which goes away whatever happens. */
export async function underProgress<T>(host: Host, work: (progress: Progress) => Promise<T>): Promise<T> {
  const progress = progressOn(host);
  try {
    return await work(progress);
  } finally {
    progress.stop();
  }
}
