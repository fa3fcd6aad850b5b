import type * as tf from '@tensorflow/tfjs-core';
import { type InputSpec, type LayerVariable, layers } from '@tensorflow/tfjs-layers';
import type { Kwargs } from '@tensorflow/tfjs-layers/dist/types.js';
import type { Axes } from '../core/axes.js';
import { type NormRow, OURS, type WeightRow } from '../norms.js';
import { upgradeConfig } from '../serialization/upgrade.js';
import { checkKeys, hostOptions, knownKeys, type Options, readOptions } from './options.js';
import { isDefault, type Parameter, parametersConfig, readParameters } from './parameters.js';
import { inputSpec, parameterAxes, parameterSizes, type Shape, singleShape } from './shape.js';

/** What a norm's class looks like from outside: it carries its row of the table. */
export interface NormClass {
  readonly className: string;
  readonly row: NormRow;
  new (args?: Options): NormalizationLayer;
}

/**
 * What all layers share: checked options, weights as the table's row lists them, masks passed through, a configuration
 * that survives `constructor(getConfig())`. The arithmetic is the op's.
 */
export abstract class NormalizationLayer extends layers.Layer {
  /** Marks the package's classes across copies of it, so that registering twice is known from displacing. */
  static readonly [OURS] = true;

  protected readonly row: NormRow;
  protected readonly options: Options;
  protected readonly parameters: readonly Parameter[];
  protected weightsByName: Record<string, LayerVariable> = {};

  constructor(row: NormRow, args: Options = {}) {
    super(hostOptions(args));
    this.row = row;
    checkKeys(this.subject, row, args);
    this.options = readOptions(this.subject, row, args);
    this.parameters = readParameters(this.subject, row, args, this.initialWeightNames());
    this.supportsMasking = true;
  }

  /** Reads a configuration from a file, Keras's and TensorFlow Addons' included. (The host calls it without `this`.) */
  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    const { row } = cls as unknown as NormClass;
    return new cls(upgradeConfig(row, knownKeys(row), config));
  }

  /** Who complains in an error: `GroupNormalization "gn2"`. */
  protected get subject(): string {
    return `${this.row.stockClassName ?? this.row.className} "${this.name}"`;
  }

  /** Initial values that depend on an option, by weight. */
  protected initialWeightNames(): Readonly<Record<string, string>> {
    return {};
  }

  /** Whether the options ask for this weight. */
  protected wants({ when }: WeightRow): boolean {
    return when === undefined || this.options[when] === true;
  }

  /** The axes of a known rank whose lengths the parameters have. */
  protected parameterAxes(rank: number): number[] {
    return parameterAxes(this.subject, this.row, this.options.axis as Axes, rank);
  }

  /** Checks the shape before anything is made, so that a refused build leaves nothing. */
  protected checkShape(shape: Shape): number[] {
    return parameterSizes(this.subject, this.row, this.options.axis as Axes, shape);
  }

  protected weightShape({ over }: WeightRow, sizes: number[]): number[] {
    return over === 'statistics' ? [(this.options.statistics as unknown[]).length] : sizes;
  }

  override build(inputShape: Shape | Shape[]): void {
    if (this.built) return;
    const shape = singleShape(inputShape);
    const sizes = this.checkShape(shape);
    const wanted = this.parameters.filter(({ row }) => this.wants(row));
    this.inputSpec = [inputSpec(this.parameterAxes(shape.length), shape)];
    try {
      for (const parameter of wanted) this.addParameter(parameter, this.weightShape(parameter.row, sizes));
    } catch (error) {
      this.abandonBuild();
      throw error;
    }
    this.built = true;
  }

  protected addParameter({ row, initializer, regularizer, constraint }: Parameter, shape: number[]): void {
    this.weightsByName[row.name] = this.addWeight(
      row.name,
      shape,
      'float32',
      initializer,
      regularizer ?? undefined,
      row.trainable,
      constraint ?? undefined,
    );
  }

  /** Nothing half-built stays: the host keeps variables alive until they are disposed. */
  private abandonBuild(): void {
    for (const weight of Object.values(this.weightsByName)) weight.dispose();
    this.weightsByName = {};
    this.trainableWeights = [];
    this.nonTrainableWeights = [];
    Object.assign(this as object, { _addedWeightNames: [], _losses: [] });
    this.inputSpec = null as unknown as InputSpec[];
  }

  /** Internal: the variables of the moving statistics that exist. */
  movingStatistics(): { mean?: LayerVariable; variance?: LayerVariable } {
    const { moving_mean: mean, moving_variance: variance } = this.weightsByName;
    return { ...(mean ? { mean } : {}), ...(variance ? { variance } : {}) };
  }

  /** Rank of the input, known once built. */
  protected get rank(): number | undefined {
    return this.inputSpec?.[0]?.ndim;
  }

  /** A weight's value, or undefined where the options leave it out. */
  protected weight(name: string): tf.Tensor | undefined {
    return this.weightsByName[name]?.read();
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Kwargs): tf.Tensor {
    return this.normalize(singleTensor(inputs), kwargs ?? {});
  }

  /** The op on one tensor, which frees what it makes besides. */
  protected abstract normalize(x: tf.Tensor, kwargs: Kwargs): tf.Tensor;

  override getConfig(): tf.serialization.ConfigDict {
    const own = { ...this.options, ...parametersConfig(this.parameters) } as Options;
    for (const key of this.row.ownOptions) {
      if (isDefault(key, own[key], this.defaultOf(key))) delete own[key];
    }
    for (const [key, value] of Object.entries(own)) if (Array.isArray(value)) own[key] = [...value];
    return { ...super.getConfig(), ...own } as tf.serialization.ConfigDict;
  }

  /** The default of an option as a configuration holds it. */
  private defaultOf(key: string): unknown {
    if (!key.endsWith('Initializer')) return this.row.defaults[key];
    const byDefault = readParameters(this.subject, this.row, {}, this.initialWeightNames());
    return parametersConfig(byDefault)[key];
  }
}

function singleTensor(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
  return Array.isArray(inputs) ? (inputs[0] as tf.Tensor) : inputs;
}
