import { layers, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { createNormalization, type NormalizationSpec } from '../../src/index.js';

/** What every builder takes. A spec is made anew at every place; a layer itself would be shared, so it is not taken. */
export type Norm = Exclude<NormalizationSpec, layers.Layer>;

/** Applies layers one after another. */
export function through(x: SymbolicTensor, ...steps: layers.Layer[]): SymbolicTensor {
  return steps.reduce((y, layer) => layer.apply(y) as SymbolicTensor, x);
}

/** Whether a layer before this norm needs a bias of its own: a mean is taken away and β given back by all but these. */
const KEEPS_BIAS = /^(none|rms|weight)/i;

/** The name of a spec, as far as it has one. */
function nameOf(norm: Norm): string {
  if (typeof norm === 'string') return norm;
  if (typeof norm === 'function') return '';
  return String(norm.norm ?? norm.type ?? norm.className);
}

export const needsBias = (norm: Norm): boolean => KEEPS_BIAS.test(nameOf(norm));

/** A norm, and the activation after it. */
export const normed = (norm: Norm, activation = 'relu'): layers.Layer[] => [
  createNormalization(norm),
  layers.activation({ activation: activation as 'relu' }),
];
