import { createReadStream } from 'node:fs';
import { type Host, UsageError } from './host.js';

/** What a file is to hold. */
export interface Wanted {
  /** More bytes than these are another file. */
  readonly most: number;
  /** For what a larger file is too large. */
  readonly name: string;
  readonly advice: string;
}

const EXAMPLE = '{ "architecture": "cnn", "batchSize": 4 }';
const ADVICE = `Give a JSON file like ${EXAMPLE}, - for standard input, or flags.`;
/** Facts take a few hundred bytes. */
const FACTS_FILE: Wanted = { most: 1_000_000, name: 'facts', advice: ADVICE };

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
};

async function read(stream: Host['stdin'], name: string, wanted: Wanted): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk;
    size += bytes.length;
    // Stops here: the rest is not read, however long it is.
    if (size > wanted.most) {
      const limit = `${name} is larger than ${wanted.most / 1e6} MB, too large for ${wanted.name}`;
      throw new UsageError(`${limit}. ${wanted.advice}`);
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/** The bytes of a file. */
export async function readBytes(path: string, wanted: Wanted): Promise<Uint8Array> {
  try {
    return await read(createReadStream(path), path, wanted);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code) throw new UsageError(`${path} cannot be read: ${REASONS[code] ?? code}. ${wanted.advice}`);
    throw error;
  }
}

function parse(bytes: Uint8Array, name: string, { advice }: Wanted): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new UsageError(`${name} is not JSON (${(error as Error).message}). ${advice}`);
  }
}

/** The JSON object of a file, `-` for standard input. */
export async function readObject(
  path: string,
  stdin: Host['stdin'],
  wanted: Wanted,
): Promise<Readonly<Record<string, unknown>>> {
  const name = path === '-' ? 'standard input' : path;
  const found = parse(await (path === '-' ? read(stdin, name, wanted) : readBytes(path, wanted)), name, wanted);
  if (typeof found === 'object' && found !== null && !Array.isArray(found)) return found as Record<string, unknown>;
  throw new UsageError(`${name} holds no JSON object. ${wanted.advice}`);
}

/** Facts of a file, `-` for standard input: single values by name. What they mean is not asked here. */
export async function readValues(path: string, stdin: Host['stdin']): Promise<object> {
  const found = await readObject(path, stdin, FACTS_FILE);
  // A list may be nested so deeply that no message could quote it.
  const nested = Object.entries(found).find(([, value]) => typeof value === 'object' && value !== null);
  const name = path === '-' ? 'standard input' : path;
  if (nested) throw new UsageError(`${nested[0]} in ${name} holds a list or an object; a fact is one value. ${ADVICE}`);
  return found;
}
