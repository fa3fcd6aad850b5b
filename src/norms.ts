/**
 * The table: every norm answers one question, *which dimensions do you average over to compute the statistics?*, and
 * three follow-ups: centred or not, which dimensions carry the parameters, does the answer need a memory.
 *
 * Plain values, importable without tfjs. Registration, laws, documentation checks and the guide loop over it; nothing
 * outside a norm's own op, layer and test asks for a norm by name. A norm that would need an `if` in shared code
 * lacks a column here.
 */

/** A set of dimensions: `batch` is N, `space` all but N and channels, `axes` the ones the user chose. */
export type Dimensions = 'batch' | 'space' | 'channels' | 'group' | 'axes' | 'kernel';

/** One weight: its name in a saved file, the option that switches it (if any), and its initial value. */
export interface WeightRow {
  readonly name: string;
  /** Prefix of the options `…Initializer`, `…Regularizer`, `…Constraint`; absent, the weight has none. */
  readonly option?: string;
  /** The boolean option without which the weight does not exist. */
  readonly when?: 'center' | 'scale';
  /** `given`: from what the layer wraps. */
  readonly initializer: 'ones' | 'zeros' | 'given';
  readonly trainable: boolean;
  /** What it has one value for. */
  readonly over: 'channels' | 'axes' | 'statistics' | 'outputs';
}

export type OptionValue = number | boolean | string | readonly string[];

export interface NormRow {
  readonly id: NormId;
  /** The name in saved files; Keras's where Keras has the layer. */
  readonly className: string;
  /** The host's class of the same arithmetic, under whose name a file stays readable without this package. */
  readonly stockClassName?: string;
  /** Other names under which files hold this layer. */
  readonly aliases: readonly string[];
  /** What people call it besides its identifier and its class, in small letters without `norm`. */
  readonly shortNames: readonly string[];
  /** Statistics are taken over these, once for every one of the lists (a mixture has several). */
  readonly averagesOver: readonly (readonly Dimensions[])[];
  readonly centered: boolean;
  readonly parametersOver: 'channels' | 'axes' | 'outputs';
  readonly memory: boolean;
  /** Changes a layer's input, or the kernel of the layer it wraps. */
  readonly of: 'activations' | 'weights';
  /** Dimensions of the input below which the norm says nothing: a layer of lower rank throws at build. */
  readonly minRank: number;
  /** Options and their defaults, as Keras or the paper has them. */
  readonly defaults: Readonly<Record<string, OptionValue>>;
  /** The option that stands behind a colon in a name: `group:16`. */
  readonly mainOption?: string;
  /** Options that Keras does not have: written to a file only where they differ from their default. */
  readonly ownOptions: readonly string[];
  /** Keys in other packages' files that say nothing here. */
  readonly foreignKeys?: readonly string[];
  readonly weights: readonly WeightRow[];
  readonly paper: { readonly title: string; readonly year: number; readonly url: string };
}

export type NormId =
  | 'batch'
  | 'layer'
  | 'instance'
  | 'group'
  | 'rms'
  | 'weight'
  | 'batchInstance'
  | 'switchable'
  | 'meanOnlyBatch';

const GAMMA = { name: 'gamma', option: 'gamma', when: 'scale', initializer: 'ones', trainable: true } as const;
const BETA = { name: 'beta', option: 'beta', when: 'center', initializer: 'zeros', trainable: true } as const;
const AFFINE = [
  { ...GAMMA, over: 'channels' },
  { ...BETA, over: 'channels' },
] as const;
const MOVING_MEAN = {
  name: 'moving_mean',
  option: 'movingMean',
  initializer: 'zeros',
  trainable: false,
  over: 'channels',
} as const;
const MOVING_VARIANCE = {
  ...MOVING_MEAN,
  name: 'moving_variance',
  option: 'movingVariance',
  initializer: 'ones',
} as const;
const BOTH = { center: true, scale: true } as const;

export const NORMS: readonly NormRow[] = [
  {
    id: 'batch',
    className: 'ExtendedBatchNormalization',
    stockClassName: 'BatchNormalization',
    aliases: [],
    shortNames: ['bn'],
    averagesOver: [['batch', 'space']],
    centered: true,
    parametersOver: 'channels',
    memory: true,
    of: 'activations',
    minRank: 2,
    defaults: { axis: -1, momentum: 0.99, epsilon: 1e-3, ...BOTH, training: 'auto' },
    ownOptions: ['training'],
    weights: [...AFFINE, MOVING_MEAN, MOVING_VARIANCE],
    paper: {
      title: 'Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift',
      year: 2015,
      url: 'https://arxiv.org/abs/1502.03167',
    },
  },
  {
    id: 'layer',
    className: 'ExtendedLayerNormalization',
    stockClassName: 'LayerNormalization',
    aliases: [],
    shortNames: ['ln'],
    averagesOver: [['axes']],
    centered: true,
    parametersOver: 'axes',
    memory: false,
    of: 'activations',
    minRank: 2,
    defaults: { axis: -1, epsilon: 1e-3, ...BOTH },
    ownOptions: [],
    weights: [
      { ...GAMMA, over: 'axes' },
      { ...BETA, over: 'axes' },
    ],
    paper: { title: 'Layer Normalization', year: 2016, url: 'https://arxiv.org/abs/1607.06450' },
  },
  {
    id: 'instance',
    className: 'InstanceNormalization',
    aliases: ['Addons>InstanceNormalization'],
    shortNames: ['in'],
    averagesOver: [['space']],
    centered: true,
    parametersOver: 'channels',
    memory: false,
    of: 'activations',
    minRank: 3,
    defaults: { axis: -1, epsilon: 1e-3, ...BOTH },
    ownOptions: [],
    foreignKeys: ['groups'],
    weights: AFFINE,
    paper: {
      title: 'Instance Normalization: The Missing Ingredient for Fast Stylization',
      year: 2016,
      url: 'https://arxiv.org/abs/1607.08022',
    },
  },
  {
    id: 'group',
    className: 'GroupNormalization',
    aliases: ['Addons>GroupNormalization'],
    shortNames: ['gn'],
    averagesOver: [['space', 'group']],
    centered: true,
    parametersOver: 'channels',
    memory: false,
    of: 'activations',
    minRank: 2,
    mainOption: 'groups',
    defaults: { groups: 32, axis: -1, epsilon: 1e-3, ...BOTH },
    ownOptions: [],
    weights: AFFINE,
    paper: { title: 'Group Normalization', year: 2018, url: 'https://arxiv.org/abs/1803.08494' },
  },
  {
    id: 'rms',
    className: 'RMSNormalization',
    aliases: [],
    shortNames: ['rmsn'],
    averagesOver: [['axes']],
    centered: false,
    parametersOver: 'axes',
    memory: false,
    of: 'activations',
    minRank: 2,
    defaults: { axis: -1, epsilon: 1e-6, scale: true, partial: 1, offset: 0 },
    ownOptions: ['scale', 'partial', 'offset', 'scaleInitializer', 'scaleRegularizer', 'scaleConstraint'],
    weights: [{ ...GAMMA, name: 'scale', option: 'scale', over: 'axes' }],
    paper: { title: 'Root Mean Square Layer Normalization', year: 2019, url: 'https://arxiv.org/abs/1910.07467' },
  },
  {
    id: 'weight',
    className: 'WeightNormalization',
    aliases: ['Addons>WeightNormalization'],
    shortNames: ['wn'],
    averagesOver: [['kernel']],
    centered: false,
    parametersOver: 'outputs',
    memory: false,
    of: 'weights',
    minRank: 2,
    defaults: { dataInit: false },
    ownOptions: [],
    weights: [{ name: 'g', initializer: 'given', trainable: true, over: 'outputs' }],
    paper: {
      title: 'Weight Normalization: A Simple Reparameterization to Accelerate Training of Deep Neural Networks',
      year: 2016,
      url: 'https://arxiv.org/abs/1602.07868',
    },
  },
  {
    id: 'batchInstance',
    className: 'BatchInstanceNormalization',
    aliases: [],
    shortNames: ['bin'],
    averagesOver: [['space'], ['batch', 'space']],
    centered: true,
    parametersOver: 'channels',
    memory: true,
    of: 'activations',
    minRank: 3,
    defaults: { axis: -1, momentum: 0.9, epsilon: 1e-5, ...BOTH, rhoLearningRateMultiplier: 1, training: 'auto' },
    ownOptions: ['training'],
    weights: [
      ...AFFINE,
      { name: 'rho', option: 'rho', initializer: 'ones', trainable: true, over: 'channels' },
      MOVING_MEAN,
      MOVING_VARIANCE,
    ],
    paper: {
      title: 'Batch-Instance Normalization for Adaptively Style-Invariant Neural Networks',
      year: 2018,
      url: 'https://arxiv.org/abs/1805.07925',
    },
  },
  {
    id: 'switchable',
    className: 'SwitchableNormalization',
    aliases: [],
    shortNames: ['sn', 'switch'],
    averagesOver: [['space'], ['space', 'channels'], ['batch', 'space']],
    centered: true,
    parametersOver: 'channels',
    memory: true,
    of: 'activations',
    minRank: 2,
    defaults: {
      axis: -1,
      momentum: 0.9,
      epsilon: 1e-5,
      ...BOTH,
      statistics: ['instance', 'layer', 'batch'],
      training: 'auto',
    },
    ownOptions: ['training'],
    weights: [
      ...AFFINE,
      { name: 'mean_weight', option: 'meanWeight', initializer: 'ones', trainable: true, over: 'statistics' },
      { name: 'variance_weight', option: 'varianceWeight', initializer: 'ones', trainable: true, over: 'statistics' },
      MOVING_MEAN,
      MOVING_VARIANCE,
    ],
    paper: {
      title: 'Differentiable Learning-to-Normalize via Switchable Normalization',
      year: 2019,
      url: 'https://arxiv.org/abs/1806.10779',
    },
  },
  {
    id: 'meanOnlyBatch',
    className: 'MeanOnlyBatchNormalization',
    aliases: [],
    shortNames: ['mobn'],
    averagesOver: [['batch', 'space']],
    centered: true,
    parametersOver: 'channels',
    memory: true,
    of: 'activations',
    minRank: 2,
    defaults: { axis: -1, momentum: 0.9, center: true, training: 'auto' },
    ownOptions: ['training'],
    weights: [{ ...BETA, over: 'channels' }, MOVING_MEAN],
    paper: {
      title: 'Weight Normalization: A Simple Reparameterization to Accelerate Training of Deep Neural Networks',
      year: 2016,
      url: 'https://arxiv.org/abs/1602.07868',
    },
  },
];

const ROWS: ReadonlyMap<NormId, NormRow> = new Map(NORMS.map((row) => [row.id, row]));

/** The row of a norm. Every identifier has one, so there is no failure to handle. */
export function normRow(id: NormId): NormRow {
  return ROWS.get(id) as NormRow;
}

/** Marks the package's layer classes, also across two copies of it. */
export const OURS: unique symbol = Symbol.for('tfjs-normalization');
