const BACKEND = /(?:^|\bon )(cpu|wasm(?: simd| threads)?|tensorflow|webgl(?: half-float)?|webgpu)$/;

/** The backend a test runs on, when a group's title is its name or ends with it: `laws on wasm`. */
const backendOf = ({ ancestorTitles }) => ancestorTitles.map((title) => title.match(BACKEND)?.[1]).find(Boolean);

/** Counts by jest project and by backend, and the closing line `N passed, N failed`. */
export default class ClosingCount {
  counts = new Map();

  constructor({ watch, watchAll }) {
    this.watching = watch || watchAll;
  }

  add(what, status) {
    const count = this.counts.get(what) ?? { passed: 0, failed: 0 };
    if (status in count) count[status]++;
    this.counts.set(what, count);
  }

  onRunComplete(_contexts, results) {
    this.counts.clear();
    for (const { displayName, testResults } of results.testResults) {
      for (const test of testResults) {
        this.add(displayName?.name ?? 'tests', test.status);
        const backend = backendOf(test);
        if (backend) this.add(`on ${backend}`, test.status);
      }
    }
    // A file that did not run has no failed test of its own.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    const lines = [...this.counts].map(([what, count]) => `${what}: ${count.passed} passed, ${count.failed} failed`);
    if (results.numRuntimeErrorTestSuites > 0)
      lines.push(`files that did not run: ${results.numRuntimeErrorTestSuites}`);
    if (skipped > 0) lines.push(`not run: ${skipped}`);
    const print = () =>
      process.stdout.write(`\n${[...lines, `${results.numPassedTests} passed, ${failed} failed`].join('\n')}\n`);
    // Jest's own summary comes after every other reporter; the closing line comes after it.
    if (this.watching) print();
    else process.once('exit', print);
  }
}
