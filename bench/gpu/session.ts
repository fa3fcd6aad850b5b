import { openPage } from '../../test/browser/session.js';
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
const inPage = (backend: GpuBackend): Promise<Session> =>
  openPage('bench/gpu/page.ts', async (page, load) => {
    page.on('pageerror', (error) => process.stderr.write(`[page] ${error.stack ?? error}\n`));
    await load();
    const start = (name: GpuBackend) => (globalThis as unknown as Window).calls.start(name);
    const adapter = await page.evaluate(start, backend);
    const call = (asked: [string, number]) => (globalThis as unknown as Window).calls.measure(...asked);
    return { adapter, measure: (name, rounds) => page.evaluate(call, [name, rounds] as [string, number]) };
  });

export const openSession = (host: Host, backend: GpuBackend): Promise<Session> =>
  host === 'dawn' ? openDawn(backend) : inPage(backend);
