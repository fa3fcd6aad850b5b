import { webglKernels } from '../../../src/kernels/webgl/kernels.js';
import type { Suite } from '../harness.js';
import { accuracyChecks } from './sharedAccuracy.js';
import { mixtureChecks } from './sharedMixtures.js';
import { setChecks } from './sharedSets.js';
import { webglHalfSuite } from './webglHalf.js';
import { webglKernelSuite } from './webglKernels.js';
import { webglLifeSuite } from './webglLife.js';
import { webglMixtureSuite } from './webglMixtures.js';
import { webglNumberSuite } from './webglNumbers.js';
import { webglProgramSuite } from './webglPrograms.js';

/** What only webgl has to show; the last list loses a context, and gets another. */
export const WEBGL_SUITES: readonly Suite[] = [
  webglProgramSuite,
  webglKernelSuite,
  webglNumberSuite,
  webglMixtureSuite,
  { name: 'webgl accuracy', checks: accuracyChecks(webglKernels) },
  { name: 'webgl mixture kernels', checks: mixtureChecks(webglKernels) },
  { name: 'webgl sets', checks: setChecks },
  webglLifeSuite,
];

/** And in half-float textures. */
export const WEBGL_HALF_SUITES: readonly Suite[] = [webglHalfSuite];
