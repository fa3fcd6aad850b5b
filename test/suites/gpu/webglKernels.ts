import type { SlabView } from '../../../src/kernels/contract.js';
import { webglKernels } from '../../../src/kernels/webgl/kernels.js';
import { views } from '../../kernels/cases.js';
import type { Suite } from '../harness.js';
import { kernelChecks } from './sharedKernels.js';

/** Shapes in which a view is met: which of them goes by its numbers, so that all are among odd ones. */
export function usualShape({ B, S, G, K, T }: SlabView): number[] {
  const C = G * K;
  if (T > 1) {
    if (S > 1) return T % 3 === 0 ? [B, S, C, T / 3, 3] : [B, S, C, T];
    if (T % 7 === 0) return [B, C, 7, T / 7];
    return T % 2 === 0 ? [B, C, 2, T / 2] : [B, C, T];
  }
  if (S > 1) return B === 1 ? [S, C] : S % 2 === 0 ? [B, 2, S / 2, C] : [B, S, C];
  if (G > 1) return B % 2 === 0 ? [B, 1, C] : [B, C];
  return B % 2 === 0 ? [2, B / 2, C] : K % 3 === 0 ? [B, K / 3, 3] : [B, C];
}

const ROWS: readonly SlabView[] = [
  { B: 130, S: 1, G: 1, K: 70, T: 1 }, // many rows: their gradients go by stretches
  { B: 3, S: 1, G: 1, K: 5001, T: 1 }, // long rows, few
  { B: 70, S: 1, G: 1, K: 4100, T: 1 }, // long rows, many
  { B: 2, S: 1, G: 1, K: 6000, T: 1 }, // every element a channel
];
const SLABS: readonly SlabView[] = [
  { B: 2, S: 700, G: 3, K: 5, T: 1 }, // several slabs
  { B: 1, S: 3, G: 5, K: 1, T: 1001 },
  { B: 2, S: 1, G: 7, K: 3, T: 900 }, // planes
  { B: 2, S: 1, G: 3, K: 2, T: 1001 }, // planes of odd sizes, cut within their last row
  { B: 2, S: 3, G: 7, K: 3, T: 333 }, // planes, several a unit
  { B: 2, S: 20, G: 2, K: 3, T: 101 }, // channels in rows
  { B: 1, S: 1, G: 1, K: 1100, T: 7 }, // one group of many channels
];

const ODD = views(45, 11);

export const webglKernelSuite: Suite = {
  name: 'webgl kernels',
  checks: [
    ...kernelChecks(webglKernels, [...ROWS, ...SLABS, ...ODD], { shapeOf: usualShape }),
    ...kernelChecks(
      webglKernels,
      [...ROWS, ...SLABS, ...ODD].filter((_, i) => i % 3 === 0),
    ),
  ],
};
