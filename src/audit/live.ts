/** Reads the layers of a model in memory. */
import type { layers } from '@tensorflow/tfjs-layers';
import { type Call, type Config, type Part, type Shape, shapeOf } from './part.js';

type Layer = layers.Layer;

/** What the host keeps of one use of a layer. */
interface Node {
  readonly inboundLayers: readonly Layer[];
  readonly inputShapes: readonly Shape[];
  readonly outputShapes: readonly Shape[];
}

/** What a model has besides a layer. */
interface Container extends Layer {
  readonly layers: readonly Layer[];
  readonly containerNodes?: ReadonlySet<string>;
  readonly outputLayers?: readonly Layer[];
  readonly inputLayers?: readonly Layer[];
}

const HELD = ['layer', 'forwardLayer', 'backwardLayer', 'cell', 'cells'] as const;

const first = (shapes: readonly Shape[]): Shape | undefined => shapeOf(Array.isArray(shapes[0]) ? shapes[0] : shapes);

/** The uses of a layer in this model: a layer may stand in several. */
function callsOf(layer: Layer, within: ReadonlySet<string> | undefined): Call[] {
  const nodes = layer.inboundNodes as unknown as readonly Node[];
  const ours = nodes.filter((_, i) => !within || within.size === 0 || within.has(`${layer.name}_ib-${i}`));
  return (ours.length > 0 ? ours : nodes).map(({ inboundLayers, inputShapes, outputShapes }) => ({
    from: inboundLayers.map(({ name }) => name),
    input: first(inputShapes),
    output: first(outputShapes),
  }));
}

/** A custom layer's configuration may not be had: then nothing is known of it but its class. */
function configOf(layer: Layer): Config {
  try {
    return layer.getConfig() as Config;
  } catch {
    return {};
  }
}

function heldBy(layer: Layer, seen: Set<Layer>): Part[] {
  const inner = layer as unknown as Partial<Record<(typeof HELD)[number], Layer | Layer[]>>;
  const ownCell = `${layer.getClassName()}Cell`; // the host's LSTM is a loop around one, which no file tells
  return HELD.flatMap((key) => inner[key] ?? [])
    .filter((held) => typeof held?.getClassName === 'function' && !seen.has(held) && held.getClassName() !== ownCell)
    .map((held) => partOf(held, undefined, seen));
}

function partOf(layer: Layer, within: ReadonlySet<string> | undefined, seen: Set<Layer>): Part {
  seen.add(layer);
  const { layers: inside, containerNodes, outputLayers, inputLayers } = layer as Container;
  const common = { name: layer.name, className: layer.getClassName(), layer, calls: callsOf(layer, within) };
  if (!Array.isArray(inside)) return { ...common, config: configOf(layer), held: heldBy(layer, seen) };
  return {
    ...common,
    config: { trainable: layer.trainable },
    parts: inside.filter((held: Layer) => !seen.has(held)).map((held: Layer) => partOf(held, containerNodes, seen)),
    ends: (outputLayers ?? []).map(({ name }) => name),
    starts: (inputLayers ?? []).map(({ name }) => name),
  };
}

/** Whether a value is a model: told by what it does, since two copies of tfjs have two classes. */
export function isModel(value: unknown): value is Layer {
  const { layers: inside, getClassName } = (value ?? {}) as Partial<Container>;
  return Array.isArray(inside) && typeof getClassName === 'function';
}

export const partOfModel = (model: Layer): Part => partOf(model, undefined, new Set());
