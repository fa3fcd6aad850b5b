import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { findChromium } from './chromium.js';

/** What a process needs to run WebGPU by Dawn. Libraries are looked for when it begins: hence a process of its own. */

const DRIVER = 'vk_swiftshader_icd.json';

/** SwiftShader, which computes on the processor, comes with Chromium: Vulkan's loader, and what names the driver to it. */
export function software(): Record<string, string> {
  // Debian's command is a script elsewhere than the program.
  const folders = [dirname(findChromium()), '/usr/lib/chromium'];
  const folder = folders.find((f) => existsSync(join(f, DRIVER)));
  if (!folder) return {}; // the system's own Vulkan, if it has one
  return { LD_LIBRARY_PATH: folder, VK_DRIVER_FILES: join(folder, DRIVER) };
}

/** Dawn's module for Node, which is among the benchmark's packages. */
export function findDawn(): string {
  const bench = createRequire(join(process.cwd(), 'bench/package.json'));
  try {
    return bench.resolve('webgpu');
  } catch {
    throw new Error('Dawn for Node is missing. Install it: npm ci --prefix bench --ignore-scripts');
  }
}
