import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** Longer than any set-up takes: the process that held it may have been on another machine that shares the folder. */
const STALE = 20 * 60_000;

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // somebody else's
  }
};

async function isAbandoned(file: string): Promise<boolean> {
  try {
    const [pid, { mtimeMs }] = [Number(await readFile(file, 'utf8')), await stat(file)];
    // Just made, it may not hold its number yet.
    if (Date.now() - mtimeMs < 1000) return false;
    return !(pid > 0 && isAlive(pid)) || Date.now() - mtimeMs > STALE;
  } catch {
    return false; // gone in this moment
  }
}

/** One process at a time in a folder: two set-ups at once share one download. */
export async function locked<T>(folder: string, work: () => Promise<T>, pause = 300): Promise<T> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, '.setup-lock');
  for (;;) {
    try {
      await writeFile(file, `${process.pid}`, { flag: 'wx' });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (await isAbandoned(file)) await rm(file, { force: true });
      else await wait(pause);
    }
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}
