import type { serialization } from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import { problem } from '../core/errors.js';
import type { LayerArgs } from '../layers/args.js';
import { hostOptions, knownKeys, type Options } from '../layers/options.js';
import { normRow } from '../norms.js';
import { upgradeConfig } from '../serialization/upgrade.js';
import { deserializeWrapped, isSerialized } from './inner.js';
import { layerRow } from './kernels.js';

type Config = serialization.ConfigDict;

/** Arguments of {@link weightNormalization}. */
export interface WeightNormalizationArgs extends LayerArgs {
  /** The layer whose kernel is normalized; it belongs to the wrapper from then on. */
  layer: layers.Layer;
  /**
   * Whether the first training call sets g and the bias so that the pre-activations of its batch have mean 0 and
   * deviation 1. @default false
   */
  dataInit?: boolean;
}

/** Configuration key: TensorFlow Addons saves a copy of the wrapped layer's weights where it initialized from data. */
export const CLONES = 'addonsClones';
export const ROW = normRow('weight');

/** The host's options; the first layer's shape and whether it trains are the wrapped layer's unless given. */
export function hostOptionsOf(args: Options): Options {
  const { batchInputShape, dtype, trainable } = (args.layer ?? {}) as Options;
  const shaped = args.inputShape !== undefined || args.batchInputShape !== undefined || !batchInputShape;
  return hostOptions({ trainable, ...(shaped ? {} : { batchInputShape, dtype }), ...args });
}

/** Constructor options with the wrapped layer made of its configuration, where they hold one. */
export function withLayer(subject: string, args: Options): Options {
  const { layer, goBackwards, ...rest } = args;
  if (!isSerialized(layer)) return args;
  // `Bidirectional` turns its copy of a layer round by this key, which belongs to the layer within.
  const turned = { ...layer.config, goBackwards: layer.config.goBackwards !== true };
  const own = goBackwards === true ? { className: layer.className, config: turned } : layer;
  return { ...rest, layer: deserializeWrapped(subject, own) };
}

/** Constructor options of a configuration from a file. */
export function fileOptions(config: Config): Config {
  const { [CLONES]: clones, goBackwards, ...known } = config as Options;
  const marks = { ...(clones ? { [CLONES]: true } : {}), ...(goBackwards ? { goBackwards } : {}) };
  return { ...upgradeConfig(ROW, knownKeys(ROW), known as Config), ...marks } as unknown as Config;
}

/**
 * A configuration from a file of TensorFlow Addons, as one of ours. It initializes from data unless told otherwise,
 * recurrent layers too, and then holds copies of the weights it did that with.
 */
export function addonsOptions(subject: string, config: Config): Config {
  const layer = deserializeWrapped(subject, config.layer);
  const row = layerRow(layer);
  if (row && !row.asAddons) {
    const rule = 'TensorFlow Addons gives this layer one g for each of its inputs, not outputs';
    throw problem(subject, rule, { layer: layer.getClassName() }, 'Export the model with the plain layer.');
  }
  const clones = config.dataInit !== false;
  const options = { ...config, layer, dataInit: clones && row?.dataInit === true, [CLONES]: clones };
  return options as unknown as Config;
}
