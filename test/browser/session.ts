import type { Page } from 'playwright-core';
import { launch } from './chromium.js';
import type { Calls } from './page.js';
import { serve } from './server.js';

/** One Chromium with one page on one backend. */
export interface Session {
  /** Runs a check of the page's lists; throws what it threw. */
  check(suite: string, at: number, name: string): Promise<void>;
  close(): Promise<void>;
}

export interface SessionOptions {
  /** Gets what the page writes to its console. */
  readonly onConsole?: (text: string) => void;
}

type Window = { readonly calls: Calls };

/** A Chromium of its own, and the page that `entry` makes; where `start` fails, nothing of it stays. */
export async function openPage<T>(
  entry: string | undefined,
  start: (page: Page, load: () => Promise<unknown>) => Promise<T>,
): Promise<T & { close(): Promise<void> }> {
  const [browser, { server, address }] = await Promise.all([launch(), serve(entry)]);
  const close = async () => {
    await browser.close();
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  };
  try {
    const page = await browser.newPage();
    const load = () => page.goto(address);
    return { ...(await start(page, load)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

export const open = (run: string, { onConsole = () => {} }: SessionOptions = {}): Promise<Session> =>
  openPage(undefined, async (page, load) => {
    page.on('console', (message) => onConsole(message.text()));
    page.on('pageerror', (error) => onConsole(`${error.stack ?? error}`));
    await load();
    await page.evaluate((name) => (globalThis as unknown as Window).calls.start(name), run);
    const check = async (suite: string, at: number, name: string) => {
      const ask = [suite, at, name] as const;
      const failure = await page.evaluate((asked) => (globalThis as unknown as Window).calls.check(...asked), ask);
      if (failure !== null) throw new Error(failure);
    };
    return { check };
  });
