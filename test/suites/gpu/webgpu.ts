import type { Suite } from '../harness.js';
import { webgpuKernelSuite } from './webgpuKernels.js';

/** What only webgpu has to show. */
export const WEBGPU_SUITES: readonly Suite[] = [webgpuKernelSuite];
