/** The main job, `npm start`: which normalization holds at a small batch size, on real digits, within a minute. */
import { join, relative } from 'node:path';
import { fileSystem } from '../../src/node/index.js';
import { loadDigits } from './load.js';
import { type Options, parseOptions } from './options.js';
import { describeAdvice, describeSettings, meanError, type Row, resultTable, showProgress } from './report.js';
import type { Task } from './task.js';
import { predictInNewProcess, trainAll } from './workers.js';

/** Seed by seed, so that the bars of the norms move together. The model of a norm's first seed is the one to save. */
function tasksOf({ norm, seed, seeds, ...settings }: Options): Task[] {
  const { architecture, backend, batchSize, epochs } = settings;
  const all = Array.from({ length: seeds }, (_, i) => seed + i);
  return all.flatMap((each) => norm.map((id) => ({ norm: id, architecture, backend, batchSize, epochs, seed: each })));
}

async function trainRows(options: Options, tasks: readonly Task[]): Promise<Row[]> {
  const display = showProgress(options);
  const runs = tasks.map((task) => ({ task, keep: task.seed === options.seed }));
  try {
    const results = await trainAll(runs, display.update);
    return options.norm.map((norm) => ({ norm, results: results.filter((_, i) => tasks[i]?.norm === norm) }));
  } finally {
    display.stop();
  }
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.NaN;
  let largest = 0;
  // A NaN on either side must show, and Math.max keeps it.
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs((a[i] as number) - (b[i] as number)));
  return largest;
}

/** Saves the better model, loads it in a process that has never seen it, and compares all its predictions. */
async function saveAndCompare(options: Options, rows: readonly Row[], tasks: readonly Task[]): Promise<number> {
  const best = rows.reduce((a, b) => (meanError(b) < meanError(a) ? b : a));
  const kept = best.results[0]?.kept;
  const task = tasks.find(({ norm }) => norm === best.norm);
  if (!kept || !task) throw new Error(`the model of ${best.norm} was not kept`);
  await fileSystem(options.save).save?.(kept.artifacts);
  console.log(`${best.norm} is best; its model is saved as ${join(relative('', options.save), 'model.json')}`);
  return largestDifference(kept.predictions, await predictInNewProcess(options.save, task));
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  console.log(`${describeSettings(options, loadDigits().labels.length)}\n`);
  console.log(`${describeAdvice(options)}\n`);
  const tasks = tasksOf(options);
  const rows = await trainRows(options, tasks);
  console.log(resultTable(rows));
  const difference = await saveAndCompare(options, rows, tasks);
  console.log(`largest difference after reloading: ${difference}`);
  if (difference !== 0) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
