import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What the reporter prints at the end of a run with these tests. */
function printed(tests: readonly { ancestorTitles: string[]; title: string; status: string }[]): string[] {
  const count = (status: string) => tests.filter((test) => test.status === status).length;
  const results = {
    testResults: [{ displayName: { name: 'pack' }, testResults: tests }],
    numPassedTests: count('passed'),
    numFailedTests: count('failed'),
    numPendingTests: count('pending'),
    numTodoTests: 0,
    numRuntimeErrorTestSuites: 0,
  };
  const file = pathToFileURL(join(process.cwd(), 'test/reporter.js'));
  const program = `import Count from '${file}'; new Count({}).onRunComplete([], ${JSON.stringify(results)})`;
  return execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }).split('\n');
}

const cells = (lines: readonly string[], backend: string) =>
  lines
    .find((line) => line.startsWith(`│ ${backend} │`) || line.startsWith(`│ ${backend}  `))
    ?.split('│')
    .map((c) => c.trim());

test('a row a backend, and the count last', () => {
  const missing = 'not set up: run npm run setup';
  const lines = printed([
    { ancestorTitles: ['cpu', 'laws'], title: 'a', status: 'passed' },
    { ancestorTitles: ['golden vectors on cpu'], title: 'b', status: 'failed' },
    { ancestorTitles: ['in a page on wasm threads'], title: 'c', status: 'passed' },
    { ancestorTitles: ['tensorflow'], title: missing, status: 'pending' },
    { ancestorTitles: ['in a page on webgl'], title: missing, status: 'failed' },
    { ancestorTitles: ['in a page on webgl half-float'], title: 'd', status: 'passed' },
    { ancestorTitles: ['none'], title: 'e', status: 'passed' },
  ]);
  expect(cells(lines, 'cpu')).toEqual(['', 'cpu', '1', '1', '', '']);
  expect(cells(lines, 'wasm')).toEqual(['', 'wasm', '', '', 'not run', '']);
  expect(cells(lines, 'wasm threads')).toEqual(['', 'wasm threads', '1', '0', '', '']);
  expect(cells(lines, 'webgl')).toEqual(['', 'webgl', '', '1', missing, '']);
  expect(cells(lines, 'webgl half-float')).toEqual(['', 'webgl half-float', '1', '0', '', '']);
  expect(cells(lines, 'tensorflow')).toEqual(['', 'tensorflow', '', '', missing, '']);
  expect(lines.at(-2)).toBe('4 passed, 2 failed');
  expect(lines.at(-1)).toBe('');
});
