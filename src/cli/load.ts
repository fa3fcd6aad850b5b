import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { UsageError } from './host.js';

const CORE = '@tensorflow/tfjs-core';

/** The file of the host that a module gets; undefined where it finds none. */
function hostOf(from: string): string | undefined {
  try {
    return realpathSync(createRequire(from).resolve(CORE));
  } catch {
    return undefined; // It may come by way of another package: nothing to compare.
  }
}

/**
 * Imports a module of the user's. Its models and our layers must be of one tfjs: with a second copy beside it every tensor would be
 * a stranger to the other.
 */
export async function load(path: string): Promise<object> {
  const [theirs, ours] = [hostOf(path), hostOf(import.meta.url)];
  if (theirs !== undefined && ours !== undefined && theirs !== ours) {
    throw new UsageError(
      `${path} gets ${CORE} from ${theirs}, this program from ${ours}. ` +
        'Install tfjs-normalization in the project of the module, and run it there.',
    );
  }
  return import(pathToFileURL(path).href);
}
