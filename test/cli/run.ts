import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { transformSync } from '@swc/core';
import type { Output } from '../../src/cli/host.js';
import { main } from '../../src/cli/main.js';

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Around {
  readonly stdin?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  /** Columns of a terminal; absent, there is none. */
  readonly terminal?: number;
}

/** A module of the user's with this process's tfjs: jest cannot import a module by its path. */
async function load(path: string): Promise<object> {
  const { code } = transformSync(readFileSync(path, 'utf8'), { swcrc: false, module: { type: 'commonjs' } });
  const exports = {};
  new Function('exports', 'require', code)(exports, require);
  return exports;
}

/** What a host has of its process, where there is none of its own. */
export const processLess = { load, onStop: () => () => {} };

/** Runs a command line in this process, with streams of its own. */
export async function cli(args: readonly string[], { stdin = '', env = {}, terminal }: Around = {}): Promise<Ended> {
  const texts = { stdout: '', stderr: '' };
  const screen = terminal === undefined ? {} : { isTTY: true, columns: terminal };
  const output = (name: keyof typeof texts): Output => ({
    ...screen,
    write: (text) => {
      texts[name] += text;
    },
  });
  const streams = { stdin: Readable.from([stdin]), stdout: output('stdout'), stderr: output('stderr') };
  const code = await main(args, { ...streams, ...processLess, env, version: '1.2.3' });
  return { code, ...texts };
}

/** Words of a line as a shell reads them; single quotes only. */
const words = (line: string): string[] => [...line.matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word);

/** Lines of a text that run the program, `npx` or a pipe before it. */
export const linesIn = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.replace(/ #.*/, '').trim())
    .filter((line) => /^(npx |echo '[^']*' \| (npx )?)?tfjs-normalization( |$)/.test(line));

/** Runs such a line as a shell would: `echo` or one program into the next. */
export async function runLine(line: string): Promise<Ended> {
  let ended: Ended = { code: 0, stdout: '', stderr: '' };
  for (const part of line.split(' | ')) {
    const [first = '', ...rest] = words(part.replace(/^npx /, ''));
    ended = first === 'echo' ? { ...ended, stdout: rest.join(' ') } : await cli(rest, { stdin: ended.stdout });
    if (ended.code !== 0) return ended;
  }
  return ended;
}
