import { importPeer } from './candidates/peer.js';

/** Takes the time of one execution, in milliseconds. */
export type Collect = (execute: () => unknown, asynchronous: boolean) => Promise<number>;

/** The part of tinybench's interface that is used here. */
interface Tinybench {
  readonly Bench: new (
    options: object,
  ) => {
    add(name: string, execute: () => unknown, options: { async: boolean }): unknown;
    run(): Promise<unknown>;
    runSync(): unknown;
    readonly tasks: readonly { readonly result: object }[];
  };
}

/** A round is one sample of one candidate, since tinybench itself would finish one candidate before the next. */
const ONE_SAMPLE = { iterations: 1, time: 0, warmup: false, retainSamples: true, throws: true };

interface Latency {
  readonly latency: { readonly samples: readonly number[] };
}

function tinybench({ Bench }: Tinybench): Collect {
  return async (execute, asynchronous) => {
    const bench = new Bench(ONE_SAMPLE);
    bench.add('sample', execute, { async: asynchronous });
    if (asynchronous) await bench.run();
    else bench.runSync();
    const { latency } = (bench.tasks[0] as (typeof bench.tasks)[number]).result as Latency;
    return latency.samples[0] as number;
  };
}

/** A clock before and after: for the gate, which is to run without the peers. */
export const clock: Collect = async (execute, asynchronous) => {
  const started = performance.now();
  const running = execute();
  if (asynchronous) await running;
  return performance.now() - started;
};

export async function collector(): Promise<{ collect: Collect; by: string }> {
  const found = await importPeer<Tinybench>('tinybench');
  return found ? { collect: tinybench(found), by: 'tinybench' } : { collect: clock, by: 'performance.now' };
}
