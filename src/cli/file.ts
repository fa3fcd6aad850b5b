import { createReadStream } from 'node:fs';
import { type Host, UsageError } from './host.js';

/** Facts take a few hundred bytes; this much is another file. */
const MOST = 1_000_000;

const EXAMPLE = '{ "architecture": "cnn", "batchSize": 4 }';
const ADVICE = `Give a JSON file like ${EXAMPLE}, - for standard input, or flags.`;

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
};

async function read(stream: Host['stdin'], name: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk;
    size += bytes.length;
    // Stops here: the rest is not read, however long it is.
    if (size > MOST) throw new UsageError(`${name} is larger than 1 MB, too large for facts. ${ADVICE}`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

async function readFile(path: string, name: string): Promise<Uint8Array> {
  try {
    return await read(createReadStream(path), name);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code) throw new UsageError(`${name} cannot be read: ${REASONS[code] ?? code}. ${ADVICE}`);
    throw error;
  }
}

function parse(bytes: Uint8Array, name: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new UsageError(`${name} is not JSON (${(error as Error).message}). ${ADVICE}`);
  }
}

/** The JSON object of a file, `-` for standard input: single values by name. What they mean is not asked here. */
export async function readValues(path: string, stdin: Host['stdin']): Promise<object> {
  const name = path === '-' ? 'standard input' : path;
  const found = parse(await (path === '-' ? read(stdin, name) : readFile(path, name)), name);
  if (typeof found !== 'object' || found === null || Array.isArray(found)) {
    throw new UsageError(`${name} holds no JSON object. ${ADVICE}`);
  }
  // A list may be nested so deeply that no message could quote it.
  const nested = Object.entries(found).find(([, value]) => typeof value === 'object' && value !== null);
  if (nested) throw new UsageError(`${nested[0]} in ${name} holds a list or an object; a fact is one value. ${ADVICE}`);
  return found;
}
