import { problem } from '../core/errors.js';
import type { Layer } from './graph.js';

/** Which layers: globs over their paths (`encoder/*`, `**` across levels), one or several, or a function. */
export type LayerFilter = string | readonly string[] | ((path: string, layer: Layer) => boolean);

const PARTS: Readonly<Record<string, string>> = { '**': '.*', '*': '[^/]*', '?': '[^/]' };

/** A glob as a regular expression: `*` and `?` stay within a level, `**` crosses levels, and none. */
function expression(glob: string): RegExp {
  const source = glob.replace(/\*\*\/|\*\*|[*?]|[\\^$.+()[\]{}|]/g, (part) =>
    part === '**/' ? '(?:.*/)?' : (PARTS[part] ?? `\\${part}`),
  );
  return new RegExp(`^${source}$`);
}

/** Whether a layer is meant. */
export function filterOf(subject: string, filter: LayerFilter | undefined): (path: string, layer: Layer) => boolean {
  if (filter === undefined) return () => true;
  if (typeof filter === 'function') return filter;
  const globs = typeof filter === 'string' ? [filter] : filter;
  if (!Array.isArray(globs) || !globs.every((glob) => typeof glob === 'string')) {
    const advice = "Try only: 'encoder/**', or (path) => path.startsWith('encoder/').";
    throw problem(subject, 'only must be a glob, a list of them or a function', { only: filter }, advice);
  }
  const expressions = globs.map(expression);
  return (path) => expressions.some((each) => each.test(path));
}
