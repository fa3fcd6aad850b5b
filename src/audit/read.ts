import { problem } from '../core/errors.js';
import { type Graph, graphOf } from './graph.js';
import { partOfJson } from './json.js';
import { isModel, partOfModel } from './live.js';
import { isRecord } from './part.js';

/** Reads a live model or the parsed object of a file. */
export function readModel(subject: string, model: unknown): Graph {
  if (isModel(model)) return graphOf(partOfModel(model));
  if (isRecord(model)) return graphOf(partOfJson(model));
  const advice = 'Pass a layers model, or JSON.parse of its model.json.';
  throw problem(subject, 'model must be a model or the object of a model.json', { model: typeof model }, advice);
}
