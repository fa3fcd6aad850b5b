/** `npm run test:tensorflow-matrix`: the lists on two versions of TensorFlow, with and without oneDNN, and in a worker thread. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import Table from 'cli-table3';
import { setUp } from '../../scripts/setup/part.js';
import { root } from '../../scripts/setup/root.js';
import { findPackage } from '../../scripts/setup/tensorflow/package.js';
import { tensorflow } from '../../scripts/setup/tensorflow/part.js';
import { copyPackage } from '../../scripts/setup/tensorflow/place.js';

interface Cell {
  readonly version: string;
  readonly oneDNN?: '0' | '1';
  readonly worker?: boolean;
}

interface Result extends Cell {
  readonly passed: number;
  readonly failed: number;
  /** Why there is nothing to count. */
  readonly problem?: string;
}

const CELLS: readonly Cell[] = [
  { version: '2.9.1', oneDNN: '0' },
  { version: '2.9.1', oneDNN: '1' },
  { version: '2.9.1', worker: true },
  { version: '2.15.1', oneDNN: '0' },
  { version: '2.15.1', oneDNN: '1' },
];

/** A copy of the package with that version; node_modules stays as it is. Throws the sentence of a set-up that fails. */
async function packageWith(version: string): Promise<string> {
  const installed = findPackage('@tensorflow/tfjs-node', root);
  if (!installed) throw new Error('@tensorflow/tfjs-node is not installed. Install it: npm ci');
  const folder = await copyPackage(installed, version);
  const { state, note, seconds } = await setUp(tensorflow({ version, folder }), (text) => console.log(`  ${text} …`));
  console.log(`── TensorFlow ${version}: ${state} in ${seconds.toFixed(1)} s${state === 'failed' ? `: ${note}` : ''}`);
  if (state === 'failed') throw new Error(note);
  return folder;
}

function runLists(folder: string, { oneDNN, worker }: Cell): Promise<string> {
  const cli = fileURLToPath(new URL('./cli.ts', import.meta.url));
  const env = { ...process.env, ...(oneDNN ? { TF_ENABLE_ONEDNN_OPTS: oneDNN } : {}) };
  const args = ['--import', 'tsx', cli, '--package', folder, ...(worker ? ['--worker'] : [])];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.on('data', (text) => {
      said += text;
      process.stdout.write(text);
    });
    child.once('close', () => resolve(said));
  });
}

async function resultOf(cell: Cell): Promise<Result> {
  const nothing = { ...cell, passed: 0, failed: 0 };
  try {
    const said = await runLists(await packageWith(cell.version), cell);
    const counts = /^on tensorflow: (\d+) passed, (\d+) failed$/m.exec(said);
    if (!counts) return { ...nothing, problem: 'did not run to its end' };
    // Of another version the counts would be worth nothing.
    if (!said.startsWith(`TensorFlow ${cell.version},`)) return { ...nothing, problem: 'another version was loaded' };
    return { ...cell, passed: Number(counts[1]), failed: Number(counts[2]) };
  } catch (error) {
    return { ...nothing, problem: (error as Error).message.split('\n')[0] as string };
  }
}

const results: Result[] = [];
for (const cell of CELLS) results.push(await resultOf(cell));

const table = new Table({
  head: ['TensorFlow', 'oneDNN', 'where', 'passed', 'failed'],
  colAligns: ['left', 'left', 'left', 'right', 'right'],
  style: { head: [], border: [], compact: true },
});
for (const { version, oneDNN, worker, passed, failed, problem } of results) {
  const setting = oneDNN === undefined ? 'default' : oneDNN === '1' ? 'on' : 'off';
  table.push([version, setting, worker ? 'worker thread' : 'main thread', passed, problem ?? failed]);
}
console.log(`\n${table}`);
const total = results.reduce((sum, { passed }) => sum + passed, 0);
const bad = results.reduce((sum, { failed, problem }) => sum + (problem ? 1 : failed), 0);
console.log(`${total} passed, ${bad} failed`);
process.exitCode = bad > 0 ? 1 : 0;
