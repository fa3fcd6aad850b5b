import { parseArgs } from 'node:util';
import type { Suite } from '../suites/harness.js';
import { type Run, runNamed } from './runs.js';

/** Checks run one after the other from a command line, failures and counts printed. */

type RunOne = (suite: string, at: number, name: string) => Promise<void>;

interface Asked {
  readonly run: Run;
  readonly filter: RegExp;
  readonly verbose: boolean;
}

export function asked(backend: string): Asked {
  const { values } = parseArgs({
    options: {
      backend: { type: 'string', default: backend },
      filter: { type: 'string', default: '' },
      verbose: { type: 'boolean', default: false },
    },
  });
  return { run: runNamed(values.backend), filter: new RegExp(values.filter), verbose: values.verbose };
}

/** Runs what matches `suite: check`, and answers with the number of failures. */
export async function runList({ run, filter, verbose }: Asked, lists: readonly Suite[], one: RunOne): Promise<number> {
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
  console.log(`on ${run.name}: ${passed} passed, ${failed} failed`);
  return failed;
}
