import type * as tf from '@tensorflow/tfjs-core';
import type { LayerVariable, layers } from '@tensorflow/tfjs-layers';
import type { Axes } from '../core/axes.js';

/** Where a layer holds a kernel, and what to call its length. */
export interface KernelSpot {
  /** The layer itself, or its cell. */
  readonly holder: Record<string, LayerVariable | { read(): tf.Tensor } | null>;
  readonly attribute: string;
  /** The weight's name: `g`, or `g_…` where a layer has two kernels. */
  readonly length: string;
  /** Output axis or axes of the kernel. */
  readonly axis: Axes;
}

interface SpotRow {
  readonly attribute: string;
  readonly length: string;
  readonly axis: Axes;
}

const plain = (attribute: string, axis: Axes): readonly SpotRow[] => [{ attribute, length: 'g', axis }];

const LAST = plain('kernel', -1);
const TRANSPOSED = plain('kernel', -2);
const RECURRENT = plain('recurrentKernel', -1);
const SEPARABLE: readonly SpotRow[] = [
  { attribute: 'depthwiseKernel', length: 'g_depthwise', axis: [-2, -1] },
  { attribute: 'pointwiseKernel', length: 'g_pointwise', axis: -1 },
];

/** Layers whose kernel is not called `kernel`, or whose outputs are not its last axis. */
const BY_CLASS: Readonly<Record<string, readonly SpotRow[]>> = {
  Conv2DTranspose: TRANSPOSED,
  Conv3DTranspose: TRANSPOSED,
  DepthwiseConv2D: plain('depthwiseKernel', [-2, -1]),
  SeparableConv2D: SEPARABLE,
  Embedding: plain('embeddings', 0),
};

/** Recurrent cells: normalized through the layer that runs them, once a sequence. */
const CELLS = ['SimpleRNNCell', 'LSTMCell', 'GRUCell'];

const cellOf = (layer: layers.Layer) => (layer as unknown as { cell?: layers.Layer }).cell;

export const isRecurrent = (layer: layers.Layer): boolean => cellOf(layer) !== undefined;

/** The kernels of a layer, or none where it has no kernel. */
export function kernelSpots(layer: layers.Layer): readonly KernelSpot[] {
  const cell = cellOf(layer);
  const holder = (cell ?? layer) as unknown as KernelSpot['holder'];
  if (cell) return CELLS.includes(cell.getClassName()) ? RECURRENT.map((row) => ({ holder, ...row })) : [];
  const rows = BY_CLASS[layer.getClassName()] ?? LAST;
  // Stock layers declare their kernel in the constructor, null until they are built.
  return rows.every(({ attribute }) => attribute in holder) ? rows.map((row) => ({ holder, ...row })) : [];
}

/** Shape of the length: the kernel's output dimensions. */
export function lengthShape(kernel: readonly number[], axis: Axes): number[] {
  const axes = typeof axis === 'number' ? [axis] : axis;
  return axes.map((a) => kernel[a < 0 ? a + kernel.length : a] as number);
}

/** Runs `f` while the layer reads other kernels than its own variables, which are never written. */
export function withKernels<T>(spots: readonly KernelSpot[], kernels: readonly tf.Tensor[], f: () => T): T {
  const own = spots.map(({ holder, attribute }) => holder[attribute] ?? null);
  try {
    spots.forEach(({ holder, attribute }, i) => {
      holder[attribute] = { read: () => kernels[i] as tf.Tensor };
    });
    return f();
  } finally {
    spots.forEach(({ holder, attribute }, i) => {
      holder[attribute] = own[i] ?? null;
    });
  }
}
