import type { layers } from '@tensorflow/tfjs-layers';

type Layer = layers.Layer;

/** A layer where it stands: `encoder/conv1` is `conv1` of the model, or of the wrapper, `encoder`. */
export interface Placed {
  readonly path: string;
  readonly layer: Layer;
  /** The model or wrapper that holds it; undefined at the top of the model. */
  readonly holder: Placed | undefined;
}

/** Where the host keeps layers in layers: models, TimeDistributed and its like, Bidirectional, recurrent layers, their cells. */
const HELD_BY = ['layers', 'layer', 'forwardLayer', 'backwardLayer', 'cell', 'cells'] as const;

function heldBy(layer: Layer): Layer[] {
  const inner = layer as unknown as Partial<Record<(typeof HELD_BY)[number], Layer | Layer[]>>;
  return HELD_BY.flatMap((key) => inner[key] ?? []);
}

/**
 * All layers of a model, those of models, wrappers and recurrent layers inside it included; a layer follows what holds it. A
 * layer that is used twice comes once, by the first path.
 */
export function layersWithin(model: Layer): Placed[] {
  const seen = new Set<Layer>([model]);
  const found: Placed[] = [];
  const enter = (layer: Layer, holder: Placed | undefined) => {
    if (seen.has(layer)) return;
    seen.add(layer);
    const placed = { path: holder ? `${holder.path}/${layer.name}` : layer.name, layer, holder };
    found.push(placed);
    for (const child of heldBy(layer)) enter(child, placed);
  };
  for (const child of heldBy(model)) enter(child, undefined);
  return found;
}
