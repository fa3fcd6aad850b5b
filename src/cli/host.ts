import picocolors from 'picocolors';

/** Where text goes: a stream of the process, or a test's. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** All that the command line knows of the process it runs in. */
export interface Host {
  readonly stdin: AsyncIterable<Uint8Array | string>;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** Imports a module of the user's own, by its path: the one way in which anything of theirs runs. */
  load(path: string): Promise<object>;
  /** Has something cleared away when the user stops the program. Returns the undo. */
  onStop(clear: () => void): () => void;
}

/** The command did its work, and the answer is not the one that is hoped for. */
export class Outcome extends Error {
  constructor(readonly exitCode: 1) {
    super(`exit code ${exitCode}`);
  }
}

/** What the user can put right: told in one line, without a stack. */
export class UsageError extends Error {}

export type Colors = ReturnType<typeof picocolors.createColors>;

/** NO_COLOR decides, then FORCE_COLOR, then whether somebody looks at it. */
function hasColors({ isTTY }: Output, { NO_COLOR, FORCE_COLOR, TERM }: Host['env']): boolean {
  if (NO_COLOR || FORCE_COLOR === '0' || FORCE_COLOR === 'false') return false;
  return Boolean(FORCE_COLOR) || (isTTY === true && TERM !== 'dumb');
}

export const colorsFor = (output: Output, env: Host['env']): Colors => picocolors.createColors(hasColors(output, env));

/** Lines longer than these are hard to read, however wide the terminal is. */
const [NARROW, USUAL, WIDE] = [40, 80, 100];

export const widthOf = ({ isTTY, columns }: Output): number =>
  isTTY && columns ? Math.min(WIDE, Math.max(NARROW, columns)) : USUAL;
