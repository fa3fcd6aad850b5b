import { launch } from '../../test/browser/chromium.js';
import { serve } from '../../test/browser/server.js';
import type { GpuBackend } from '../candidates/types.js';
import type { Adapter } from './adapter.js';
import { openDawn } from './dawnSession.js';
import type { Calls, Figures } from './device.js';

export const HOSTS = ['page', 'dawn'] as const;
export type Host = (typeof HOSTS)[number];

/** One backend started somewhere. */
export interface Session {
  readonly adapter: Adapter;
  measure(name: string, rounds: number): Promise<Figures>;
  close(): Promise<void>;
}

type Window = { readonly calls: Calls };

/** Chromium with a page of its own, drawn by SwiftShader. */
async function openPage(backend: GpuBackend): Promise<Session> {
  const [browser, { server, address }] = await Promise.all([launch(), serve('bench/gpu/page.ts')]);
  const close = async () => {
    await browser.close();
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  };
  try {
    const page = await browser.newPage();
    page.on('pageerror', (error) => process.stderr.write(`[page] ${error.stack ?? error}\n`));
    await page.goto(address);
    const start = (name: GpuBackend) => (globalThis as unknown as Window).calls.start(name);
    const adapter = await page.evaluate(start, backend);
    const call = (asked: [string, number]) => (globalThis as unknown as Window).calls.measure(...asked);
    return { adapter, close, measure: (name, rounds) => page.evaluate(call, [name, rounds] as [string, number]) };
  } catch (error) {
    await close();
    throw error;
  }
}

export const openSession = (host: Host, backend: GpuBackend): Promise<Session> =>
  host === 'dawn' ? openDawn(backend) : openPage(backend);
