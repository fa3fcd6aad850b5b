import type * as tf from '@tensorflow/tfjs-core';
import { type LayerVariable, layers } from '@tensorflow/tfjs-layers';
import { type Axes, canonicalAxes } from '../core/axes.js';
import { OURS } from '../norms.js';

/** Where a layer holds a kernel, and what to call its length. */
interface KernelRow {
  readonly attribute: string;
  /** The weight's name: `g`, or `g_…` where a layer has two kernels. */
  readonly length: string;
  /** Output axis or axes of the kernel. */
  readonly axis: Axes;
}

/** What a kind of layer has. */
export interface LayerRow {
  readonly kernels: readonly KernelRow[];
  /** Whether the layer is linear in its kernel, with one output to bring to mean 0 and deviation 1. */
  readonly dataInit: boolean;
  /** Whether TensorFlow Addons takes the norm over the same dimensions; it knows the last axis only. */
  readonly asAddons: boolean;
}

export interface KernelSpot extends KernelRow {
  /** The layer itself, or its cell. */
  readonly holder: Record<string, LayerVariable | { read(): tf.Tensor } | null | undefined>;
}

const row = (attribute: string, axis: Axes, more: Partial<LayerRow> = {}): LayerRow => ({
  kernels: [{ attribute, length: 'g', axis }],
  dataInit: true,
  asAddons: true,
  ...more,
});

const RECURRENT = row('recurrentKernel', -1, { dataInit: false });
const TRANSPOSED = row('kernel', -2, { asAddons: false });
/** Whatever else has a `kernel`: its outputs are the last axis. */
const LAST = row('kernel', -1);

/** Layers, and what runs a recurrent one, whose kernel is not called `kernel` or has its outputs elsewhere. */
const BY_CLASS: Readonly<Record<string, LayerRow>> = {
  Conv2DTranspose: TRANSPOSED,
  Conv3DTranspose: TRANSPOSED,
  DepthwiseConv2D: row('depthwiseKernel', [-2, -1]),
  SeparableConv2D: {
    ...LAST,
    kernels: [
      { attribute: 'depthwiseKernel', length: 'g_depthwise', axis: [-2, -1] },
      { attribute: 'pointwiseKernel', length: 'g_pointwise', axis: -1 },
    ],
  },
  Embedding: row('embeddings', 0, { dataInit: false }),
  SimpleRNNCell: RECURRENT,
  LSTMCell: RECURRENT,
  GRUCell: RECURRENT,
};

/** The host's layers that have weights but no kernel; those without weights do not build any. */
const WITHOUT = /^(BatchNormalization|LayerNormalization|PReLU|Add|Average|Concatenate|Dot|Maximum|Minimum|Multiply)$/;

export const cellOf = (layer: layers.Layer) => (layer as unknown as { cell?: layers.Layer }).cell;

/** The names of a layer's class and of those it extends. */
function classNames(layer: layers.Layer): string[] {
  const names: string[] = [];
  for (let cls = layer.constructor; typeof cls === 'function'; cls = Object.getPrototypeOf(cls)) {
    if (Object.hasOwn(cls, 'className')) names.push((cls as unknown as { className: string }).className);
  }
  return names;
}

/** The row of a layer, or undefined where it surely has no kernel: a layer of the user's shows that when it is built. */
export function layerRow(layer: layers.Layer): LayerRow | undefined {
  const cell = cellOf(layer);
  const names = classNames(cell ?? layer);
  const name = names.find((candidate) => Object.hasOwn(BY_CLASS, candidate));
  if (name) return BY_CLASS[name];
  const buildsNothing = layer.build === layers.Layer.prototype.build;
  const holdsLayers = cell || 'layer' in layer || 'layers' in layer;
  return buildsNothing || OURS in layer.constructor || holdsLayers || names.some((n) => WITHOUT.test(n))
    ? undefined
    : LAST;
}

/** The kernels of a layer by the row's order. */
export function kernelSpots(layer: layers.Layer, { kernels }: LayerRow): readonly KernelSpot[] {
  const holder = (cellOf(layer) ?? layer) as unknown as KernelSpot['holder'];
  return kernels.map((kernel) => ({ holder, ...kernel }));
}

/** Whether a built layer has a variable there. */
export function hasKernel({ holder, attribute }: KernelSpot): boolean {
  const variable = holder[attribute] as Partial<LayerVariable> | null | undefined;
  return typeof variable?.read === 'function' && Array.isArray(variable.shape) && variable.shape.length >= 2;
}

/** Shape of the length: the kernel's output dimensions. */
export function lengthShape(kernel: readonly number[], axis: Axes): number[] {
  return canonicalAxes('weightNorm', axis, kernel.length).map((output) => kernel[output] as number);
}

/** Runs `f` while the layer reads other kernels than its own variables, which are never written. */
export function withKernels<T>(spots: readonly KernelSpot[], kernels: readonly tf.Tensor[], f: () => T): T {
  const own = spots.map(({ holder, attribute }) => holder[attribute] as LayerVariable);
  try {
    spots.forEach(({ holder, attribute }, i) => {
      holder[attribute] = Object.create(own[i] as LayerVariable, { read: { value: () => kernels[i] } });
    });
    return f();
  } finally {
    spots.forEach(({ holder, attribute }, i) => {
      holder[attribute] = own[i] as LayerVariable;
    });
  }
}
