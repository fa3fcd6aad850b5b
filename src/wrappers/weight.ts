import * as tf from '@tensorflow/tfjs-core';
import { initializers, type LayerVariable, layers } from '@tensorflow/tfjs-layers';
import type { Kwargs } from '@tensorflow/tfjs-layers/dist/types.js';
import { problem } from '../core/errors.js';
import type { LayerArgs } from '../layers/args.js';
import { isFrozen } from '../layers/memory.js';
import { checkKeys, hostOptions, knownKeys, type Options, readOptions } from '../layers/options.js';
import { normRow, OURS } from '../norms.js';
import { weightNorm } from '../ops/weight.js';
import { upgradeConfig } from '../serialization/upgrade.js';
import { initializeFromBatch, isSet } from './dataInit.js';
import { checkWrapped, deserializeWrapped, serializeWrapped } from './inner.js';
import { isRecurrent, type KernelSpot, kernelSpots, lengthShape, withKernels } from './kernels.js';

type Shape = (number | null)[];
type Config = tf.serialization.ConfigDict;

/** Arguments of {@link weightNormalization}. */
export interface WeightNormalizationArgs extends LayerArgs {
  /** The layer whose kernel is normalized, not built yet. */
  layer: layers.Layer;
  /**
   * Whether the first training call sets g and the bias so that the pre-activations of its batch have mean 0 and
   * deviation 1. @default false
   */
  dataInit?: boolean;
}

/** TensorFlow Addons saves a copy of the wrapped layer's weights where it initialized from data. */
const CLONES = 'addonsClones';

/** A file's wrapper around its own `layer`, or the first layer's shape from the layer it wraps. */
function wrapperOptions(args: Options): Options {
  const inner = args.layer as { batchInputShape?: Shape; dtype?: string } | undefined;
  const shaped = args.inputShape !== undefined || args.batchInputShape !== undefined;
  if (shaped || !inner?.batchInputShape) return hostOptions(args);
  return hostOptions({ ...args, batchInputShape: inner.batchInputShape, dtype: inner.dtype });
}

/** The layer made by {@link weightNormalization}. */
export class WeightNormalization extends layers.Layer {
  static readonly className = 'WeightNormalization';
  static readonly row = normRow('weight');
  static readonly [OURS] = true;

  /** The layer whose kernel is normalized. Its `kernel` is the direction v. */
  readonly layer: layers.Layer;
  private readonly dataInit: boolean;
  private readonly addonsClones: boolean;
  private readonly spots: readonly KernelSpot[];
  /** Internal: the shape it was built for. */
  builtShape: Shape | undefined;
  private lengths: LayerVariable[] = [];
  private initialized: LayerVariable | undefined;
  /** Known once read: whether g and the bias are initialized. */
  private ready = false;

  constructor(args: WeightNormalizationArgs) {
    const { [CLONES]: clones, ...rest } = { ...args } as unknown as Options;
    super(wrapperOptions(rest));
    const { row } = WeightNormalization;
    checkKeys(this.subject, row, rest);
    this.dataInit = readOptions(this.subject, row, rest).dataInit as boolean;
    this.addonsClones = clones === true;
    this.layer = checkWrapped(this.subject, rest.layer);
    this.spots = kernelSpots(this.layer);
    this.supportsMasking = this.layer.supportsMasking;
    this.checkDataInit();
  }

  private get subject(): string {
    return `${WeightNormalization.className} "${this.name}"`;
  }

  private checkDataInit(): void {
    if (!this.dataInit) return;
    const className = this.layer.getClassName();
    if (isRecurrent(this.layer) || this.spots[0]?.attribute === 'embeddings') {
      const advice = 'Leave it out: g then starts at ‖v‖.';
      throw problem(this.subject, 'dataInit needs a layer with one linear output', { className }, advice);
    }
  }

  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: Config,
  ): T {
    const { row, className } = WeightNormalization;
    const { [CLONES]: clones, goBackwards, ...known } = config as Options;
    const options = upgradeConfig(row, knownKeys(row), known as Config);
    // `Bidirectional` turns its copy round by this key, which belongs to the layer within.
    const inner = goBackwards === true ? turnedRound(options.layer) : options.layer;
    const layer = deserializeWrapped(className, inner);
    return new cls({ ...options, layer, ...(clones === true ? { [CLONES]: true } : {}) } as unknown as Config);
  }

  /** A file of TensorFlow Addons, which holds copies of the weights it initialized from data. */
  static fromAliasConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: Config,
  ): T {
    const clones = (config as Options).dataInit === true;
    return WeightNormalization.fromConfig(cls, { ...config, ...(clones ? { [CLONES]: true } : {}) });
  }

  override build(inputShape: Shape | Shape[]): void {
    const shape = inputShape as Shape;
    this.layer.build(shape);
    this.layer.built = true;
    this.inputSpec = this.layer.inputSpec;
    this.lengths = this.spots.map((spot) => this.addLength(spot));
    const trainable = [...this.lengths, ...this.layer.trainableWeights];
    this.initialized = this.addFlag(!this.dataInit);
    const frozen = [...this.layer.nonTrainableWeights, this.initialized, ...this.addClones()];
    this.trainableWeights = trainable;
    this.nonTrainableWeights = frozen;
    this.builtShape = shape;
    this.built = true;
  }

  /** g starts as ‖v‖, so that wrapping a layer does not change what it computes. */
  private addLength({ holder, attribute, length, axis }: KernelSpot): LayerVariable {
    const v = (holder[attribute] as LayerVariable).read();
    const shape = lengthShape(v.shape, axis);
    const g = this.addWeight(length, shape, 'float32', initializers.ones(), undefined, true);
    tf.tidy(() => {
      // w = v/‖v‖ is the direction, so that Σ v·w is the length.
      const kept = (typeof axis === 'number' ? [axis] : axis).map((a) => (a < 0 ? a + v.rank : a));
      const others = v.shape.map((_, i) => i).filter((i) => !kept.includes(i));
      g.write(tf.sum(tf.mul(v, weightNorm(v, { axis })), others));
    });
    return g;
  }

  private addFlag(value: boolean): LayerVariable {
    const initializer = value ? initializers.ones() : initializers.zeros();
    return this.addWeight('initialized', [], 'bool', initializer, undefined, false);
  }

  /** Places for the copies in a file of TensorFlow Addons; nothing reads them. */
  private addClones(): LayerVariable[] {
    if (!this.addonsClones) return [];
    return this.layer.weights.map((weight) => {
      const name = `data_dep_init/${weight.originalName.split('/').pop()}`;
      return this.addWeight(name, weight.shape, 'float32', initializers.zeros(), undefined, false);
    });
  }

  /** The kernels g·v/‖v‖. */
  private kernels(): tf.Tensor[] {
    return this.spots.map(({ holder, attribute, axis }, i) =>
      weightNorm((holder[attribute] as LayerVariable).read(), { g: (this.lengths[i] as LayerVariable).read(), axis }),
    );
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Kwargs): tf.Tensor | tf.Tensor[] {
    const options = kwargs ?? {};
    if (this.dataInit && options.training === true && !isFrozen(this)) this.initializeOnce(inputs);
    return tf.tidy(() => withKernels(this.spots, this.kernels(), () => this.layer.call(inputs, options)));
  }

  private initializeOnce(inputs: tf.Tensor | tf.Tensor[]): void {
    this.ready = this.ready || isSet(this.initialized as LayerVariable);
    if (!this.ready) this.initializeFromData(Array.isArray(inputs) ? (inputs[0] as tf.Tensor) : inputs);
  }

  /**
   * Data-dependent initialization from one batch, now: g and the bias become such that the pre-activations have mean 0
   * and deviation 1 on it. Without a bias only the deviation is set (`meanOnlyBatchNormalization` takes the mean).
   *
   * @throws NormalizationError before the layer is built, and around layers without one linear output.
   *
   * @example
   * ```js
   * const layer = weightNormalization({ layer: tf.layers.dense({ units: 3 }), inputShape: [4] });
   * tf.sequential({ layers: [layer] });
   * layer.initializeFromData(tf.randomNormal([32, 4]));
   * ```
   */
  initializeFromData(x: tf.Tensor): void {
    if (!this.built)
      throw problem(this.subject, 'the layer has no weights before it is built', {}, 'Call build first.');
    if (isRecurrent(this.layer) || this.spots[0]?.attribute === 'embeddings') {
      const className = this.layer.getClassName();
      throw problem(this.subject, 'initialization from data needs one linear output', { className }, 'g is ‖v‖ here.');
    }
    initializeFromBatch(this.layer, this.spots, this.lengths, x);
    tf.tidy(() => {
      this.initialized?.write(tf.scalar(true, 'bool'));
    });
    this.ready = true;
  }

  /** The wrapped layer's weights by value, each kernel as g·v/‖v‖. */
  foldedWeights(): tf.Tensor[] {
    if (!this.built)
      throw problem(this.subject, 'the layer has no weights before it is built', {}, 'Call build first.');
    const kernels = this.kernels();
    const variables = this.spots.map(({ holder, attribute }) => holder[attribute]);
    return this.layer.weights.map((weight) => kernels[variables.indexOf(weight)] ?? weight.read());
  }

  override calculateLosses(): ReturnType<layers.Layer['calculateLosses']> {
    return [...super.calculateLosses(), ...this.layer.calculateLosses()];
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
    return this.layer.computeOutputShape(inputShape) as Shape | Shape[];
  }

  override computeMask(inputs: tf.Tensor | tf.Tensor[], mask?: tf.Tensor | tf.Tensor[]): tf.Tensor | tf.Tensor[] {
    return this.layer.computeMask(inputs, mask);
  }

  override get stateful(): boolean {
    return this.layer?.stateful ?? false;
  }

  override resetStates(): void {
    if (this.stateful) this.layer.resetStates();
  }

  override getConfig(): Config {
    const { layer, dataInit } = this;
    const clones = this.addonsClones ? { [CLONES]: true } : {};
    return { ...super.getConfig(), layer: serializeWrapped(layer), dataInit, ...clones } as unknown as Config;
  }
}

function turnedRound(value: unknown): unknown {
  const { className, config } = value as { className: string; config: Options };
  return { className, config: { ...config, goBackwards: config.goBackwards !== true } };
}

/**
 * Weight normalization wrapper: a layer's kernel as a direction v and a length g for every output, both trained.
 *
 * `w = g·v/‖v‖`, the norm over all dimensions of the kernel but the output's; g starts at ‖v‖, so that wrapping changes
 * nothing until training does.
 *
 * Shapes: those of the wrapped layer. Around Dense, Conv1D to Conv3D, transposed, depthwise (one g per input channel and
 * multiplier) and separable convolutions, Embedding (one g a row), SimpleRNN, LSTM and GRU (their recurrent kernel, once
 * a sequence), and layers of your own with a `kernel`. Weights: `g` (separable: `g_depthwise`, `g_pointwise`), the wrapped
 * layer's own (its kernel is v), and the frozen boolean `initialized`, as TensorFlow Addons has it.
 *
 * @throws NormalizationError for a layer without a kernel, a bare cell, a layer that is built, unknown options.
 *
 * @example
 * ```js
 * const model = tf.sequential();
 * model.add(weightNormalization({ layer: tf.layers.dense({ units: 8 }), inputShape: [4] }));
 * model.add(weightNormalization({ layer: tf.layers.dense({ units: 1 }), dataInit: true }));
 * ```
 * Reference: Salimans, Kingma, "Weight Normalization", 2016, https://arxiv.org/abs/1602.07868
 */
export function weightNormalization(args: WeightNormalizationArgs): WeightNormalization {
  return new WeightNormalization(args);
}
