import type { NormRow } from '../norms.js';
import type { Options } from './options.js';

/** The highest rank tfjs's own normalization layers take. */
const STOCK_RANK = 4;

/**
 * The class name under which a layer is saved: the standard one where tfjs's own layer computes the same, so that the
 * file stays readable without this package; else our own, since the stock layer would load it and be wrong.
 *
 * @param options Undefined while the host's constructor runs, which asks for a name.
 * @param rank Undefined before build.
 * @param extended Whether the layer does what the stock one does not, besides its options.
 */
export function savedClassName(
  row: NormRow,
  options: Options | undefined,
  rank: number | undefined,
  extended: boolean,
): string {
  const standard = row.stockClassName ?? row.className;
  if (!options) return standard;
  const axes = Array.isArray(options.axis) ? options.axis : [options.axis];
  const last = axes.length === 1 && (axes[0] === -1 || (rank !== undefined && axes[0] === rank - 1));
  const own = row.ownOptions.some((key) => key in row.defaults && options[key] !== row.defaults[key]);
  // The stock layers cannot be trained without both parameters.
  const affine = options.center === true && options.scale === true;
  const same = last && affine && !own && !extended && (rank === undefined || rank <= STOCK_RANK);
  return same ? standard : row.className;
}
