import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Job, Report, TrainingResult } from './protocol.js';
import type { Task } from './task.js';
import type { Progress } from './train.js';

/** A process of its own for each model in training: two cores train two models at once. */
function startWorker(): ChildProcess {
  const file = fileURLToPath(new URL('worker.ts', import.meta.url));
  // `advanced` hands typed arrays over as such: JSON would round nothing, but be ten times as long.
  return fork(file, { serialization: 'advanced', execArgv: ['--import', 'tsx'] });
}

/** Sends one job and waits for its answer, or for the worker's end. */
function ask(worker: ChildProcess, job: Job, onProgress: (progress: Progress) => void): Promise<Report> {
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void) => {
      worker.off('message', onReport).off('exit', onExit).off('error', onExit);
      settle();
    };
    const onExit = (reason: unknown) => finish(() => reject(new Error(`A worker ended unexpectedly (${reason}).`)));
    const onReport = (report: Report) => {
      if (report.kind === 'progress') onProgress(report.progress);
      else if (report.kind === 'failed') finish(() => reject(new Error(report.reason)));
      else finish(() => resolve(report));
    };
    worker.on('message', onReport).on('exit', onExit).on('error', onExit);
    worker.send(job);
  });
}

export interface Run {
  readonly task: Task;
  readonly keep: boolean;
}

/** Trains every task, as many at a time as there are cores, and at most four. Results come in the order of the tasks. */
export async function trainAll(
  runs: readonly Run[],
  onProgress: (task: Task, progress: Progress) => void,
): Promise<TrainingResult[]> {
  const results: TrainingResult[] = [];
  const waiting = [...runs.entries()];
  const workers = Array.from({ length: Math.min(runs.length, availableParallelism(), 4) }, startWorker);
  const drain = async (worker: ChildProcess) => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [i, { task, keep }] = next;
      const report = await ask(worker, { kind: 'train', task, keep }, (progress) => onProgress(task, progress));
      if (report.kind === 'trained') results[i] = report.result;
    }
  };
  try {
    await Promise.all(workers.map(drain));
  } finally {
    for (const worker of workers) worker.kill();
  }
  return results;
}

/** Predictions of a saved model, made by a process that has never seen it. */
export async function predictInNewProcess(folder: string, task: Task): Promise<Float32Array> {
  const worker = startWorker();
  try {
    const report = await ask(worker, { kind: 'predict', task, folder }, () => {});
    return report.kind === 'predicted' ? report.predictions : new Float32Array();
  } finally {
    worker.kill();
  }
}
