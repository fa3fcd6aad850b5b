import type { layers } from '@tensorflow/tfjs-layers';
import { problem } from '../core/errors.js';

/**
 * Which layers: globs over their paths, one or several, or a function. `*` and `?` stay within a name, `**` goes across; a glob
 * without `/` means a layer's own name, wherever it stands.
 */
export type LayerFilter = string | readonly string[] | ((path: string, layer: layers.Layer) => boolean);

const PARTS: Readonly<Record<string, string>> = { '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]' };

/** A glob as a test of paths. */
export function globMatcher(glob: string): (path: string) => boolean {
  const source = glob.replace(/\*\*\/|\*\*|[*?]|[\\^$.+()[\]{}|]/g, (part) => PARTS[part] ?? `\\${part}`);
  const pattern = new RegExp(`^${source}$`);
  if (glob.includes('/') || glob === '**') return (path) => pattern.test(path);
  return (path) => pattern.test(path.slice(path.lastIndexOf('/') + 1));
}

/**
 * Whether a layer is meant; without a filter all are.
 *
 * @throws NormalizationError for what is no filter; `option` is how the caller names it.
 */
export function filterOf(
  subject: string,
  option: string,
  filter: LayerFilter | undefined,
): (path: string, layer: layers.Layer) => boolean {
  if (filter === undefined) return () => true;
  if (typeof filter === 'function') return filter;
  const globs = typeof filter === 'string' ? [filter] : filter;
  if (!Array.isArray(globs) || !globs.every((glob) => typeof glob === 'string')) {
    const advice = `Try ${option}: 'encoder/**', or (path) => path.startsWith('encoder/').`;
    throw problem(subject, `${option} must be a glob, a list of them or a function`, { [option]: filter }, advice);
  }
  const matchers = globs.map(globMatcher);
  return (path) => matchers.some((matches) => matches(path));
}
