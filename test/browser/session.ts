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

export async function open(run: string, { onConsole = () => {} }: SessionOptions = {}): Promise<Session> {
  const [browser, { server, address }] = await Promise.all([launch(), serve()]);
  const close = async () => {
    await browser.close();
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  };
  try {
    const page = await browser.newPage();
    page.on('console', (message) => onConsole(message.text()));
    page.on('pageerror', (error) => onConsole(`${error.stack ?? error}`));
    await page.goto(address);
    await page.evaluate((name) => (globalThis as unknown as Window).calls.start(name), run);
    const check = async (suite: string, at: number, name: string) => {
      const ask = [suite, at, name] as const;
      const failure = await page.evaluate((asked) => (globalThis as unknown as Window).calls.check(...asked), ask);
      if (failure !== null) throw new Error(failure);
    };
    return { check, close };
  } catch (error) {
    await close();
    throw error;
  }
}
