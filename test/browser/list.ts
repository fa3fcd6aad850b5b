import { parseArgs } from 'node:util';
import type { Suite } from '../suites/harness.js';
import { type Run, runNamed } from './runs.js';

/** Checks run one after the other from a command line, failures and counts printed. */

type RunOne = (suite: string, at: number, name: string) => Promise<void>;

interface Request {
  /** The run's name, for the count. */
  readonly on: string;
  readonly filter: RegExp;
  readonly verbose: boolean;
}

export function asked(backend: string): Request & { readonly run: Run } {
  const { values } = parseArgs({
    options: {
      backend: { type: 'string', default: backend },
      filter: { type: 'string', default: '' },
      verbose: { type: 'boolean', default: false },
    },
  });
  const run = runNamed(values.backend);
  return { run, on: run.name, filter: new RegExp(values.filter), verbose: values.verbose };
}

/** Runs what matches `suite: check`, and answers with the number of failures. */
export async function runList({ on, filter, verbose }: Request, lists: readonly Suite[], one: RunOne): Promise<number> {
  let [passed, failed] = [0, 0];
  for (const { name: suite, checks } of lists) {
    const started = Date.now();
    for (const [at, { name }] of checks.entries()) {
      if (!filter.test(`${suite}: ${name}`)) continue;
      const start = Date.now();
      try {
        await one(suite, at, name);
        passed++;
      } catch (error) {
        failed++;
        console.log(`✗ ${suite}: ${name}\n  ${error instanceof Error ? error.message : error}`);
      }
      if (verbose) console.log(`${Date.now() - start} ms  ${suite}: ${name}`);
    }
    console.log(`  ${suite}: ${((Date.now() - started) / 1000).toFixed(1)} s`);
  }
  console.log(`on ${on}: ${passed} passed, ${failed} failed`);
  return failed;
}
