/** Reads the layers of a model in memory. */
import type { layers } from '@tensorflow/tfjs-layers';
import { type Call, type Config, type Part, type Shape, type Source, shapeOf } from './part.js';

type Layer = layers.Layer;

/** What the host keeps of one use of a layer. */
interface Node {
  readonly inboundLayers: readonly Layer[];
  readonly tensorIndices: readonly number[];
  readonly inputShapes: readonly Shape[];
  readonly outputShapes: readonly Shape[];
}

/** What a model has besides a layer. */
interface Container extends Layer {
  readonly layers: readonly Layer[];
  readonly containerNodes?: ReadonlySet<string>;
  readonly outputLayers?: readonly Layer[];
  readonly outputLayersTensorIndices?: readonly number[];
  readonly inputLayers?: readonly Layer[];
}

const HELD = ['layer', 'cell', 'cells'] as const;
/** What a Bidirectional runs: copies of its `layer`, which itself it never runs. */
const TWO_WAYS = ['forwardLayer', 'backwardLayer'] as const;

const first = (shapes: readonly Shape[]): Shape | undefined => shapeOf(Array.isArray(shapes[0]) ? shapes[0] : shapes);

const isLayer = (value: unknown): value is Layer => typeof (value as Layer | undefined)?.getClassName === 'function';

/** A layer may have an option named layers that is a list of something else. */
const isHolding = (inside: unknown): inside is readonly Layer[] =>
  Array.isArray(inside) && (inside.length === 0 || inside.some(isLayer));

const sources = (from: readonly Layer[] = [], indices: readonly number[] = []): Source[] =>
  from.map(({ name }, i) => ({ name, at: indices[i] ?? 0 }));

/** The uses of a layer in this model: a layer may stand in several. */
function callsOf(layer: Layer, within: ReadonlySet<string> | undefined): Call[] {
  const nodes = layer.inboundNodes as unknown as readonly Node[];
  const ours = nodes.filter((_, i) => !within || within.size === 0 || within.has(`${layer.name}_ib-${i}`));
  return (ours.length > 0 ? ours : nodes).map(({ inboundLayers, tensorIndices, inputShapes, outputShapes }) => ({
    from: sources(inboundLayers, tensorIndices),
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

/** `around` are the layers it stands in: what holds itself is not entered again. */
function heldBy(layer: Layer, around: readonly Layer[]): Part[] {
  const own = layer as unknown as Record<string, unknown>;
  const keys = TWO_WAYS.some((key) => isLayer(own[key])) ? TWO_WAYS : HELD;
  const ownCell = `${layer.getClassName()}Cell`; // the host's LSTM is a loop around one, which no file tells
  const held = new Set(keys.flatMap((key) => own[key] ?? []).filter(isLayer));
  return [...held]
    .filter((one) => !around.includes(one) && one.getClassName() !== ownCell)
    .map((one) => partOf(one, undefined, around));
}

function partOf(layer: Layer, within: ReadonlySet<string> | undefined, outside: readonly Layer[]): Part {
  const around = [...outside, layer];
  const { layers: inside, containerNodes, outputLayers, outputLayersTensorIndices, inputLayers } = layer as Container;
  const common = { name: layer.name, className: layer.getClassName(), layer, calls: callsOf(layer, within) };
  if (!isHolding(inside)) return { ...common, config: configOf(layer), held: heldBy(layer, around) };
  const members = [...new Set(inside)].filter((held) => isLayer(held) && !around.includes(held));
  return {
    ...common,
    config: { trainable: layer.trainable },
    parts: members.map((held) => partOf(held, containerNodes, around)),
    ends: sources(outputLayers, outputLayersTensorIndices),
    starts: (inputLayers ?? []).map(({ name }) => name),
  };
}

/** Whether a value is a model: told by what it does, since two copies of tfjs have two classes. */
export function isModel(value: unknown): value is Layer {
  const { layers: inside, getClassName } = (value ?? {}) as Partial<Container>;
  return Array.isArray(inside) && typeof getClassName === 'function';
}

export const partOfModel = (model: Layer): Part => partOf(model, undefined, []);
