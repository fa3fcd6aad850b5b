/** Where a new model goes, and how: whole or not at all, and never over the one it was made from. */
import { randomUUID } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { lstat, mkdir, readdir, realpath, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { type Host, UsageError } from './host.js';
import { modelFile } from './model.js';

/** A folder that a model is to be in. */
export interface Place {
  readonly folder: string;
  /** Whether other files are there, which stay. */
  readonly isTaken: boolean;
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? String(error);

/** The folder behind links; of one that is not there yet, where it will be. */
async function realFolder(path: string, named: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    try {
      return join(await realpath(dirname(path)), basename(path));
    } catch (error) {
      throw new UsageError(`${named} cannot be made: ${dirname(path)} is not there (${codeOf(error)}). Make it first.`);
    }
  }
}

/** `new`, `empty` or `taken`. */
async function stateOf(folder: string, named: string): Promise<'new' | 'empty' | 'taken'> {
  try {
    if (!(await lstat(folder)).isDirectory()) throw new UsageError(`${named} is no folder. Name a new one.`);
    return (await readdir(folder)).length > 0 ? 'taken' : 'empty';
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 'new';
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${named} cannot be read: ${codeOf(error)}. Name a new folder.`);
  }
}

const isWithin = (inner: string, outer: string): boolean => `${inner}${sep}`.startsWith(outer.replace(/[\\/]?$/, sep));

/**
 * Checks where a model is to go before any work is done.
 *
 * @throws UsageError for the folder of the model itself, one around it, and one that holds something, unless `force`.
 */
export async function placeFor(named: string, input: string, force: boolean): Promise<Place> {
  if (named === '') throw new UsageError('the new folder must have a name.');
  if (/[.]json[\\/]*$/.test(named)) throw new UsageError(`${named} would be read as a model file. Name a folder.`);
  const folder = await realFolder(resolve(named), named);
  const source = dirname(await realpath(modelFile(input)).catch(() => resolve(modelFile(input))));
  const linked = await realFolder(dirname(resolve(modelFile(input))), input);
  const state = await stateOf(folder, named);
  for (const home of [source, linked]) {
    if (isWithin(home, folder)) {
      throw new UsageError(`${named} holds the model that is read, which is never written over. Name a new folder.`);
    }
    if (state === 'taken' && isWithin(folder, home)) {
      throw new UsageError(`${named} belongs to the model that is read, which is never changed. Name a new folder.`);
    }
  }
  if (state === 'taken' && !force) {
    throw new UsageError(`${named} is not empty. Name a new folder, or replace the model in it with --force.`);
  }
  return { folder, isTaken: state === 'taken' };
}

/** Writes beside the new folder, and renames: until then there is nothing, after it all. */
async function writeNew(host: Host, folder: string, save: (folder: string) => Promise<unknown>): Promise<void> {
  const temporary = join(dirname(folder), `.${basename(folder)}.${randomUUID()}.tmp`);
  const undo = host.onStop(() => rmSync(temporary, { recursive: true, force: true }));
  try {
    await mkdir(temporary);
    await save(temporary);
    await rmdir(folder).catch(() => {}); // An empty one; not every system renames over it.
    await rename(temporary, folder);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  } finally {
    undo();
  }
}

/** Replaces the model in a folder in one step; a file that is half written then goes with the program. */
async function replace(host: Host, folder: string, save: (folder: string) => Promise<unknown>): Promise<void> {
  const before = new Set(await readdir(folder));
  const undo = host.onStop(() => {
    const halves = readdirSync(folder).filter((name) => name.endsWith('.tmp') && !before.has(name));
    for (const name of halves) rmSync(join(folder, name), { force: true });
  });
  try {
    await save(folder);
  } finally {
    undo();
  }
}

/** Has `save` write a model into a folder. */
export async function write(host: Host, place: Place, save: (folder: string) => Promise<unknown>): Promise<void> {
  try {
    if (place.isTaken) await replace(host, place.folder, save);
    else await writeNew(host, place.folder, save);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new UsageError(`${place.folder} cannot be written, and is as before: ${message}.`);
  }
}
