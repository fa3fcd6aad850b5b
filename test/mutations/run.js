import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { FAULTS } from './faults.js';

/**
 * Tests the tests: puts one fault at a time into a copy of the sources and fails unless the checks that guard against it
 * turn red. The checkout itself is not touched.
 */
const ROOT = path.resolve(import.meta.dirname, '../..');
const COPIED = ['src', '.swcrc', 'package.json', 'test/runSuites.ts', 'test/whereSetUp.ts', 'scripts/setup'];
const TESTS = [
  'test/suites',
  'test/suites.cpu.test.ts',
  'test/suites.wasm.test.ts',
  'test/suites.composed.test.ts',
  'test/suites.tensorflow.test.ts',
  'test/tensorflow',
  'test/kernels',
];
const JEST = path.join(ROOT, 'node_modules/jest/bin/jest.js');

/** A copy of what the suites need; installed packages are linked. */
async function checkout() {
  const folder = await mkdtemp(path.join(tmpdir(), 'tfjs-normalization-mutation-'));
  await mkdir(path.join(folder, 'test'));
  for (const name of [...COPIED, ...TESTS])
    await cp(path.join(ROOT, name), path.join(folder, name), { recursive: true });
  // Of the configuration only the project that runs the sources: the other one needs a build.
  const config = `import config from ${JSON.stringify(path.join(ROOT, 'jest.config.js'))};\nexport default config.projects[0];\n`;
  await writeFile(path.join(folder, 'jest.config.js'), config);
  await symlink(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  return folder;
}

async function apply(folder, { name, edits }) {
  for (const { file, find, replace } of edits) {
    const source = await readFile(path.join(folder, file), 'utf8');
    const found = source.split(find).length - 1;
    if (found !== 1) throw new Error(`${name}: no longer applies (${file} has it ${found} times, not once): ${find}`);
    await writeFile(
      path.join(folder, file),
      source.replace(find, () => replace),
    );
  }
}

/** Runs the guarding checks and returns what passed and failed. */
async function test(folder, { caughtBy, backend = 'cpu', files = [`test/suites.${backend}.test.ts`] }) {
  const report = path.join(folder, 'report.json');
  const args = ['--runInBand', '--silent', '--json', '--outputFile', report];
  const child = spawn(process.execPath, [JEST, ...args, '-t', caughtBy, '--', ...files], {
    cwd: folder,
    stdio: 'ignore',
  });
  await new Promise((resolve) => child.once('close', resolve));
  const { testResults } = JSON.parse(await readFile(report, 'utf8'));
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  return {
    failed: tests.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName),
    passed: tests.filter(({ status }) => status === 'passed').length,
    broken: testResults.filter(({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0),
  };
}

/** Undefined where the checks did what they should. */
async function problemOf(fault, mutated) {
  const folder = await checkout();
  try {
    if (mutated) await apply(folder, fault);
    const { failed, passed, broken } = await test(folder, fault);
    if (broken.length > 0) return { problem: `does not run: ${broken[0].message.slice(0, 500)}` };
    if (mutated) return failed.length > 0 ? { failed } : { problem: `survived ${passed} checks (${fault.caughtBy})` };
    if (failed.length > 0) return { problem: `is red without any fault: ${failed[0]}` };
    return passed > 0 ? {} : { problem: 'matches no check' };
  } catch (error) {
    return { problem: error.message };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Without a fault the same checks must be green, or red would say nothing: one run a backend, of all patterns. */
const unharmed = [...new Set(FAULTS.map((fault) => fault.backend ?? 'cpu'))].map((backend) => {
  const own = FAULTS.filter((fault) => (fault.backend ?? 'cpu') === backend);
  return {
    name: `no fault, ${backend}`,
    backend,
    caughtBy: own.map(({ caughtBy }) => caughtBy).join('|'),
    files: [...new Set(own.flatMap(({ files }) => files ?? [`test/suites.${backend}.test.ts`]))],
    mutated: false,
  };
});

const jobs = [...unharmed, ...FAULTS.map((fault) => ({ ...fault, mutated: true }))];
let next = 0;
let done = 0;
let bad = 0;

async function worker() {
  while (next < jobs.length) {
    const { mutated, ...fault } = jobs[next++];
    const start = Date.now();
    const { problem, failed } = await problemOf(fault, mutated);
    if (problem) bad++;
    const verdict = problem ?? (failed ? `caught by ${failed.length}, first: ${failed[0]}` : 'green');
    const seconds = ((Date.now() - start) / 1000).toFixed(1);
    console.log(`[${++done}/${jobs.length}] ${problem ? 'FAILED' : 'ok'} ${fault.name} (${seconds} s): ${verdict}`);
  }
}

await Promise.all(Array.from({ length: Math.min(availableParallelism(), 4) }, worker));
console.log(bad === 0 ? `${FAULTS.length} faults, all caught` : `${bad} of ${jobs.length} did not go as they should`);
process.exitCode = bad === 0 ? 0 : 1;
