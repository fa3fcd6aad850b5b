/** What a choice should be told with: where to put it, and what goes wrong. Data, as the rules; all that hold are given. */
import { CHOICES } from './facts.js';
import { frozen } from './frozen.js';
import type { SourceId } from './sources.js';
import type { When } from './when.js';

export interface NoteRow {
  readonly id: string;
  /** One of these must hold; `norm` is the chosen one. */
  readonly when: readonly When[];
  readonly text: string;
  readonly source: SourceId;
}

const CHANNELWISE = ['batch', 'instance', 'batchInstance', 'meanOnlyBatch'];
const WITH_BETA = ['layer', 'group', 'switchable'];
const WITH_GAMMA = ['batch', 'layer', 'instance', 'group', 'batchInstance', 'switchable'];
/** Blocks of a layer, a norm and an activation, made new. */
const BLOCK: When = { architecture: ['cnn', 'feedForward'], pretrained: ['unknown'] };

export const PLACEMENT: readonly NoteRow[] = frozen<NoteRow[]>([
  {
    id: 'before-activation',
    when: [{ architecture: ['cnn', 'feedForward'], of: ['activations'] }],
    text: 'After the convolution or dense layer and before its activation, as the original paper has it.',
    source: 'batch',
  },
  {
    id: 'after-activation',
    when: [{ architecture: ['cnn', 'feedForward'], of: ['activations'] }],
    text: 'After the activation is common practice too, and works equally well according to some articles; choose one for the whole network.',
    source: 'articles',
  },
  {
    id: 'pre-norm',
    when: [{ architecture: ['transformer', 'visionTransformer'], of: ['activations'] }],
    text: 'Pre-norm: first in each residual branch, before attention and before the MLP, and once more after the last block; it trains without warm-up where post-norm does not.',
    source: 'preNorm',
  },
  {
    id: 'recurrent',
    when: [{ architecture: ['rnn'], of: ['activations'] }],
    text: 'On the sequence a recurrent layer returns, before the next layer; inside the step only in a cell of your own.',
    source: 'layer',
  },
  {
    id: 'around-the-layer',
    when: [{ of: ['weights'] }],
    text: 'Around the layer whose kernel it normalizes; of a recurrent layer the recurrent kernel, once a sequence.',
    source: 'weight',
  },
  {
    id: 'with-weight-norm',
    when: [{ norm: ['meanOnlyBatch'] }],
    text: 'After a layer in weight norm, which sets the scale that this norm leaves.',
    source: 'meanOnlyBatch',
  },
  {
    id: 'no-bias-before',
    when: [{ norm: CHANNELWISE, ...BLOCK }],
    text: 'Before the activation, leave out the bias of the layer before it (useBias: false): the mean of the channel takes it away again.',
    source: 'batch',
  },
  {
    id: 'beta-for-bias',
    when: [{ norm: WITH_BETA, ...BLOCK }],
    text: 'Before the activation, leave out the bias of the layer before it (useBias: false): β takes its place.',
    source: 'articles',
  },
  {
    id: 'not-before-output',
    when: [{ position: ['hidden', 'unknown'] }],
    text: 'Never right before the output layer’s result: it would take away the scale the output carries.',
    source: 'articles',
  },
  {
    id: 'initial-values',
    when: [{ norm: WITH_GAMMA, pretrained: ['unknown'] }],
    text: 'γ starts at 1 and β at 0, so that the norm starts as a norm and nothing else.',
    source: 'batch',
  },
  {
    id: 'initial-scale',
    when: [{ norm: ['rms'], pretrained: ['unknown'] }],
    text: 'The scale starts at 1; there is no shift.',
    source: 'rms',
  },
  {
    id: 'residual-gamma',
    when: [{ norm: WITH_GAMMA, architecture: ['cnn'], pretrained: ['unknown'] }],
    text: 'Where a residual branch ends in a norm, its γ starts at 0 (an initializer of zeros), so that the block starts as the identity.',
    source: 'largeMinibatch',
  },
]);

/** With moving statistics, and still learning them. */
const MEMORY: When = { memory: [true], frozen: [false] };
const SEVERAL: When = { devices: { atLeast: 2 }, synchronized: [false, 'unknown'] };

export const WARNINGS: readonly NoteRow[] = frozen<NoteRow[]>([
  {
    id: 'batch-under-4',
    when: [{ ...MEMORY, statisticsBatch: { below: 4 } }],
    text: 'Fewer than 4 examples share statistics: never train batch statistics there; freeze them (trainable: false) or choose a norm without.',
    source: 'group',
  },
  {
    id: 'frozen-batch-norm',
    when: [{ pretrained: ['batch'], statisticsBatch: { below: 8 } }],
    text: 'Freeze batch norm at this batch size: its moving statistics stay those of the large batches it was trained with. Stock TensorFlow.js goes on updating a frozen batch norm; this package’s does not.',
    source: 'rethinkingBatch',
  },
  {
    id: 'distribution-shift',
    when: [{ distributionShift: [true] }],
    text: 'Inference data differ from training data: batch norm would apply the statistics of the wrong ones. Prefer a batch-free norm, or estimate its statistics again (calibrateStatistics).',
    source: 'rethinkingBatch',
  },
  {
    id: 'per-device',
    when: [{ ...SEVERAL, ...MEMORY }],
    text: 'Batch statistics are per device: what counts is the batch of one device, not of all. Unequal batches make devices disagree; γ and β stay shared.',
    source: 'rethinkingBatch',
  },
  {
    id: 'per-device-size',
    when: [{ ...SEVERAL, memory: [false] }],
    text: 'Unsynchronized devices do not make the batch larger for a norm: batch norm would see one device’s examples only.',
    source: 'rethinkingBatch',
  },
  {
    id: 'synchronized',
    when: [{ synchronized: [true] }],
    text: 'TensorFlow.js does not share statistics between devices by itself: this holds where the program that trains does (Keras: synchronized, PyTorch: SyncBatchNorm). Unequal batches must be weighted.',
    source: 'megDet',
  },
  {
    id: 'two-modes',
    when: [MEMORY],
    text: 'It computes something else in inference than in training. fit trains; predict and evaluate use the moving statistics; apply(x) does too, unless told { training: true }. Statistics of a model that was never trained are 0 and 1.',
    source: 'articles',
  },
  {
    id: 'momentum-convention',
    when: [MEMORY],
    text: 'Momentum is the share kept, as in Keras (0.99); PyTorch’s 0.1 is the share taken, 0.9 here. One article’s “typically momentum = 0.1” stands in a formula that keeps: as written it is wrong.',
    source: 'pytorch',
  },
  {
    id: 'learning-rate',
    when: [{ norm: ['batch'], pretrained: ['unknown'] }],
    text: 'Batch norm bears a learning rate up to 10 times higher and careless initial weights; what replaces it may bear neither.',
    source: 'batch',
  },
  {
    id: 'less-regularization',
    when: [{ memory: [false], architecture: ['cnn', 'feedForward'], position: ['hidden', 'unknown'] }],
    text: 'The noise of batch statistics regularizes. Where this replaces batch norm, make up for it: dropout, weight decay, augmentation.',
    source: 'articles',
  },
  {
    id: 'groups-divide',
    when: [{ norm: ['group'] }],
    text: 'Groups must divide the channels: 32 where it does, else a smaller divisor; groups: ’auto’ finds it when the layer is built. One channel a group is instance norm.',
    source: 'group',
  },
  {
    id: 'no-space',
    when: [{ norm: ['instance', 'batchInstance'] }],
    text: 'Statistics of one image’s channel need space: at 1 × 1, or after a global pooling, every value is its own mean and the result is β.',
    source: 'instance',
  },
  {
    id: 'style-erased',
    when: [{ norm: ['instance'] }],
    text: 'Instance norm erases contrast and brightness. Where they carry meaning (weather, time of day) use batch-instance.',
    source: 'batchInstance',
  },
  {
    id: 'half-precision',
    when: [{ mixedPrecision: [true] }],
    text: 'Half precision: an epsilon of 1e-8 vanishes (the smallest number is 6e-8), 1e-5 is still kept. Statistics belong in float32.',
    source: 'mixedPrecision',
  },
  {
    id: 'gradient-penalty',
    when: [{ gradientPenalty: [true] }],
    text: 'No batch norm in a critic with a gradient penalty, nor anything mixed with it: the penalty would be of a batch, not of an example.',
    source: 'wganGp',
  },
  {
    id: 'no-batch-in-time',
    when: [{ architecture: ['rnn'] }],
    text: 'Batch norm across time steps mixes what differs; with statistics per step, sequences longer than those trained on have none.',
    source: 'recurrentBatch',
  },
  {
    id: 'one-norm',
    when: [{ pretrained: ['unknown'], position: ['hidden', 'unknown'] }],
    text: 'Do not mix norms carelessly: one kind a network, another where a part differs in kind (a recurrent head, a style branch).',
    source: 'articles',
  },
  {
    id: 'pretrained-mix',
    when: [{ pretrained: CHOICES }],
    text: 'New layers added to a pretrained model should have the norm it has; exchanging it afterwards means training again.',
    source: 'articles',
  },
]);

/** Notes on what a norm costs, beside the computed figures. */
export const COST_NOTES: readonly NoteRow[] = frozen<NoteRow[]>([
  {
    id: 'folds',
    when: [{ norm: ['batch', 'meanOnlyBatch'] }],
    text: 'In inference it is an affine map of each channel: folded into the layer before it, it costs nothing.',
    source: 'batch',
  },
  {
    id: 'weight-folds',
    when: [{ of: ['weights'] }],
    text: 'The work is on the kernel, whatever the batch; removeWeightNormalization leaves none for inference.',
    source: 'weight',
  },
  {
    id: 'mixture',
    when: [{ norm: ['batchInstance', 'switchable'] }],
    text: 'All its statistics come of one sweep; the mix is on small tensors, several small programs on a GPU.',
    source: 'switchable',
  },
  {
    id: 'rms-claim',
    when: [{ norm: ['rms', 'layer'] }],
    text: 'Articles call RMS 15–20 % faster than layer norm, its paper saves 7–64 % of a whole model’s time.',
    source: 'rms',
  },
  {
    id: 'rms-measured',
    when: [{ norm: ['rms', 'layer'] }],
    text: 'Measured with the fused kernels on [1024, 768]: RMS takes 0.72 of layer norm’s time forward on wasm, 0.92 on cpu, and as long with gradients; with composed ones (other backends) 0.44 and 0.71.',
    source: 'measured',
  },
]);
