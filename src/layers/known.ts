import type { layers } from '@tensorflow/tfjs-layers';
import { NORMS, type NormId } from '../norms.js';

/** Every name under which a file or a layer can be one of the table's norms. */
const IDS: ReadonlyMap<string, NormId> = new Map(
  NORMS.flatMap(({ id, className, stockClassName, aliases }) =>
    [className, ...(stockClassName ? [stockClassName] : []), ...aliases].map((name) => [name, id] as const),
  ),
);

/** The norm that a class name stands for, the host's own classes and those of other packages' files included. */
export function normalizationNamed(className: string): NormId | undefined {
  return IDS.get(className);
}

/**
 * Whether a layer normalizes: one of this package, or tfjs's own BatchNormalization or LayerNormalization. It is told by its
 * class's name, so that layers of a second copy count too. What is no layer is none of them.
 *
 * @example
 * ```js
 * isNormalization(groupNormalization({ groups: 4 })); // true
 * isNormalization(tf.layers.batchNormalization()); // true
 * isNormalization(tf.layers.dense({ units: 2 })); // false
 * ```
 */
export function isNormalization(layer: layers.Layer): boolean {
  const { getClassName } = (layer ?? {}) as Partial<layers.Layer>;
  return typeof getClassName === 'function' && normalizationNamed(getClassName.call(layer)) !== undefined;
}
