/** `npm run bench:gpu`: programs, and times beside relu's, on WebGPU and WebGL. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { GpuBackend } from '../candidates/types.js';
import { type Progress, showProgress } from '../progress.js';
import { type GpuOptions, parseGpuOptions } from './options.js';
import { type GpuReport, type GpuResult, gpuText, writeGpu } from './report.js';
import { openSession } from './session.js';

async function measureOn(backend: GpuBackend, options: GpuOptions, progress: Progress): Promise<GpuReport> {
  const { host, rounds, cases } = options;
  const session = await openSession(host, backend);
  try {
    const { adapter } = session;
    const results: GpuResult[] = [];
    for (const given of cases) {
      progress.start(`${backend} on ${adapter.name}: ${given.name} [${given.shape}]`);
      results.push({ given, figures: await session.measure(given.name, rounds) });
    }
    return { backend, host, adapter, rounds, results };
  } finally {
    await session.close();
  }
}

function write(file: string, reports: readonly GpuReport[]): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const page = existsSync(file) ? readFileSync(file, 'utf8') : '';
  writeFileSync(file, reports.reduce(writeGpu, page));
  process.stderr.write(`wrote ${file}\n`);
}

const options = parseGpuOptions(process.argv.slice(2));
const progress = showProgress(options.backends.length * options.cases.length);
const reports: GpuReport[] = [];
try {
  for (const backend of options.backends) reports.push(await measureOn(backend, options, progress));
} finally {
  progress.stop(); // gives the cursor back
}
if (options.write) write(options.write, reports);
console.log(options.json ? JSON.stringify(reports, null, 2) : reports.map(gpuText).join('\n'));
