import type { LayersModel, layers } from '@tensorflow/tfjs-layers';
import { problem } from '../core/errors.js';
import { isNormalization } from '../layers/known.js';
import { layersWithin, type Placed } from '../layers/within.js';

/** Which layers: globs over paths, or a function that says so. */
export type LayerSelection = string | readonly string[] | ((path: string, layer: layers.Layer) => boolean);

/** `*` and `?` stay within a name, `**` goes across; a glob without `/` means the layer's own name. */
export function globMatcher(glob: string): (path: string) => boolean {
  const parts = glob.split(/(\*\*\/|\*\*|\*|\?)/);
  const meaning: Readonly<Record<string, string>> = { '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]' };
  const source = parts.map((part) => meaning[part] ?? part.replace(/[\\^$.|+()[\]{}]/g, '\\$&')).join('');
  const pattern = new RegExp(`^${source}$`);
  if (glob.includes('/') || glob === '**') return (path) => pattern.test(path);
  return (path) => pattern.test(path.slice(path.lastIndexOf('/') + 1));
}

/** @throws NormalizationError where nothing matches. */
export function selectLayers(subject: string, model: LayersModel, selection: LayerSelection | undefined): Placed[] {
  const all = layersWithin(model).filter(({ layer }) => layer.getClassName() !== 'InputLayer');
  const wanted = (): ((placed: Placed) => boolean) => {
    if (selection === undefined) return ({ layer }) => isNormalization(layer);
    if (typeof selection === 'function') return ({ path, layer }) => selection(path, layer);
    const matchers = [selection].flat().map((glob) => globMatcher(String(glob)));
    return ({ path }) => matchers.some((matches) => matches(path));
  };
  const found = all.filter(wanted());
  if (found.length > 0) return found;
  const paths = all.slice(0, 8).map(({ path }) => path);
  const advice = selection ? 'Use * within a name and ** across names.' : "Pass layers: '**' to watch all of them.";
  throw problem(subject, 'no layer is to be watched', { ...(selection && { layers: selection }), paths }, advice);
}
