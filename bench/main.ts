/** `npm run bench`: the norms beside their peers. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import { bench, useBackend } from './bench.js';
import { collector } from './collect.js';
import { judge } from './goals.js';
import { describeMachine } from './machine.js';
import { type Options, parseOptions } from './options.js';
import { showProgress } from './progress.js';
import { losses, type Report, textReport, writeInto } from './report.js';
import type { Result } from './results.js';

async function measureAll({ backend, rounds, without, jobs }: Options): Promise<Report> {
  const { collect, by } = await collector();
  const progress = showProgress(jobs.length);
  const results: Result[] = [];
  for (const job of jobs) {
    progress.start(`${job.given.name} ${job.pass}`);
    const onRound = (round: number) => progress.update((round + 1) / rounds);
    results.push(await bench(job, { backend, rounds, without, collect, onRound }));
  }
  progress.stop();
  const how = `${rounds} rounds, all candidates in turn in one process; medians; samples taken by ${by}`;
  const method = `${how}; ${backend} backend`;
  return { machine: await describeMachine(), results, method };
}

function write(file: string, report: Report): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const page = existsSync(file) ? readFileSync(file, 'utf8') : '';
  writeFileSync(file, writeInto(page, report));
  process.stderr.write(`wrote ${file}\n`);
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  await useBackend(options.backend);
  const report = await measureAll(options);
  if (options.write) write(options.write, report);
  const everything = () => ({ ...report, goals: judge(report.results), losses: losses(report.results) });
  console.log(options.json ? JSON.stringify(everything(), null, 2) : textReport(report));
}

/** tfjs-wasm answers an error that nobody catches with the whole of its source. */
function fail(error: unknown): void {
  console.error(error instanceof Error ? error.stack : error);
  process.exitCode = 1;
}

await main().catch(fail);
process.exit(); // onnxruntime's threads would keep the process alive
