import { existsSync, realpathSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Where systems keep a Chromium or Chrome. */
const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:/Program Files/Google/Chrome/Application/chrome.exe',
];

/** WebGL and WebGPU drawn by SwiftShader, on the processor: no GPU is needed, and results are the same everywhere. */
const SOFTWARE = [
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-features=Vulkan',
  '--ignore-gpu-blocklist',
];

export const INSTALL =
  'No Chromium was found. Install one: `npm run setup` or `apt-get install chromium` (Debian, as root), Google Chrome, or ' +
  '`npx playwright-core install chromium`; or say where it is: CHROME_PATH=… npm test.';

/** `CHROME_PATH`, else a system's own, else Playwright's. */
export function findChromium(): string {
  const named = process.env.CHROME_PATH;
  if (named && !existsSync(named)) throw new Error(`CHROME_PATH names no file: ${named}`);
  const found = named || [...PLACES, chromium.executablePath()].find((place) => existsSync(place));
  if (!found) throw new Error(INSTALL);
  return realpathSync(found);
}

/** Whether there is one. A `CHROME_PATH` that leads nowhere is a mistake, and thrown. */
export function hasChromium(): boolean {
  try {
    return Boolean(findChromium());
  } catch (error) {
    if ((error as Error).message === INSTALL) return false;
    throw error;
  }
}

export function launch(): Promise<Browser> {
  const args = [...SOFTWARE, '--disable-dev-shm-usage'];
  // Chromium refuses to run as root with its sandbox; in a container there is often no other user.
  if (process.getuid?.() === 0) args.push('--no-sandbox');
  return chromium.launch({ executablePath: findChromium(), headless: true, args });
}
