import * as tf from '@tensorflow/tfjs-core';
import { initializers, type LayerVariable, type layers } from '@tensorflow/tfjs-layers';
import type { Kwargs } from '@tensorflow/tfjs-layers/dist/types.js';
import { problem } from '../core/errors.js';
import { isFrozen } from '../layers/memory.js';
import { checkKeys, readOptions } from '../layers/options.js';
import { type Shape, singleShape } from '../layers/shape.js';
import { OURS } from '../norms.js';
import { weightNorm } from '../ops/weight.js';
import { initializeFromBatch, isSet } from './dataInit.js';
import { checkWrapped, release, renameWeights, serializeWrapped, take } from './inner.js';
import { type KernelSpot, kernelSpots, type LayerRow, withKernels } from './kernels.js';
import {
  addonsOptions,
  CLONES,
  fileOptions,
  hostOptionsOf,
  ROW,
  type WeightNormalizationArgs,
  withLayer,
} from './options.js';
import { checkKernels, clonesOf, type Initializer, lengthOf, lossesWithin } from './weights.js';
import { LayerWrapper } from './wrapper.js';

export type { WeightNormalizationArgs } from './options.js';

type Config = tf.serialization.ConfigDict;
type SerializableClass<T extends tf.serialization.Serializable> = tf.serialization.SerializableConstructor<T>;

/** The layer made by {@link weightNormalization}. */
export class WeightNormalization extends LayerWrapper {
  static readonly className = 'WeightNormalization';
  static readonly row = ROW;
  static readonly [OURS] = true;

  /** The layer whose kernel is normalized. Its `kernel` is the direction v. */
  readonly layer: layers.Layer;
  /** Internal: the shape it was built for. */
  builtShape: Shape | undefined;
  private readonly dataInit: boolean;
  private readonly addonsClones: boolean;
  private readonly kind: LayerRow;
  /** Internal: its kernels. */
  readonly spots: readonly KernelSpot[];
  private lengths: LayerVariable[] = [];
  private learnable: ReadonlySet<LayerVariable> = new Set();
  private initialized: LayerVariable | undefined;
  private clones: LayerVariable[] = [];
  /** Known once read: whether g and the bias are initialized. */
  private ready = false;

  constructor(args: WeightNormalizationArgs) {
    const { [CLONES]: clones, ...options } = withLayer(WeightNormalization.className, { ...args });
    super(hostOptionsOf(options));
    checkKeys(this.subject, ROW, options);
    this.dataInit = readOptions(this.subject, ROW, options).dataInit as boolean;
    this.addonsClones = clones === true;
    const { layer, row } = checkWrapped(this.subject, options.layer);
    this.layer = layer;
    this.kind = row;
    this.spots = kernelSpots(layer, row);
    this.supportsMasking = layer.supportsMasking;
    this.inputSpec = layer.inputSpec;
    if (this.dataInit) this.checkLinear();
  }

  /** Reads a configuration from a file. (The host calls it without `this`.) */
  static override fromConfig<T extends tf.serialization.Serializable>(cls: SerializableClass<T>, config: Config): T {
    return new cls(fileOptions(config));
  }

  /** Reads a configuration from a file of TensorFlow Addons. */
  static fromAliasConfig<T extends tf.serialization.Serializable>(cls: SerializableClass<T>, config: Config): T {
    return WeightNormalization.fromConfig(cls, addonsOptions(WeightNormalization.className, config));
  }

  private get subject(): string {
    return `${WeightNormalization.className} "${this.name}"`;
  }

  private checkLinear(): void {
    if (this.kind.dataInit) return;
    const className = this.layer.getClassName();
    const advice = 'Leave it out: g then starts at ‖v‖.';
    throw problem(this.subject, 'dataInit needs a layer with one linear output', { className }, advice);
  }

  private checkBuilt(): void {
    if (this.built) return;
    throw problem(this.subject, 'the layer has no weights before it is built', {}, 'Call build first.');
  }

  override build(inputShape: Shape | Shape[]): void {
    if (this.built) return;
    const shape = singleShape(inputShape);
    const hadWeights = take(this.subject, this.layer);
    try {
      this.buildInner(shape, hadWeights);
      this.addWeights();
    } catch (error) {
      this.abandonBuild(hadWeights);
      throw error;
    }
    if (hadWeights) renameWeights(this.layer, this.name);
    this.builtShape = shape;
    this.built = true;
  }

  private addWeights(): void {
    checkKernels(this.subject, this.layer, this.spots);
    this.addLoss(lossesWithin(this.layer));
    this.learnable = new Set(this.layer.weights.filter(({ trainable }) => trainable));
    this.lengths = this.spots.map((spot) => this.add(...lengthOf(spot), true));
    this.initialized = this.add('initialized', [], 'bool', this.dataInit ? initializers.zeros() : initializers.ones());
    this.clones = this.addonsClones ? clonesOf(this.layer).map((clone) => this.add(...clone)) : [];
    this.arrangeWeights();
  }

  /** By list, since models switch the variables' flags: a layer frozen within a wrapper that trains stays frozen. */
  protected override arrangeWeights(): void {
    const { layer, lengths, initialized, clones } = this;
    const learns = (weight: LayerVariable) => (layer.trainable || !this.trainable) && this.learnable.has(weight);
    const fixed = layer.weights.filter((weight) => !learns(weight));
    this.trainableWeights = [...lengths, ...layer.weights.filter(learns)];
    this.nonTrainableWeights = [...fixed, initialized as LayerVariable, ...clones];
  }

  private add(name: string, shape: number[], dtype: tf.DataType, initializer: Initializer, trainable = false) {
    return this.addWeight(name, shape, dtype, initializer, undefined, trainable);
  }

  /** Nothing half-built stays: the host keeps variables alive until they are disposed. */
  private abandonBuild(hadWeights: boolean): void {
    release(this.layer);
    const theirs = new Set(hadWeights ? this.layer.weights : []);
    for (const weight of new Set([...this.layer.weights, ...this.weights])) if (!theirs.has(weight)) weight.dispose();
    this.trainableWeights = [];
    this.nonTrainableWeights = [];
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

  /** A batch without examples, or with one value an output, says nothing: the next one does. */
  private initializeOnce(inputs: tf.Tensor | tf.Tensor[]): void {
    const x = Array.isArray(inputs) ? (inputs[0] as tf.Tensor) : inputs;
    this.ready = this.ready || isSet(this.initialized as LayerVariable);
    if (!this.ready && x.size > 0) this.initializeFrom(x);
  }

  private initializeFrom(x: tf.Tensor): boolean {
    this.ready = initializeFromBatch(this.layer, this.spots, this.lengths, x);
    if (!this.ready) return false;
    tf.tidy(() => {
      this.initialized?.write(tf.scalar(true, 'bool'));
    });
    return true;
  }

  /**
   * Data-dependent initialization from one batch, now: g and the bias become such that the pre-activations have mean 0
   * and deviation 1 on it. Without a bias only the deviation is set (`meanOnlyBatchNormalization` takes the mean).
   *
   * @param x Input of the layer.
   * @throws NormalizationError before the layer is built, for a frozen one, for a batch of one value an output, and around
   *   layers without one linear output.
   *
   * @example
   * ```js
   * const layer = weightNormalization({ layer: tf.layers.dense({ units: 3 }), inputShape: [4] });
   * tf.sequential({ layers: [layer] });
   * layer.initializeFromData(tf.randomNormal([32, 4]));
   * ```
   */
  initializeFromData(x: tf.Tensor): void {
    this.checkBuilt();
    this.checkLinear();
    if (isFrozen(this)) {
      throw problem(
        this.subject,
        'a frozen layer keeps its weights',
        { trainable: false },
        'Set trainable = true first.',
      );
    }
    if (this.initializeFrom(x)) return;
    const rule = 'initialization needs more than one value for every output';
    throw problem(this.subject, rule, { shape: x.shape }, 'Pass a larger batch.');
  }

  /** Internal: the wrapped layer's weights by value, each kernel as g·v/‖v‖. */
  foldedWeights(): tf.Tensor[] {
    this.checkBuilt();
    const kernels = this.kernels();
    const variables = this.spots.map(({ holder, attribute }) => holder[attribute]);
    return this.layer.weights.map((weight) => kernels[variables.indexOf(weight)] ?? weight.read());
  }

  override getConfig(): Config {
    const { layer, dataInit } = this;
    const clones = this.addonsClones ? { [CLONES]: true } : {};
    return { ...super.getConfig(), layer: serializeWrapped(layer), dataInit, ...clones } as unknown as Config;
  }
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
 * @throws NormalizationError for a layer without a kernel, a bare cell, a layer of another model, unknown options.
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
