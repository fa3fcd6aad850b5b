import { SingleBar } from 'cli-progress';

export interface Progress {
  start(what: string): void;
  /** Share of the job that is done. */
  update(share: number): void;
  stop(): void;
}

/** A live bar on a terminal, a line a job elsewhere; on the error stream, which leaves the other to the results. */
export function showProgress(jobs: number): Progress {
  let done = -1;
  let name = '';
  if (!process.stderr.isTTY) {
    const start = (what: string) => {
      done++;
      process.stderr.write(`${done + 1}/${jobs} ${what}\n`);
    };
    return { start, update: () => {}, stop: () => {} };
  }
  const format = '{bar} {percentage} % · {name}';
  const bar = new SingleBar({
    format,
    barCompleteChar: '━',
    barIncompleteChar: '╌',
    hideCursor: true,
    clearOnComplete: true,
  });
  bar.start(jobs, 0, { name });
  return {
    start(what) {
      done++;
      name = what;
      bar.update(done, { name });
    },
    update: (share) => bar.update(done + share, { name }),
    stop: () => bar.stop(),
  };
}
