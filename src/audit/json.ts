/** Reads the layers out of a model file, of tfjs, Keras 2 or Keras 3, without making a single one. */
import { problem } from '../core/errors.js';
import { type Call, type Config, isRecord, option, type Part, shapeOf } from './part.js';

/** Models in models: more are no network. */
const DEEPEST = 40;
const NOTHING: Config = {};

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

/** Names of the layers that a Keras 3 argument comes from. */
function historiesIn(value: unknown, depth: number, found: string[]): string[] {
  if (depth > 6 || typeof value !== 'object' || value === null) return found;
  const config = isRecord(value) && isRecord(value.config) ? value.config : NOTHING;
  const history = option(config, 'kerasHistory');
  if (Array.isArray(history) && typeof history[0] === 'string') found.push(history[0]);
  else for (const inner of Object.values(value)) historiesIn(inner, depth + 1, found);
  return found;
}

/** `[[name, node, tensor, kwargs], …]` is what tfjs and Keras 2 write for one use of a layer. */
function callOf(node: unknown): Call {
  if (isRecord(node)) return { from: historiesIn(option(node, 'args'), 0, []) };
  const list = Array.isArray(node) ? node : [];
  const from = list.map((tensor) => (Array.isArray(tensor) ? tensor[0] : undefined));
  return { from: from.filter((name) => typeof name === 'string') };
}

/** `[["a", 0, 0]]`, or flat `["a", 0, 0]` as Keras 3 writes one. */
function namesOf(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  if (typeof value[0] === 'string') return [value[0]];
  return value.flatMap((entry) => (Array.isArray(entry) && typeof entry[0] === 'string' ? [entry[0]] : []));
}

function partsIn(value: unknown, depth: number): Part[] {
  return Array.isArray(value) ? value.flatMap((inner) => partOf(inner, depth) ?? []) : [];
}

/** What a wrapper, a recurrent layer or a cell holds. */
function heldIn(config: Config, depth: number): Part[] {
  const cells = option(config, 'cells');
  const single = ['layer', 'cell'].flatMap((key) => partOf(option(config, key), depth) ?? []);
  return [...single, ...partsIn(cells, depth)];
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
  const layers = option(config, 'layers');
  return {
    name: typeof named === 'string' ? named : className,
    className,
    config,
    calls: calls.length === 0 && input ? [{ from: [], input }] : calls.map((call) => ({ ...call, input })),
    ...(Array.isArray(layers)
      ? {
          parts: partsIn(layers, depth + 1),
          ends: namesOf(option(config, 'outputLayers')),
          starts: namesOf(option(config, 'inputLayers')),
        }
      : { held: heldIn(config, depth + 1) }),
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
