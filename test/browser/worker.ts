/** The page's script in a dedicated worker, asked as Node asks the page: a canvas there is an OffscreenCanvas. */

type Call = readonly [name: string, ...args: unknown[]];
type Functions = Readonly<Record<string, (...args: never[]) => Promise<unknown>>>;

/** In a worker: answers messages. */
export function answer(calls: Functions): void {
  if (typeof document !== 'undefined') return;
  addEventListener('message', async ({ data: [name, ...args] }: MessageEvent<Call>) => {
    try {
      postMessage({ value: await calls[name]?.(...(args as never[])) });
    } catch (error) {
      postMessage({ failure: `${error}` });
    }
  });
}

function caller(worker: Worker) {
  return (...call: Call) =>
    new Promise<unknown>((resolve, reject) => {
      worker.onerror = ({ message }) => reject(new Error(`the worker failed: ${message}`));
      worker.onmessage = ({ data }) => (data.failure ? reject(new Error(data.failure)) : resolve(data.value));
      worker.postMessage(call);
    });
}

/** Runs the matching checks of a suite in a worker of its own; what failed, by name. */
export async function inWorker(run: string, suite: string, filter: RegExp): Promise<string[]> {
  const worker = new Worker('/page.js');
  try {
    const call = caller(worker);
    const names = (await call('start', run, suite)) as string[];
    if (!names.some((name) => filter.test(name))) throw new Error(`no check of ${suite} matches ${filter}`);
    const failures: string[] = [];
    for (const [at, name] of names.entries()) {
      const failure = filter.test(name) ? await call('check', suite, at, name) : null;
      if (failure) failures.push(`${name}: ${failure}`);
    }
    return failures;
  } finally {
    worker.terminate();
  }
}
