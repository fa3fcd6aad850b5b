/** What the host's and Keras's layers are, as far as a norm beside them cares. Data. */

export type Kind =
  | 'input'
  | 'convolution'
  | 'dense'
  | 'recurrent'
  | 'embedding'
  | 'attention'
  | 'activation'
  | 'softmax'
  | 'dropout'
  | 'pool'
  | 'globalPool'
  | 'merge'
  | 'dot'
  | 'reshape'
  | 'masking'
  | 'wrapper'
  | 'other';

const CLASSES: Readonly<Record<string, Kind>> = {
  InputLayer: 'input',
  Conv1D: 'convolution',
  Conv2D: 'convolution',
  Conv3D: 'convolution',
  Conv1DTranspose: 'convolution',
  Conv2DTranspose: 'convolution',
  Conv3DTranspose: 'convolution',
  SeparableConv1D: 'convolution',
  SeparableConv2D: 'convolution',
  DepthwiseConv1D: 'convolution',
  DepthwiseConv2D: 'convolution',
  Dense: 'dense',
  EinsumDense: 'dense',
  SimpleRNN: 'recurrent',
  LSTM: 'recurrent',
  GRU: 'recurrent',
  CuDNNLSTM: 'recurrent',
  CuDNNGRU: 'recurrent',
  RNN: 'recurrent',
  ConvLSTM1D: 'recurrent',
  ConvLSTM2D: 'recurrent',
  ConvLSTM3D: 'recurrent',
  ConvRNN2D: 'recurrent',
  Embedding: 'embedding',
  MultiHeadAttention: 'attention',
  CachedMultiHeadAttention: 'attention',
  GroupQueryAttention: 'attention',
  Attention: 'attention',
  AdditiveAttention: 'attention',
  TransformerDecoder: 'attention',
  TransformerEncoder: 'attention',
  Activation: 'activation',
  ReLU: 'activation',
  ELU: 'activation',
  LeakyReLU: 'activation',
  PReLU: 'activation',
  ThresholdedReLU: 'activation',
  Softmax: 'softmax',
  Dropout: 'dropout',
  SpatialDropout1D: 'dropout',
  SpatialDropout2D: 'dropout',
  SpatialDropout3D: 'dropout',
  AlphaDropout: 'dropout',
  GaussianDropout: 'dropout',
  AveragePooling1D: 'pool',
  AveragePooling2D: 'pool',
  AveragePooling3D: 'pool',
  MaxPooling1D: 'pool',
  MaxPooling2D: 'pool',
  MaxPooling3D: 'pool',
  GlobalAveragePooling1D: 'globalPool',
  GlobalAveragePooling2D: 'globalPool',
  GlobalAveragePooling3D: 'globalPool',
  GlobalMaxPooling1D: 'globalPool',
  GlobalMaxPooling2D: 'globalPool',
  GlobalMaxPooling3D: 'globalPool',
  Add: 'merge',
  Subtract: 'merge',
  Average: 'merge',
  Concatenate: 'merge',
  Maximum: 'merge',
  Minimum: 'merge',
  Multiply: 'merge',
  Dot: 'dot',
  Flatten: 'reshape',
  Reshape: 'reshape',
  Permute: 'reshape',
  RepeatVector: 'reshape',
  Masking: 'masking',
  TimeDistributed: 'wrapper',
  Bidirectional: 'wrapper',
  WeightNormalization: 'wrapper',
  'Addons>WeightNormalization': 'wrapper',
  SpectralNormalization: 'wrapper',
};

/** Attention that only weighs channels or places of a convolution, as a gate does. */
const GATE = /channel|spatial_?attention|gate(?!d)/i;
const ATTENTION = /attention|transformer_?(block|encoder|decoder|layer)/i;

/** What a class is; one of somebody's own is told by its name where that says it. */
export function kindNamed(className: string): Kind {
  if (Object.hasOwn(CLASSES, className)) return CLASSES[className] as Kind;
  return ATTENTION.test(className) && !GATE.test(className) ? 'attention' : 'other';
}
