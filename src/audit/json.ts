/** Reads the layers out of a model file, of tfjs, Keras 2 or Keras 3, without making a single one. */
import { problem } from '../core/errors.js';
import { kindNamed } from './kinds.js';
import { type Call, type Config, isRecord, option, type Part, shapeOf } from './part.js';
import { callOf, tensorsIn } from './tensors.js';

/** Models in models: more are no network. */
const DEEPEST = 40;
const NOTHING: Config = {};
const MODELS: ReadonlySet<string> = new Set(['Sequential', 'Functional', 'Model']);

const refuse = (rule: string, received: Readonly<Record<string, unknown>>) =>
  problem('model', rule, received, 'Pass a layers model, or the parsed object of its model.json.');

/** `{className, config}`, as every layer is written. */
function entryOf(value: unknown): { className: string; config: Config; rest: Config } | undefined {
  if (!isRecord(value)) return undefined;
  const className = option(value, 'className');
  const config = option(value, 'config');
  if (typeof className !== 'string') return undefined;
  return {
    className,
    config: isRecord(config) ? config : Array.isArray(config) ? { layers: config } : NOTHING,
    rest: value,
  };
}

function partsIn(value: unknown, depth: number): Part[] {
  return Array.isArray(value) ? value.flatMap((inner) => partOf(inner, depth) ?? []) : [];
}

/** Whether what a layer holds is no deeper than this. */
const isShallow = ({ held, parts }: Part, most: number): boolean =>
  !parts && most > 0 && (held ?? []).every((inner) => isShallow(inner, most - 1));

/** Recurrent layers, their cells, and cells in those: more would double at each Bidirectional. */
const MOST_OF_CELLS = 3;

/** What runs in a Bidirectional: two layers, of which a file has one. */
function twoWays(layer: Part, back: Part = layer): Part[] {
  if (![layer, back].every((part) => isShallow(part, MOST_OF_CELLS))) return [layer];
  return [
    { ...layer, name: `forward_${layer.name}` },
    { ...back, name: `backward_${back.name}` },
  ];
}

/** What a wrapper, a recurrent layer or a cell holds. */
function heldIn(className: string, config: Config, depth: number): Part[] {
  const layer = partOf(option(config, 'layer'), depth);
  if (className === 'Bidirectional' && layer) return twoWays(layer, partOf(option(config, 'backwardLayer'), depth));
  if (kindNamed(className) === 'wrapper') return layer ? [layer] : [];
  const cell = partOf(option(config, 'cell'), depth);
  return [...(layer ? [layer] : []), ...(cell ? [cell] : []), ...partsIn(option(config, 'cells'), depth)];
}

/** The list of a model's layers: a layer may have an option of this name that lists something else. */
function layersIn(className: string, config: Config): unknown[] | undefined {
  const layers = option(config, 'layers');
  if (!Array.isArray(layers)) return undefined;
  return MODELS.has(className) || layers.some(entryOf) ? layers : undefined;
}

/** Keras 3 writes the shape a layer was built for. */
function builtFor(rest: Config): Call['input'] {
  const build = option(rest, 'buildConfig');
  return isRecord(build) ? shapeOf(option(build, 'inputShape')) : undefined;
}

function partOf(value: unknown, depth = 0): Part | undefined {
  const entry = entryOf(value);
  if (!entry) return undefined;
  if (depth > DEEPEST) throw refuse('layers must not be nested so deeply', { depth });
  const { className, config, rest } = entry;
  const named = option(rest, 'name') ?? option(config, 'name');
  const nodes = option(rest, 'inboundNodes');
  const calls = Array.isArray(nodes) ? nodes.map(callOf) : [];
  const input = builtFor(rest);
  const layers = layersIn(className, config);
  return {
    name: typeof named === 'string' ? named : className,
    className,
    config,
    calls: calls.length === 0 && input ? [{ from: [], input }] : calls.map((call) => ({ ...call, input })),
    ...(layers
      ? {
          parts: partsIn(layers, depth + 1),
          ends: tensorsIn(option(config, 'outputLayers')),
          starts: tensorsIn(option(config, 'inputLayers')).map(({ name }) => name),
        }
      : { held: heldIn(className, config, depth + 1) }),
  };
}

/** The topology within a whole model.json, or the topology itself. */
function topologyIn(file: Config): unknown {
  const topology = option(file, 'modelTopology') ?? file;
  return isRecord(topology) ? (option(topology, 'modelConfig') ?? topology) : topology;
}

/**
 * The model of a parsed model.json, of its topology, or of what `model.toJSON()` gives.
 *
 * @throws NormalizationError where it is none.
 */
export function partOfJson(file: Config): Part {
  if (option(file, 'format') === 'graph-model') throw refuse('a graph model has no layers', { format: 'graph-model' });
  const part = partOf(topologyIn(file));
  if (part?.parts) return part;
  throw refuse('model.json must hold the layers of a model', { keys: Object.keys(file).slice(0, 8) });
}
