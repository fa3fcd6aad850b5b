import Table from 'cli-table3';

const BACKENDS = ['cpu', 'wasm', 'wasm simd', 'wasm threads', 'webgl', 'webgl half-float', 'webgpu', 'tensorflow'];

/** A group's title is the name of a backend, or ends with it: `laws on wasm`. */
const TITLE = new RegExp(`(?:^|\\bon )(${[...BACKENDS].sort((a, b) => b.length - a.length).join('|')})$`);
const backendOf = ({ ancestorTitles }) => ancestorTitles.map((title) => title.match(TITLE)?.[1]).find(Boolean);

/** As `whereSetUp` calls the test that stands in the place of those that could not run. */
const isMissing = ({ title }) => title.startsWith('not set up');

/** A row a backend: passed, failed, and why there is nothing to count where that is so. */
function backendTable(counts) {
  const rows = BACKENDS.map((backend) => {
    const { passed = 0, failed = 0, missing = '' } = counts.get(backend) ?? { missing: 'not run' };
    return [backend, missing && passed === 0 ? '' : passed, failed || (missing ? '' : failed), missing];
  });
  const columns = rows.some(([, , , missing]) => missing) ? 4 : 3;
  const head = ['backend', 'passed', 'failed', 'why not'].slice(0, columns);
  const style = { head: [], border: [], compact: true };
  const table = new Table({ head, colAligns: ['left', 'right', 'right'], style });
  table.push(...rows.map((row) => row.slice(0, columns)));
  return table.toString();
}

/** Counts by jest project, a table by backend, and the closing line `N passed, N failed`. */
export default class ClosingCount {
  projects = new Map();
  backends = new Map();

  constructor({ watch, watchAll }) {
    this.watching = watch || watchAll;
  }

  /** Counts a test for what it belongs to. */
  static add(counts, what, test) {
    const count = counts.get(what) ?? { passed: 0, failed: 0 };
    if (test.status in count) count[test.status]++;
    if (isMissing(test)) count.missing = test.title;
    counts.set(what, count);
  }

  count(testResults) {
    this.projects.clear();
    this.backends.clear();
    for (const { displayName, testResults: tests } of testResults) {
      for (const test of tests) {
        ClosingCount.add(this.projects, displayName?.name ?? 'tests', test);
        const backend = backendOf(test);
        if (backend) ClosingCount.add(this.backends, backend, test);
      }
    }
  }

  onRunComplete(_contexts, results) {
    this.count(results.testResults);
    // A file that did not run has no failed test of its own.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    const lines = [...this.projects].map(([what, count]) => `${what}: ${count.passed} passed, ${count.failed} failed`);
    if (results.numRuntimeErrorTestSuites > 0)
      lines.push(`files that did not run: ${results.numRuntimeErrorTestSuites}`);
    if (skipped > 0) lines.push(`not run: ${skipped}`);
    if (this.backends.size > 0) lines.push(backendTable(this.backends)); // A few files by name may have none.
    const print = () =>
      process.stdout.write(`\n${[...lines, `${results.numPassedTests} passed, ${failed} failed`].join('\n')}\n`);
    // Jest's own summary comes after every other reporter; the closing line comes after it.
    if (this.watching) print();
    else process.once('exit', print);
  }
}
