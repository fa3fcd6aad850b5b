import { OURS } from '../norms.js';
import { type KernelSpot, kernelSpots, layerRow } from '../wrappers/kernels.js';
import { WeightNormalization } from '../wrappers/weight.js';
import { isTimeDistributed, type Layer } from './graph.js';

/** A layer whose outputs are linear in its kernel and bias. */
export interface Linear {
  /** What stands in the graph: the layer, or TimeDistributed around it. */
  readonly unit: Layer;
  /** What stands in the unit: the layer, or weight normalization around it. */
  readonly place: Layer;
  /** The layer with the kernel. */
  readonly layer: Layer;
  readonly spot: KernelSpot;
  /** The dimension of the unit's output that holds the outputs of the kernel. */
  axisIn(rank: number): number;
}

/** The host's layers that are linear before their activation. */
const LINEAR = new Set([
  'Dense',
  'Conv1D',
  'Conv2D',
  'Conv3D',
  'Conv2DTranspose',
  'Conv3DTranspose',
  'DepthwiseConv2D',
  'SeparableConv2D',
]);

/** The layer in a layer's place: itself, or what a weight normalization wraps. */
export const unwrapped = (layer: Layer): Layer => (layer instanceof WeightNormalization ? layer.layer : layer);

/** A linear layer, or why it is none. */
export function linearOf(unit: Layer): Linear | string {
  const place = isTimeDistributed(unit) ? unit.layer : unit;
  const layer = unwrapped(place);
  const className = layer.getClassName();
  const row = layerRow(layer);
  if (OURS in layer.constructor || !row || !LINEAR.has(className))
    return `${className} "${layer.name}" has no kernel to fold into`;
  const { activation = 'linear', dataFormat } = layer.getConfig() as { activation?: string; dataFormat?: string };
  if (activation !== 'linear') return `${className} "${layer.name}" has the activation ${activation} before the norm`;
  const first = dataFormat === 'channelsFirst';
  const steps = place === unit ? 0 : 1;
  const spot = kernelSpots(layer, row).at(-1) as KernelSpot;
  return { unit, place, layer, spot, axisIn: (rank) => (first ? 1 + steps : rank - 1) };
}
