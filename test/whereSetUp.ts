/** What the closing table says of a backend that this machine lacks, and how the test is called that stands in its place. */
const NOT_SET_UP = 'not set up: run npm run setup';

/**
 * The tests of a backend where it is set up. Elsewhere they are not run, which the closing table says; in CI that is a
 * failure. The titles of its tests begin with `title`.
 */
export function whereSetUp(title: string, isSetUp: boolean, define: () => void): void {
  if (isSetUp) define();
  else describe(title, () => standIn(title));
}

function standIn(title: string): void {
  const isCI = process.env.CI === 'true';
  (isCI ? test : test.skip)(NOT_SET_UP, () => {
    throw new Error(`${title}: ${NOT_SET_UP}`);
  });
}
