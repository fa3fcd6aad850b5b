import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { SetupProblem } from './part.js';

/** Longer than any set-up takes: of a process on another machine that shares the folder nothing else is known. */
const STALE = 20 * 60_000;
/** A lock that was just made may not hold its name yet; one that guards a removal is held for moments. */
const [FRESH, MOMENTS] = [1000, 10_000];

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;
const own = `${process.pid} ${hostname()}`;

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM'; // somebody else's
  }
};

const ageOf = async (file: string) => Date.now() - (await stat(file)).mtimeMs;

async function isAbandoned(file: string): Promise<boolean> {
  try {
    const [[pid, host], age] = [(await readFile(file, 'utf8')).split(' '), await ageOf(file)];
    if (age < FRESH) return false;
    return host === hostname() ? !isAlive(Number(pid)) : age > STALE;
  } catch {
    return false; // gone in this moment
  }
}

/** Makes a file that is not there: of several processes one can. */
async function claim(file: string): Promise<boolean> {
  try {
    await writeFile(file, own, { flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Removes an abandoned lock, one process at a time: or it might be the next one's by then. */
async function clear(file: string): Promise<void> {
  const guard = `${file}-clear`;
  if (!(await claim(guard))) {
    const age = await ageOf(guard).catch(() => 0);
    if (age > MOMENTS) await rm(guard, { force: true });
    return;
  }
  try {
    if (await isAbandoned(file)) await rm(file, { force: true });
  } finally {
    await rm(guard, { force: true });
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    const reason = codeOf(error) ?? `${error}`;
    throw new SetupProblem(`${folder} cannot be made (${reason}). Name another folder by TFJS_NODE_CACHE.`);
  }
}

/** One process at a time in a folder: two set-ups at once share one download. */
export async function locked<T>(folder: string, work: () => Promise<T>, pause = 300): Promise<T> {
  await makeFolder(folder);
  const file = join(folder, '.setup-lock');
  while (!(await claim(file))) {
    if (await isAbandoned(file)) await clear(file);
    await wait(pause);
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}
