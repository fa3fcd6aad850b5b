import { webgpuKernels } from '../../../src/kernels/webgpu/kernels.js';
import type { Suite } from '../harness.js';
import { accuracyChecks } from './sharedAccuracy.js';
import { mixtureChecks } from './sharedMixtures.js';
import { setChecks } from './sharedSets.js';
import { webgpuCosts } from './webgpuCosts.js';
import { webgpuDispatches } from './webgpuDispatches.js';
import { webgpuKernelSuite } from './webgpuKernels.js';
import { webgpuLife } from './webgpuLife.js';

/** What only webgpu has to show. */
export const WEBGPU_SUITES: readonly Suite[] = [
  webgpuKernelSuite,
  { name: 'webgpu accuracy', checks: accuracyChecks(webgpuKernels) },
  { name: 'webgpu mixtures', checks: [...mixtureChecks(webgpuKernels), ...setChecks] },
  webgpuDispatches,
  webgpuLife,
  webgpuCosts,
];
