import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import { readFixtures } from './fixtures.js';

/** The page's server, on the loopback interface only. */

const WASM = 'node_modules/@tensorflow/tfjs-backend-wasm/dist';

/** Shared memory, and with it threads, is given only to a page that isolates itself. */
const ISOLATED = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** With an icon, which the browser would ask for. */
const PAGE = '<!doctype html><meta charset=utf-8><link rel=icon href=data:,><script src=page.js></script>';

type Content = readonly [type: string, body: () => string | Buffer];

async function bundle(entry: string): Promise<string> {
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

function contentOf(url: string, script: string): Content | undefined {
  if (url === '/') return ['text/html', () => PAGE];
  if (url === '/page.js') return ['text/javascript', () => script];
  if (url === '/fixtures.json') return ['application/json', () => JSON.stringify(readFixtures())];
  const wasm = /^\/wasm\/([\w-]+\.wasm)$/.exec(url)?.[1];
  return wasm ? ['application/wasm', () => readFileSync(join(process.cwd(), WASM, wasm))] : undefined;
}

/** Serves a page whose script is made of `entry`. */
export async function serve(entry = 'test/browser/page.ts'): Promise<{ server: Server; address: string }> {
  const script = await bundle(entry);
  const server = createServer(({ url = '/' }, response) => {
    const content = contentOf(url, script);
    response.writeHead(content ? 200 : 404, { ...ISOLATED, ...(content ? { 'Content-Type': content[0] } : {}) });
    response.end(content?.[1]());
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return { server, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}
