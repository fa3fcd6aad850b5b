import { readFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';

/** Pages of this repository, bundled and served on the loopback interface only: the tests' page and the demo. */

const WASM = 'node_modules/@tensorflow/tfjs-backend-wasm/dist';

/** Shared memory, and with it threads, is given only to a page that isolates itself. */
const ISOLATED = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export interface Content {
  readonly type: string;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A script and all it imports, as one text. */
export async function bundle(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(process.cwd(), entry)],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'error',
    define: { global: 'globalThis' },
  });
  return (outputFiles[0] as { text: string }).text;
}

/** The binaries of tfjs's wasm backend, under `/wasm/`. */
export function wasmBinary(path: string): Content | undefined {
  const name = /^\/wasm\/([\w-]+\.wasm)$/.exec(path)?.[1];
  return name ? { type: 'application/wasm', body: readFileSync(join(process.cwd(), WASM, name)) } : undefined;
}

export interface ServeOptions {
  /** 0 is any that is free. */
  readonly port?: number;
  /** Gets what `contentOf` does not have; true where it answers. */
  readonly other?: (path: string, response: ServerResponse) => boolean;
}

type Served = { readonly server: Server; readonly address: string };

export async function serve(
  contentOf: (path: string) => Content | undefined,
  { port = 0, other = () => false }: ServeOptions = {},
): Promise<Served> {
  const server = createServer(({ url = '/' }, response) => {
    const path = url.replace(/[?#].*/s, '');
    const content = contentOf(path);
    if (!content && other(path, response)) return;
    response.writeHead(content ? 200 : 404, {
      ...ISOLATED,
      ...(content ? { 'Content-Type': content.type, ...content.headers } : {}),
    });
    response.end(content?.body);
  });
  await new Promise<void>((listening, failed) =>
    server.once('error', failed).listen(port, '127.0.0.1', () => listening()),
  );
  return { server, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}
