import { execFile } from 'node:child_process';
import { resolve } from 'node:path';

const root = resolve(__dirname, '../..');

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the main job as `npm start` does, and waits for its end. */
export function runJob(...flags: string[]): Promise<Ended> {
  const args = ['--import', 'tsx', 'models/digits/main.ts', ...flags];
  return new Promise((done) => {
    execFile(process.execPath, args, { cwd: root }, (error, stdout, stderr) => {
      done({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr });
    });
  });
}

/** The rows of the printed table by norm: error, seconds and parameters as they stand there. */
export function tableOf(stdout: string): Record<string, string[]> {
  const rows = stdout.split('\n').filter((line) => line.startsWith('│'));
  const cells = rows.map((line) =>
    line
      .split('│')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  return Object.fromEntries(cells.map(([norm, ...rest]) => [norm, rest]));
}
