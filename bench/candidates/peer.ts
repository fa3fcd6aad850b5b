import type { Absent, CandidateName } from './types.js';

const INSTALL = 'not installed: npm ci --prefix bench --ignore-scripts';

const isMissing = (error: unknown) =>
  ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'].includes((error as NodeJS.ErrnoException).code ?? '');

/**
 * A package of `bench/node_modules`. Peers are no dependencies of ours: the benchmark must run, and its types be
 * checked, on a machine without them; hence a name that the compiler cannot follow, and types written down where they are used.
 */
export async function importPeer<T>(name: string): Promise<T | undefined> {
  try {
    return (await import(name)) as T;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

export const notInstalled = (name: CandidateName): Absent => ({ name, why: INSTALL });
