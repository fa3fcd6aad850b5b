import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findChromium } from './chromium.js';

/** `npm run test:webgpu-node -- --filter regex`: the checks on WebGPU in Node, by Dawn. Quick, and no part of CI. */

const DRIVER = 'vk_swiftshader_icd.json';

/** SwiftShader, which computes on the processor, comes with Chromium: Vulkan's loader, and what names the driver to it. */
function software(): Record<string, string> {
  // Debian's command is a script elsewhere than the program.
  const folders = [dirname(findChromium()), '/usr/lib/chromium'];
  const folder = folders.find((f) => existsSync(join(f, DRIVER)));
  if (!folder) return {}; // the system's own Vulkan, if it has one
  return { LD_LIBRARY_PATH: folder, VK_DRIVER_FILES: join(folder, DRIVER) };
}

const bench = createRequire(join(process.cwd(), 'bench/package.json'));
try {
  bench.resolve('webgpu');
} catch {
  console.error('Dawn for Node is missing. Install it: npm ci --prefix bench --ignore-scripts');
  process.exit(1);
}
// The loader looks for libraries where the environment said when the process began, hence another process.
const worker = fileURLToPath(new URL('./dawnWorker.ts', import.meta.url));
const { status } = spawnSync(process.execPath, ['--import', 'tsx', worker, ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, ...software(), DAWN: bench.resolve('webgpu') },
});
process.exitCode = status ?? 1;
