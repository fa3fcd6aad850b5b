import { layers } from '@tensorflow/tfjs-layers';
import { type NormRow, OURS } from '../norms.js';

const MAKERS: Readonly<Record<string, () => layers.Layer>> = {
  BatchNormalization: () => layers.batchNormalization({ name: 'stock' }),
  LayerNormalization: () => layers.layerNormalization({ name: 'stock' }),
};

const made = new Map<string, unknown>();

/** The host's own class of a name, which it does not export. */
function classNamed(name: string): unknown {
  if (!made.has(name)) made.set(name, MAKERS[name]?.().constructor);
  return made.get(name);
}

export const isOurs = (cls: unknown): boolean => typeof cls === 'function' && OURS in cls;

/**
 * Whether a class of this name is the host's own norm. Of a second copy of tfjs, whose classes are no kin of this one's, the name is
 * believed.
 */
export function isStockClass({ stockClassName }: NormRow, className: string, cls: unknown): boolean {
  if (stockClassName !== className || typeof cls !== 'function' || isOurs(cls)) return false;
  return cls === classNamed(className) || !(cls.prototype instanceof layers.Layer);
}
