import { normalizationNamed } from '../layers/known.js';
import { layersWithin, type Placed } from '../layers/within.js';
import { type NormId, normRow } from '../norms.js';
import { allNodesOf, isContainer, isTimeDistributed, type Layer, type Shape } from './graph.js';

/** A normalization layer where it stands. */
export interface Site extends Placed {
  readonly norm: NormId;
  /** The shapes it is used on, several where it is shared; none where that cannot be told. */
  readonly shapes: readonly Shape[];
  /** What holds it, other than a model or TimeDistributed: out of there it cannot be taken. */
  readonly fixedIn: Layer | undefined;
}

const shapesOf = (shape: Shape | Shape[]): Shape => (Array.isArray(shape[0]) ? shape[0] : shape) as Shape;

function fixedIn({ holder }: Placed): Layer | undefined {
  if (!holder) return undefined;
  return isContainer(holder.layer) || isTimeDistributed(holder.layer) ? fixedIn(holder) : holder.layer;
}

/** The normalization layers of a model, front to back, with the shapes they get. */
export function sitesOf(model: Layer): Site[] {
  const placed = layersWithin(model);
  const nodes = allNodesOf(model);
  const used = new Map<Layer, Shape[]>();
  const order = new Map(nodes.map(({ outboundLayer }, i) => [outboundLayer, i]));
  for (const { outboundLayer, inputShapes } of nodes) {
    const shape = shapesOf(inputShapes);
    used.set(outboundLayer, [...(used.get(outboundLayer) ?? []), shape]);
  }
  for (const { layer } of placed) {
    if (!isTimeDistributed(layer)) continue;
    const steps = (used.get(layer) ?? []).map(([batch = null, _time, ...rest]) => [batch, ...rest]);
    used.set(layer.layer, [...(used.get(layer.layer) ?? []), ...steps]);
    order.set(layer.layer, order.get(layer) ?? 0);
  }
  const sites = placed.flatMap((place) => {
    const norm = normalizationNamed(place.layer.getClassName());
    return norm ? [{ ...place, norm, shapes: used.get(place.layer) ?? [], fixedIn: fixedIn(place) }] : [];
  });
  const rank = ({ layer }: Site) => order.get(layer) ?? Number.MAX_SAFE_INTEGER;
  return sites.sort((a, b) => rank(a) - rank(b));
}

/** The row of the table that a site's norm is. */
export const rowOfSite = ({ norm }: Site) => normRow(norm);
