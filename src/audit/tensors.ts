/** What a file says a layer reads: tfjs, Keras 2 and Keras 3 write it in ways of their own. */
import { type Call, isRecord, option, type Source } from './part.js';

/** Lists, dictionaries and options around a tensor: more hold none. */
const DEEPEST = 8;

/** Masks tell which values count: nothing is computed from them. */
const MASK = /mask/i;

const isReference = (list: readonly unknown[]): list is readonly [string, number, number?, unknown?] =>
  typeof list[0] === 'string' && list.slice(1, 3).every((index) => typeof index === 'number');

/**
 * The tensors named in a value, in order: `[name, node, tensor, options]`, alone or in lists, also in the options; or a
 * `keras_history` of the first three. A constant has −1 for its node.
 */
export function tensorsIn(value: unknown, depth = 0, found: Source[] = []): Source[] {
  if (depth > DEEPEST || typeof value !== 'object' || value === null) return found;
  if (Array.isArray(value) && isReference(value)) {
    const [name, node = 0, at = 0, options] = value;
    if (node >= 0) found.push({ name, at });
    return tensorsIn(options, depth + 1, found);
  }
  const config = isRecord(value) ? value.config : undefined;
  const history = isRecord(config) ? option(config, 'kerasHistory') : undefined;
  if (history !== undefined) return tensorsIn(history, depth + 1, found);
  for (const [key, inner] of Object.entries(value)) if (!MASK.test(key)) tensorsIn(inner, depth + 1, found);
  return found;
}

/** One use of a layer. */
export function callOf(node: unknown): Call {
  return { from: tensorsIn(isRecord(node) ? [option(node, 'args'), option(node, 'kwargs')] : node) };
}
