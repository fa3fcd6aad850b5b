import type { Training } from '../task.js';
import type { Listener } from '../train.js';
import type { PageBackend, Report, Request } from './protocol.js';

/** The page's side of its workers. */

/** Starts a worker, gives it one request, and ends it when it is done, failed or aborted. */
function ask(request: Request, signal: AbortSignal, onReport: (report: Report) => void): Promise<void> {
  const worker = new Worker('/worker.js');
  const answered = new Promise<void>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    worker.onerror = ({ message }) =>
      reject(new Error(message || 'The worker did not start: is the server still there?'));
    worker.onmessage = ({ data }: MessageEvent<Report>) => {
      if (data.kind === 'failed') reject(new Error(data.reason));
      else if (data.kind === 'done') resolve();
      else onReport(data);
    };
  });
  worker.postMessage(request);
  return answered.finally(() => worker.terminate());
}

/** Tries every backend; tells of each as soon as it is known. */
export function probeBackends(found: (backend: PageBackend, unavailable: string | null) => void): Promise<void> {
  return ask({ kind: 'probe' }, new AbortController().signal, (report) => {
    if (report.kind === 'backend') found(report.backend, report.unavailable);
  });
}

/** Trains a model in a worker of its own: the page stays alive, and two models have a core each. */
export function trainInWorker(
  task: Training,
  backend: PageBackend,
  signal: AbortSignal,
  listener: Required<Listener>,
): Promise<void> {
  return ask({ kind: 'train', task, backend }, signal, (report) => {
    if (report.kind === 'progress') listener.progress(report.progress);
    if (report.kind === 'epoch') listener.epoch(report.epoch);
  });
}
