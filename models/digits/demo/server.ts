import { readFileSync } from 'node:fs';
import type { Server, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { bundle, type Content, serve, wasmBinary } from '../../../scripts/server.js';

/** The demo's server. The page holds a connection open, so that it is known when the last one has gone. */

const FOLDER = 'models/digits/demo';
const MINUTE = 60_000;

/** Nothing from elsewhere can be loaded, whatever a later change asks for. */
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; connect-src 'self'; " +
  "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const CLOSED = { 'Content-Security-Policy': POLICY, 'Cache-Control': 'no-store' };

type Make = () => Content;

async function contents(): Promise<ReadonlyMap<string, Make>> {
  const read = (name: string) => readFileSync(join(process.cwd(), FOLDER, name));
  const [page, worker] = await Promise.all(['page', 'worker'].map((name) => bundle(`${FOLDER}/${name}.ts`)));
  const script = (body = ''): Content => ({ type: 'text/javascript; charset=utf-8', body, headers: CLOSED });
  const packed = { ...CLOSED, 'Content-Encoding': 'gzip' };
  return new Map<string, Make>([
    ['/', () => ({ type: 'text/html; charset=utf-8', body: read('index.html'), headers: CLOSED })],
    ['/style.css', () => ({ type: 'text/css; charset=utf-8', body: read('style.css'), headers: CLOSED })],
    ['/page.js', () => script(page)],
    ['/worker.js', () => script(worker)],
    ['/digits.csv', () => ({ type: 'text/csv', body: read('../digits.csv.gz'), headers: packed })],
  ]);
}

interface Presence {
  accept(path: string, response: ServerResponse): boolean;
  stop(): void;
}

/** Calls `gone` when no page has been there for `minutes`. */
function presence(minutes: number, gone: () => void): Presence {
  let open = 0;
  const wait = () => setTimeout(gone, minutes * MINUTE);
  let timer = wait();
  return {
    accept(path, response) {
      if (path !== '/present') return false;
      open++;
      clearTimeout(timer);
      response.writeHead(200, { 'Content-Type': 'text/event-stream', ...CLOSED });
      response.write(':\n\n');
      response.on('close', () => {
        open--;
        if (open === 0) timer = wait();
      });
      return true;
    },
    stop: () => clearTimeout(timer),
  };
}

export interface Demo {
  readonly address: string;
  close(): void;
  /** Why it stopped. */
  readonly ended: Promise<string>;
}

export interface DemoOptions {
  readonly port?: number;
  /** With a page. */
  readonly minutes?: number;
  /** Without one. */
  readonly idleMinutes?: number;
}

/** Serves the page until it is closed, nobody looks at it any more, or a time is over. */
export async function serveDemo({ port = 0, minutes = 120, idleMinutes = 10 }: DemoOptions = {}): Promise<Demo> {
  const made = await contents();
  let server: Server | undefined;
  let end: (why: string) => void = () => {};
  const ended = new Promise<string>((resolve) => {
    end = resolve;
  });
  const stop = (why: string) => {
    visitors.stop();
    clearTimeout(limit);
    server?.closeAllConnections();
    server?.close(() => end(why));
  };
  const visitors = presence(idleMinutes, () => stop(`no page was open for ${idleMinutes} minutes`));
  const limit = setTimeout(() => stop(`${minutes} minutes are over`), minutes * MINUTE);
  try {
    const served = await serve((path) => made.get(path)?.() ?? wasmBinary(path), { port, other: visitors.accept });
    server = served.server;
    return { address: served.address, close: () => stop('asked to'), ended };
  } catch (error) {
    visitors.stop();
    clearTimeout(limit);
    throw error;
  }
}
