import { goldenSuite } from '../suites/golden.js';
import type { GoldenFile } from '../suites/goldenCase.js';
import { WEBGL_HALF_SUITES, WEBGL_SUITES } from '../suites/gpu/webgl.js';
import { WEBGPU_SUITES } from '../suites/gpu/webgpu.js';
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

/** What only one backend has to show. Contexts and devices are lost there: they come last. */
const OWN: Readonly<Record<Run['backend'], readonly Suite[]>> = {
  wasm: [],
  webgl: WEBGL_SUITES,
  webgpu: WEBGPU_SUITES,
};

/** Every list that runs anywhere, and the backend's own. */
export function listsOf({ name, half, backend }: Run, { golden, thirdParty }: Fixtures): readonly Suite[] {
  if (half) return [halfSuite(golden), ...WEBGL_HALF_SUITES];
  // Where nothing is rounded on the way the half-float checks hold too: what they expect is right.
  const unrounded = name === 'wasm simd' ? [halfSuite(golden)] : [];
  return [
    ...SUITES,
    goldenSuite(golden),
    ...(thirdParty ? [thirdPartySuite(thirdParty)] : []),
    ...unrounded,
    ...OWN[backend],
  ];
}

/** A page's lists, the same in Node, which names the tests, and in the page, which runs them. */
export function pageLists(run: Run, fixtures: Fixtures): readonly Suite[] {
  return [pageSuite(run), ...listsOf(run, fixtures)];
}
