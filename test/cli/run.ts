import { Readable } from 'node:stream';
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
  const code = await main(args, { ...streams, env, version: '1.2.3' });
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

/** Runs such a line as a shell would. */
export function runLine(line: string): Promise<Ended> {
  const [, piped, rest = ''] = /^(?:echo ('[^']*') \| )?(?:npx )?tfjs-normalization\b(.*)$/.exec(line) ?? [];
  return cli(words(rest), { stdin: piped ? words(piped)[0] : '' });
}
