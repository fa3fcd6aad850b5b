import type { Server } from 'node:http';
import type { Browser, Page } from 'playwright-core';
import { hasChromium, launch } from '../browser/chromium.js';
import { serve } from '../browser/server.js';
import { whereSetUp } from '../whereSetUp.js';

jest.setTimeout(60_000);

whereSetUp('the page of the monitor', hasChromium(), () => {
  let browser: Browser;
  let server: Server;
  let address: string;

  beforeAll(async () => {
    [browser, { server, address }] = await Promise.all([launch(), serve('test/monitor/page.ts')]);
  });

  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  async function open(hash = '', options = {}): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.newPage(options);
    const complaints: string[] = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(address + hash);
    await page.waitForSelector('body[data-state]', { timeout: 20_000 });
    const folder = process.env.SCREENSHOTS;
    if (folder)
      await page.screenshot({
        path: `${folder}/${JSON.stringify(options).replace(/\W+/g, '-')}${hash.slice(1)}.png`,
        fullPage: true,
      });
    return { page, complaints };
  }

  const ROWS = ['batch', 'switchable_early', 'switchable_late', 'gated', 'group'];

  test('a table of lines, with numbers beside them, read aloud too', async () => {
    const { page, complaints } = await open();
    expect(await page.getAttribute('body', 'data-state')).toBe('done');
    const names = await page
      .locator('tbody th')
      .evaluateAll((cells) => cells.map((cell) => cell.firstChild?.textContent));
    expect(names).toEqual(ROWS);
    const labels = await page
      .locator('svg[role=img]')
      .evaluateAll((all) => all.map((svg) => svg.getAttribute('aria-label')));
    expect(labels).toContainEqual(
      expect.stringMatching(/^batch, ‖gradient‖ over 9 looks, between [\d.e-]+ and [\d.e-]+$/),
    );
    expect(labels).toContainEqual(
      expect.stringMatching(/^switchable_late, variance: instance 0\.\d+, layer 0\.\d+, batch 0\.\d+$/),
    );
    expect(labels.every((label) => label && !/NaN|undefined|null/.test(label))).toBe(true);
    // One value a look in each line.
    const points = await page
      .locator('path.line')
      .evaluateAll((lines) => lines.map((line) => line.getAttribute('d')?.match(/[ML]/g)?.length));
    expect(new Set(points)).toEqual(new Set([9]));
    expect(await page.locator('.findings').count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('what is not finite stands above, and is crossed in the lines', async () => {
    const { page, complaints } = await open('#spoilt');
    expect(await page.locator('.findings li').first().textContent()).toMatch(/group: 1 of the 6 values of gamma/);
    expect(await page.locator('.cross').count()).toBeGreaterThan(0);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('a surface of tfjs-vis', async () => {
    const { page } = await open('#surface');
    expect(await page.locator('section tbody tr').count()).toBe(ROWS.length);
    await page.close();
  });

  test.each([
    ['light', 1200],
    ['dark', 1200],
    ['light', 390],
    ['dark', 390],
  ] as const)('%s, %i wide: all of it fits, and text stands out', async (colorScheme, width) => {
    const { page } = await open('#spoilt', { colorScheme, viewport: { width, height: 800 } });
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    const contrast = await page.evaluate(() => {
      const pen = document
        .createElement('canvas')
        .getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;
      const luminance = (colour: string) => {
        pen.fillStyle = colour;
        pen.fillRect(0, 0, 1, 1);
        const [r = 0, g = 0, b = 0] = [...pen.getImageData(0, 0, 1, 1).data].map((byte) => {
          const part = byte / 255;
          return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const paper = luminance(getComputedStyle(document.body).backgroundColor);
      const ratio = (ink: number) => (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
      const text = [...document.querySelectorAll('.tfjsn p, .tfjsn th, .tfjsn td, .tfjsn li, .tfjsn small, caption')];
      return Math.min(...text.map((part) => ratio(luminance(getComputedStyle(part).color))));
    });
    expect(contrast).toBeGreaterThan(4.5);
    await page.close();
  });
});
