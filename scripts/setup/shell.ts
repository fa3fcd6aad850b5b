import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { SetupProblem } from './part.js';

interface Where {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a program and answers with what it wrote; one that fails throws the end of what it said. */
export function run(program: string, args: readonly string[], { cwd, env = process.env }: Where = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, all] = ['', ''];
    child.stdout.on('data', (text) => {
      out += text;
      all += text;
    });
    child.stderr.on('data', (text) => {
      all += text;
    });
    child.once('error', ({ message }) => reject(new SetupProblem(message)));
    child.once('close', (code, signal) => {
      if (code === 0) resolve(out);
      else reject(new SetupProblem(`${program} ended with ${code ?? signal}: ${all.trim().slice(-1500)}`));
    });
  });
}

/** Whether it succeeds, whatever it says. */
export const succeeds = (program: string, args: readonly string[]): Promise<boolean> =>
  run(program, args).then(
    () => true,
    () => false,
  );

/** Whether a program of that name is on the path. */
export function available(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Networks fail for a moment: three tries, five and ten seconds apart. */
export async function tryThrice<T>(work: () => Promise<T>, pause = 5000): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === 3) throw error;
      await wait(attempt * pause);
    }
  }
}
