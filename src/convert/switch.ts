import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { NormalizationSpec } from '../auto/create.js';
import { checkModel } from '../layers/inputs.js';
import type { SwitchableNormalization, SwitchShares } from '../layers/switchable.js';
import { layersWithin } from '../layers/within.js';
import type { Layer } from './graph.js';

type Statistic = keyof SwitchShares;

/** What a switchable layer has learned to use. */
export interface SwitchReading {
  readonly path: string;
  /** Share of each statistic in the mean, adding up to 1. */
  readonly mean: SwitchShares;
  /** Share of each statistic in the variance, adding up to 1. */
  readonly variance: SwitchShares;
  /** The statistic with the largest share, mean and variance together. */
  readonly norm: Statistic;
  /** Its share, mean and variance together: 1 where the layer is that norm already. */
  readonly share: number;
  /** The layer that is that norm: for `'layer'`, over space and channels with γ per channel, group norm of one group. */
  readonly spec: NormalizationSpec;
}

const SPECS: Readonly<Record<Statistic, NormalizationSpec>> = {
  instance: 'instance',
  layer: { norm: 'group', groups: 1 },
  batch: 'batch',
};

function reading(path: string, layer: SwitchableNormalization): SwitchReading {
  const { mean, variance } = layer.currentWeights();
  const share = (statistic: Statistic) => ((mean[statistic] ?? 0) + (variance[statistic] ?? 0)) / 2;
  const [norm] = (Object.keys(mean) as Statistic[]).sort((a, b) => share(b) - share(a)) as [Statistic];
  return { path, mean, variance, norm, share: share(norm), spec: SPECS[norm] };
}

const isSwitchable = (layer: Layer): layer is SwitchableNormalization =>
  typeof (layer as Partial<SwitchableNormalization>).currentWeights === 'function';

/**
 * Reads from a model's switchable layers which statistics they have learned to use: a probe for the norm that each place
 * wants. `convertNormalization(model, readSwitchWeights(model))` makes them static.
 *
 * @param model A model with built switchable layers; models and wrappers within it are searched too.
 * @returns One reading for every switchable layer by its path, front to back; none where there is none.
 * @throws NormalizationError where the model is none.
 *
 * @example
 * ```js
 * const model = tf.sequential();
 * model.add(tf.layers.conv2d({ filters: 8, kernelSize: 3, inputShape: [8, 8, 3] }));
 * model.add(switchableNormalization({ name: 'sn' }));
 * const [{ path, norm, share }] = readSwitchWeights(model); // before training every share is a third
 * const { model: still } = await convertNormalization(model, readSwitchWeights(model));
 * ```
 * Reference: Luo et al., "Differentiable Learning-to-Normalize via Switchable Normalization", 2019, section 4,
 * https://arxiv.org/abs/1806.10779
 */
export function readSwitchWeights(model: LayersModel): SwitchReading[] {
  checkModel('readSwitchWeights', model);
  return layersWithin(model).flatMap(({ path, layer }) => (isSwitchable(layer) ? [reading(path, layer)] : []));
}
