import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { Gate } from '../bench/gate.js';

/** What the benchmark measures and cannot flake: dispatches, memory, accuracy, and three times the speed of plain tfjs. */
const root = join(__dirname, '..');

function gateOf(backend: string): Promise<Gate> {
  const args = ['--import', 'tsx', 'bench/gateMain.ts', backend];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: root }, (error, stdout) => {
      if (error) reject(error);
      else resolve(JSON.parse(stdout) as Gate);
    });
  });
}

describe.each(['wasm', 'cpu'])('gate on %s', (backend) => {
  let found: Gate;
  beforeAll(async () => {
    found = await gateOf(backend);
  }, 120_000);

  test.each(['dispatches', 'memory', 'accuracy', 'speedup'] as const)('%s', (kind) => {
    expect(found[kind].length).toBeGreaterThan(5);
    expect(found[kind].filter(({ met }) => !met)).toEqual([]);
  });
});
