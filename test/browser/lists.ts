import { goldenSuite } from '../suites/golden.js';
import type { GoldenFile } from '../suites/goldenCase.js';
import { halfSuite } from '../suites/halfSuite.js';
import type { Suite } from '../suites/harness.js';
import { SUITES } from '../suites/index.js';
import { type ThirdPartyFiles, thirdPartySuite } from '../suites/thirdParty.js';
import { pageSuite } from './pageSuite.js';
import type { Run } from './runs.js';

/** What checks are made of besides code: Node reads it from disk, a page asks its server. */
export interface Fixtures {
  readonly golden: readonly GoldenFile[];
  readonly thirdParty?: ThirdPartyFiles;
}

/** Every list that runs anywhere. */
export function listsOf({ name, half }: Run, { golden, thirdParty }: Fixtures): readonly Suite[] {
  if (half) return [halfSuite(golden)];
  // Where nothing is rounded on the way the half-float checks hold too: what they expect is right.
  const unrounded = name === 'wasm simd' ? [halfSuite(golden)] : [];
  return [...SUITES, goldenSuite(golden), ...(thirdParty ? [thirdPartySuite(thirdParty)] : []), ...unrounded];
}

/** A page's lists, the same in Node, which names the tests, and in the page, which runs them. */
export function pageLists(run: Run, fixtures: Fixtures): readonly Suite[] {
  return [pageSuite(run), ...listsOf(run, fixtures)];
}
