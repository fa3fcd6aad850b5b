import { findChromium, INSTALL } from '../../test/browser/chromium.js';
import { aptInstall } from './apt.js';
import { type Part, SetupProblem } from './part.js';

function find(): string | undefined {
  try {
    return findChromium();
  } catch {
    return undefined;
  }
}

export const chromium: Part = {
  name: 'chromium',
  purpose: 'tests on webgl, webgpu, wasm simd and wasm threads',
  async present() {
    return find();
  },
  async install(say) {
    // A name that leads nowhere is a mistake to mend, not a browser to install.
    if (process.env.CHROME_PATH) throw new SetupProblem(`CHROME_PATH names no file: ${process.env.CHROME_PATH}`);
    await aptInstall(['chromium'], INSTALL, say);
    return findChromium();
  },
};
