import { layers } from '@tensorflow/tfjs-layers';
import type { NormRow } from '../norms.js';

const MAKERS: Readonly<Record<string, () => layers.Layer>> = {
  BatchNormalization: () => layers.batchNormalization({ name: 'stock' }),
  LayerNormalization: () => layers.layerNormalization({ name: 'stock' }),
};

/** The host's own class of a norm, which it does not export. */
export const stockClass = ({ stockClassName }: NormRow): unknown =>
  stockClassName === undefined ? undefined : MAKERS[stockClassName]?.().constructor;
