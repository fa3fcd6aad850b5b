import { problem } from '../core/errors.js';
import { isRecord } from './part.js';

type Names = Readonly<Record<string, unknown>>;

/** Plain also where it comes from another page or context, whose Object is another. */
function isPlain(value: unknown): value is Names {
  if (!isRecord(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Refuses what is no plain object: a Map would be taken as one without entries. */
export function checkPlain(subject: string, what: string, value: unknown, advice: string): asserts value is Names {
  if (isPlain(value)) return;
  throw problem(subject, `${what} must be one plain object`, { [what]: value }, advice);
}
