import type { Browser, Page } from 'playwright-core';
import { type Demo, serveDemo } from '../../models/digits/demo/server.js';
import { hasChromium, launch } from '../browser/chromium.js';
import { whereSetUp } from '../whereSetUp.js';

jest.setTimeout(60_000); // Two trainings in a software WebGL, on a loaded machine.

whereSetUp('the demo', hasChromium(), () => {
  let browser: Browser;
  let demo: Demo;

  beforeAll(async () => {
    [browser, demo] = await Promise.all([launch(), serveDemo()]);
  });

  afterAll(async () => {
    await browser?.close();
    demo?.close();
    expect(await demo.ended).toBe('asked to');
  });

  /** The page once it knows its backends, and what it complains of from then on. */
  async function openPage(query: string): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(`${error.stack ?? error}`));
    await page.goto(`${demo.address}?${query}`);
    await page.waitForSelector('body[data-state=idle]');
    return { page, complaints };
  }

  async function trainToTheEnd(page: Page): Promise<void> {
    await page.click('#train');
    await page.waitForSelector('body[data-state=training]');
    await page.waitForSelector('body[data-state=idle]', { timeout: 50_000 });
  }

  /** Curves of a chart that have two points or more. */
  const curves = (page: Page, chart: string) => page.locator(`#${chart} path.curve[d*="L"]`).count();

  test.each(['wasm', 'webgl'])(
    'on %s two models learn, their curves appear, and the guide says why',
    async (backend) => {
      const { page, complaints } = await openPage(`backend=${backend}&batchSize=32&epochs=1&images=320`);
      expect(await page.locator('#unavailable').textContent()).not.toContain(`${backend} `);
      await trainToTheEnd(page);
      expect(await page.textContent('#status')).toMatch(
        new RegExp(
          `^Done: after 1 epoch at batch size 32 on ${backend}, batch norm reads .* %.*, layer norm reads .* %`,
        ),
      );
      expect(await curves(page, 'loss')).toBe(2);
      expect(await page.locator('#error .mark').count()).toBe(2);
      expect(await page.locator('#advice .answer').textContent()).toMatch(/^batch norm\b/);
      expect(await page.locator('#advice [data-rule=feed-forward-large-batch]').textContent()).toMatch(/Normalization/);
      for (const norm of ['batch', 'layer']) {
        const error = Number.parseFloat(String(await page.textContent(`tr[data-norm=${norm}] td:nth-of-type(3)`)));
        expect(error).toBeLessThan(75); // ten steps teach something; guessing errs in 90 %
      }
      expect(complaints).toEqual([]);
      await page.close();
    },
  );

  test('the guide answers at once to what is chosen, the address keeps it, and Stop stops', async () => {
    const { page, complaints } = await openPage('backend=wasm&batchSize=7&epochs=none');
    expect(await page.locator('#advice [data-rule=feed-forward-small-batch]').count()).toBe(1);
    await page.getByLabel('cnn').check();
    expect(await page.locator('#advice .answer').textContent()).toMatch(/^group norm\b/);
    expect(await page.locator('#results tr').last().textContent()).toContain('group norm');
    expect(page.url()).toMatch(/backend=wasm&architecture=cnn&batchSize=2&epochs=12&seed=1/);
    await page.click('#train');
    await page.click('#stop');
    await page.waitForSelector('body[data-state=idle]');
    expect(await page.textContent('#status')).toBe('Stopped.');
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('it is served to this machine only, and ends by itself: without a page, or after its time', async () => {
    expect(demo.address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    const [idle, old] = await Promise.all([serveDemo({ idleMinutes: 0.001 }), serveDemo({ minutes: 0.001 })]);
    expect(await idle.ended).toMatch(/^no page was open/);
    expect(await old.ended).toMatch(/minutes are over$/);
  });
});
