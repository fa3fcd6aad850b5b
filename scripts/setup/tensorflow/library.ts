import { existsSync } from 'node:fs';
import { mkdtemp, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Say } from '../part.js';
import { run } from '../shell.js';
import { EXTENSION, FRAMEWORK, unpackWheel } from './wheel.js';

/** A version of TensorFlow in the cache: `lib/libtensorflow.so` leads to the main library. */

const STUB = 'libtfpystub.so';
const COMPLETE = '.complete';

/** The names of Python's interface that `nm -D --undefined-only` lists, each once. */
export function pythonNames(symbols: string): string[] {
  const names = symbols.matchAll(/ U (_?Py[A-Z_]\w*)/g);
  return [...new Set([...names].map(([, name]) => name as string))].sort();
}

/**
 * The extension refers to Python, and nothing behind the C interface calls it; but the loader wants the names of its
 * data. A library of zeros has them.
 */
async function makeStub(folder: string): Promise<void> {
  const source = join(folder, 'stub.c');
  const names = pythonNames(await run('nm', ['-D', '--undefined-only', join(folder, 'lib', EXTENSION)]));
  await writeFile(source, names.map((name) => `char ${name}[512];\n`).join(''));
  const named = `-Wl,-soname,${STUB}`;
  await run('g++', ['-x', 'c', '-shared', '-fPIC', named, '-o', join(folder, 'lib', STUB), source]);
  await rm(source);
}

/** Makes it beside its place, then moves it there: what is in its place is complete. */
async function make(version: string, folder: string, cache: string, say: Say): Promise<void> {
  const fresh = await mkdtemp(join(cache, 'tmp-'));
  try {
    say(`fetching TensorFlow ${version} with pip (some 210 MB)`);
    const main = await unpackWheel(version, fresh);
    // Only dynamic symbols are used: without the others it is 100 MB less.
    await run('strip', ['--strip-unneeded', join(fresh, 'lib', main), join(fresh, 'lib', FRAMEWORK)]);
    if (main === EXTENSION) await makeStub(fresh);
    await symlink(main, join(fresh, 'lib/libtensorflow.so'));
    await writeFile(join(fresh, COMPLETE), '');
    await rm(folder, { recursive: true, force: true });
    await rename(fresh, folder);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

export interface Library {
  readonly folder: string;
  /** The compiler's last words: what an addon is linked with. */
  readonly link: readonly string[];
}

/** From the cache, or made. */
export async function libraryOf(version: string, cache: string, say: Say): Promise<Library> {
  const folder = join(cache, `tf-${version}`);
  if (!existsSync(join(folder, COMPLETE))) await make(version, folder, cache, say);
  const lib = join(folder, 'lib');
  const main = await readlink(join(lib, 'libtensorflow.so'));
  const stub = existsSync(join(lib, STUB)) ? ['-Wl,--no-as-needed', `-L${lib}`, '-ltfpystub'] : [];
  return { folder, link: [...stub, join(lib, main), join(lib, FRAMEWORK)] };
}
