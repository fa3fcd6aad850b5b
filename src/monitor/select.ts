import type { LayersModel } from '@tensorflow/tfjs-layers';
import { problem } from '../core/errors.js';
import { isNormalization } from '../layers/known.js';
import { filterOf, type LayerFilter } from '../layers/select.js';
import { layersWithin, type Placed } from '../layers/within.js';

/** @throws NormalizationError where nothing matches. */
export function selectLayers(subject: string, model: LayersModel, selection: LayerFilter | undefined): Placed[] {
  const all = layersWithin(model).filter(({ layer }) => layer.getClassName() !== 'InputLayer');
  const isMeant = filterOf(subject, 'layers', selection);
  const wanted = ({ path, layer }: Placed) => (selection === undefined ? isNormalization(layer) : isMeant(path, layer));
  const found = all.filter(wanted);
  if (found.length > 0) return found;
  const paths = all.slice(0, 8).map(({ path }) => path);
  const advice = selection ? 'Use * within a name and ** across names.' : "Pass layers: '**' to watch all of them.";
  throw problem(subject, 'no layer is to be watched', { ...(selection && { layers: selection }), paths }, advice);
}
