import { type Say, SetupProblem } from './part.js';
import { available, run, tryThrice } from './shell.js';

/** Debian's packages, where this process may install them; else the sentence that says what to do. */
export async function aptInstall(packages: readonly string[], remedy: string, say: Say): Promise<void> {
  if (process.getuid?.() !== 0 || !available('apt-get')) throw new SetupProblem(remedy);
  say(`apt-get install ${packages.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['install', '-y', '-qq', '--no-install-recommends', ...packages];
  try {
    await tryThrice(async () => {
      await run('apt-get', ['update', '-qq'], { env });
      await run('apt-get', install, { env });
    });
  } catch (error) {
    throw new SetupProblem(`${remedy}\n${error instanceof Error ? error.message : error}`);
  }
}
