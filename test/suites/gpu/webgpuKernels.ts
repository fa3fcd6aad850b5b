import type { SlabView } from '../../../src/kernels/contract.js';
import { webgpuKernels } from '../../../src/kernels/webgpu/kernels.js';
import { views } from '../../kernels/cases.js';
import type { Suite, Tf } from '../harness.js';
import { kernelChecks } from './sharedKernels.js';
import { current, limited } from './webgpuBackend.js';

/** Every way through the shaders of webgpu, then views by chance. */
const WAYS: readonly SlabView[] = [
  { B: 200, S: 1, G: 1, K: 12, T: 1 }, // 16 lanes a row
  { B: 70, S: 1, G: 1, K: 768, T: 1 }, // 64 lanes
  { B: 5, S: 1, G: 1, K: 768, T: 1 }, // 256 lanes
  { B: 300, S: 1, G: 1, K: 2048, T: 1 }, // 256 lanes, partials of dγ and dβ
  { B: 3, S: 1, G: 1, K: 3001, T: 1 }, // 16 values a lane
  { B: 2, S: 1, G: 1, K: 16384, T: 1 }, // long
  { B: 1, S: 1, G: 1, K: 100003, T: 1 }, // long and odd
  { B: 4, S: 1, G: 8, K: 4, T: 1 }, // groups without positions
  { B: 2, S: 1, G: 8, K: 4, T: 196 }, // channels first
  { B: 2, S: 1, G: 3, K: 5, T: 49 }, // channels first, odd
  { B: 2, S: 9, G: 1, K: 8, T: 1 }, // one group, in registers
  { B: 2, S: 900, G: 1, K: 20, T: 1 }, // one group, too large
  { B: 2, S: 196, G: 32, K: 8, T: 1 }, // small samples
  { B: 2, S: 49, G: 3, K: 7, T: 1 }, // small, odd
  { B: 2, S: 1024, G: 32, K: 1, T: 1 }, // instance
  { B: 2, S: 1000, G: 3, K: 50, T: 1 }, // groups across tiles
  { B: 1, S: 784, G: 256, K: 1, T: 1 }, // batch
  { B: 1, S: 5000, G: 6, K: 1, T: 1 }, // batch, few channels
  { B: 1, S: 4, G: 24, K: 1, T: 196 }, // batch, channels first
  { B: 1, S: 40, G: 6, K: 1, T: 3000 }, // the same, large
  { B: 2, S: 300, G: 5, K: 3, T: 7 }, // the channel axis in the middle
  { B: 2, S: 3, G: 2, K: 600, T: 1 }, // sets wider than a tile
  { B: 2, S: 40, G: 2, K: 300, T: 4 }, // the same, with runs
  { B: 4, S: 1, G: 4, K: 3, T: 1 }, // groups without positions, where channels end with a vector and groups do not
  { B: 920, S: 1, G: 8, K: 2, T: 1 },
  { B: 5, S: 1, G: 8, K: 1, T: 1 },
];

/** Workgroups go into a second dimension beyond the device's limit, here one that small tensors reach. */
const crowded = {
  what: 'more workgroups than a dimension has',
  backend: (tf: Tf) => limited(current(tf), { maxComputeWorkgroupsPerDimension: 3 }),
};
const MANY: readonly SlabView[] = [
  { B: 131, S: 1, G: 1, K: 40, T: 1 },
  { B: 5, S: 1, G: 1, K: 5000, T: 1 },
  { B: 5, S: 30, G: 20, K: 1, T: 1 },
  { B: 5, S: 700, G: 7, K: 2, T: 1 },
];

export const webgpuKernelSuite: Suite = {
  name: 'webgpu kernels',
  checks: [
    ...kernelChecks(webgpuKernels, WAYS),
    ...kernelChecks(webgpuKernels, views(30, 11), { seed: 100 }),
    ...kernelChecks(webgpuKernels, MANY, crowded),
  ],
};
