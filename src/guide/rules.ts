/**
 * What to choose, as data: the first rule whose conditions hold decides. docs/guide.md says the same in prose, and is checked
 * against this list.
 *
 * The order: position → a pretrained model → gradient penalty, online and reinforcement learning → task → variable length, a
 * batch of one → architecture → batch size → speed and memory → when in doubt.
 */
import { CHOICES, type Choice } from './facts.js';
import { frozen } from './frozen.js';
import type { SourceId } from './sources.js';
import type { When } from './when.js';

/** Another choice, what it trades for the first, and where to read so. */
export interface Rival {
  readonly norm: Choice;
  readonly trade: string;
  readonly source: SourceId;
  /** Named only where one of these holds. */
  readonly when?: readonly When[];
}

export interface Rule {
  readonly id: string;
  /** One of these must hold. */
  readonly when: readonly When[];
  /** The choice: a norm, none, or the one that a fact names. */
  readonly choose: Choice | { readonly fact: 'pretrained' };
  /** Options the choice needs besides those that {@link configure} finds. */
  readonly config?: Readonly<Record<string, boolean>>;
  readonly because: string;
  readonly source: SourceId;
  readonly alternatives: readonly Rival[];
}

/** Examples that share statistics, from which on batch norm is at home. */
const LARGE = 16;
/** Below, batch norm is worse than norms of single examples in every published comparison. */
const SMALL = 8;
/** Below, batch norm is never right: its statistics are nearly chance. */
const LEAST = 4;

const rival = (norm: Choice, source: SourceId, trade: string, when?: readonly When[]): Rival => ({
  norm,
  trade,
  source,
  ...(when ? { when } : {}),
});

/** A batch that can be told from one example. */
const TWO: readonly When[] = [{ statisticsBatch: { atLeast: 2 } }, { statisticsBatch: ['unknown', 'variable'] }];

const PROBE = rival(
  'switchable',
  'switchable',
  'learns for each layer how much of instance, layer and batch statistics it wants: a probe to find out which one, about three times the work of any of them',
  TWO,
);
const MEAN_ONLY = rival(
  'meanOnlyBatch',
  'meanOnlyBatch',
  'with weight norm around the layer before it: noise of the batch in the mean only; the best CIFAR-10 result of its paper (7.31 % error, batch norm 8.05 %)',
  TWO,
);

const EARLY: readonly Rule[] = [
  {
    id: 'before-output',
    when: [{ position: ['beforeOutput'] }],
    choose: 'none',
    because: 'A norm right before the output takes away the scale and the offset that the output is there to carry.',
    source: 'articles',
    alternatives: [
      rival('rms', 'llama', 'the last norm of a modern pre-norm transformer stands before the output projection', [
        { architecture: ['transformer', 'visionTransformer'] },
      ]),
      rival('layer', 'preNorm', 'the last norm of a pre-norm transformer stands before the output projection', [
        { architecture: ['transformer', 'visionTransformer'] },
      ]),
    ],
  },
  {
    id: 'pretrained-batch-frozen',
    when: [{ pretrained: ['batch'], statisticsBatch: { below: SMALL } }],
    choose: 'batch',
    config: { trainable: false },
    because:
      'The weights were trained with batch norm, so it stays; below 8 examples its statistics would be chance, so it is frozen and uses the moving ones.',
    source: 'rethinkingBatch',
    alternatives: [
      rival(
        'group',
        'group',
        'trains at any batch size, but nothing it replaces stays equal: train longer, from calibrated γ and β',
      ),
    ],
  },
  {
    id: 'pretrained',
    when: [{ pretrained: CHOICES }],
    choose: { fact: 'pretrained' },
    because: 'The weights were trained with this norm; another one changes what every layer after it sees.',
    source: 'articles',
    alternatives: [
      rival(
        'group',
        'rethinkingBatch',
        'no statistics of the training data, which differ from those of inference; means training again',
        [{ pretrained: ['batch'], distributionShift: [true] }],
      ),
    ],
  },
  {
    id: 'gradient-penalty',
    when: [{ gradientPenalty: [true] }],
    choose: 'weight',
    because:
      'The penalty is on the gradient of each example; batch norm makes every output depend on the whole batch. Weight norm does not touch the activations.',
    source: 'wganGp',
    alternatives: [
      rival('layer', 'wganGp', 'what the paper of the penalty itself recommends in place of batch norm'),
      rival('instance', 'articles', 'usual in the networks of GANs; erases contrast, which a critic may need'),
    ],
  },
  {
    id: 'online',
    when: [{ online: [true] }],
    choose: 'layer',
    because: 'Examples come one after the other: there is no batch to take statistics of.',
    source: 'layer',
    alternatives: [
      rival('weight', 'weight', 'does not touch the activations, so their scale stays a signal; no statistics at all'),
      rival('rms', 'rms', 'not centred: less work, no shift'),
    ],
  },
  {
    id: 'reinforcement-learning',
    when: [{ task: ['reinforcementLearning'] }],
    choose: 'layer',
    because:
      'The data change with the policy, so moving statistics are always of the past; each example is normalized alone.',
    source: 'articles',
    alternatives: [
      rival('weight', 'weight', 'its paper trains DQN with it; no statistics at all, the scale of activations stays'),
      rival('rms', 'rms', 'not centred: less work, no shift'),
    ],
  },
];

const BY_TASK: readonly Rule[] = [
  {
    id: 'language-model',
    when: [{ task: ['languageModel'], architecture: ['transformer'], era: ['modern', 'unknown'] }],
    choose: 'rms',
    because:
      'Large language models leave the mean alone (T5, LLaMA; articles add PaLM): as good, and less work in every layer.',
    source: 'llama',
    alternatives: [rival('layer', 'layer', 'centred: the traditional choice of BERT and GPT-2, a little more work')],
  },
  {
    id: 'detection-segmentation',
    when: [{ task: ['detection', 'segmentation'], architecture: ['cnn'] }],
    choose: 'group',
    because:
      'Large images leave room for one or two a device. Mask R-CNN with group norm: 40.3 box AP, with frozen batch norm 38.6.',
    source: 'group',
    alternatives: [
      PROBE,
      rival('batch', 'megDet', 'only with statistics synchronized over devices, 16 examples together or more', [
        { statisticsBatch: { atLeast: LEAST } },
        { statisticsBatch: ['unknown'] },
      ]),
    ],
  },
  {
    id: 'style-small-batch',
    when: [
      { architecture: ['cnn'], style: ['keep', 'learn'], statisticsBatch: { below: LEAST } },
      { architecture: ['cnn'], task: ['domainGeneralization'], statisticsBatch: { below: LEAST } },
    ],
    choose: 'group',
    because:
      'Instance norm would erase contrast and brightness, and of fewer than 4 examples batch-instance has no batch statistics worth mixing in. A group keeps how its channels relate.',
    source: 'group',
    alternatives: [
      rival('batchInstance', 'batchInstance', 'learns per channel what to erase, from 4 examples on', TWO),
    ],
  },
  {
    id: 'style-signal',
    when: [
      { architecture: ['cnn'], style: ['keep', 'learn'] },
      { architecture: ['cnn'], task: ['domainGeneralization'] },
    ],
    choose: 'batchInstance',
    because:
      'Instance norm erases contrast and brightness, which may carry meaning (weather, time of day). A gate per channel learns what to keep. Office-Home: 80.1 %, batch norm 79.0 %.',
    source: 'batchInstance',
    alternatives: [
      rival('instance', 'ibnNet', 'erases style altogether: right where it is noise'),
      rival('group', 'group', 'no memory, the same in training and inference; does not choose by channel'),
      PROBE,
    ],
  },
  {
    id: 'super-resolution',
    when: [{ task: ['superResolution'], architecture: ['cnn'] }],
    choose: 'weight',
    because:
      'The output must have the input’s range, which norms of activations take away; weight norm leaves it alone.',
    source: 'wdsr',
    alternatives: [rival('none', 'edsr', 'the networks that won without any norm; they train more slowly')],
  },
  {
    id: 'audio-generation',
    when: [{ task: ['audioGeneration'], architecture: ['cnn', 'rnn', 'feedForward'] }],
    choose: 'weight',
    because: 'WaveNet-like networks generate sample by sample: weight norm costs nothing then, and knows no batch.',
    source: 'melGan',
    alternatives: [
      rival('layer', 'layer', 'normalizes the activations too; work for every sample'),
      rival('group', 'group', 'where whole signals are processed at once', [{ architecture: ['cnn'] }]),
    ],
  },
  {
    id: 'image-synthesis',
    when: [{ task: ['styleTransfer', 'imageToImage', 'imageGeneration'], architecture: ['cnn'] }],
    choose: 'instance',
    because: 'The result must not depend on the contrast of the content image: each image is normalized by itself.',
    source: 'instance',
    alternatives: [
      rival(
        'batchInstance',
        'batchInstance',
        'where contrast or brightness carries meaning: weather, time of day',
        TWO,
      ),
      rival('weight', 'weight', 'in the critic of a GAN; leaves the activations alone'),
      rival('group', 'group', 'keeps how the channels of a group relate'),
    ],
  },
  {
    id: 'style-erase',
    when: [{ architecture: ['cnn'], style: ['erase'] }],
    choose: 'instance',
    because: 'Contrast and brightness of an image are noise here, and instance norm erases both.',
    source: 'ibnNet',
    alternatives: [
      rival('batchInstance', 'batchInstance', 'learns per channel what to erase, where not all of it is noise', TWO),
      PROBE,
    ],
  },
];

const BY_ARCHITECTURE: readonly Rule[] = [
  {
    id: 'variable-length',
    when: [{ variableLength: [true] }],
    choose: 'layer',
    because:
      'Padding would enter the statistics of a batch, and late steps have few examples; each step is normalized alone.',
    source: 'layer',
    alternatives: [
      rival('rms', 'rms', 'as independent of length, not centred: what modern transformers use'),
      rival('weight', 'weight', 'leaves the activations alone: recurrent and audio networks'),
    ],
  },
  {
    id: 'batch-of-one',
    when: [{ statisticsBatch: { below: 2 } }],
    choose: 'layer',
    because: 'With one example a batch has no statistics of its own; layer norm needs none, whatever the network.',
    source: 'layer',
    alternatives: [
      rival('group', 'group', 'for convolutions: statistics over space too, 32 groups', [{ architecture: ['cnn'] }]),
      rival('rms', 'rms', 'not centred: less work, no shift'),
      rival('weight', 'weight', 'no statistics of activations at all'),
    ],
  },
  {
    id: 'recurrent',
    when: [{ architecture: ['rnn'] }],
    choose: 'layer',
    because:
      'Batch norm would need statistics of its own for every time step, and steps beyond the training length have none.',
    source: 'layer',
    alternatives: [
      rival(
        'weight',
        'weight',
        'articles disagree which of the two; normalizes the recurrent kernel once a sequence, not every step',
      ),
      rival('rms', 'rms', 'not centred: less work in every step'),
      rival('batch', 'recurrentBatch', 'with statistics per time step, known lengths and large batches', [
        { statisticsBatch: { atLeast: LARGE } },
      ]),
    ],
  },
  {
    id: 'transformer-traditional',
    when: [{ architecture: ['transformer'], era: ['traditional'] }],
    choose: 'layer',
    because: 'The transformer as published, BERT and GPT-2: every token is normalized by itself.',
    source: 'layer',
    alternatives: [rival('rms', 'rms', 'not centred: as good in T5 and LLaMA, less work')],
  },
  {
    id: 'transformer-modern',
    when: [{ architecture: ['transformer'] }],
    choose: 'rms',
    because: 'Modern transformers normalize by the root mean square alone: as good as layer norm, less work.',
    source: 't5',
    alternatives: [rival('layer', 'layer', 'centred: the traditional choice, a little more work')],
  },
  {
    id: 'vision-transformer-efficient',
    when: [
      { architecture: ['visionTransformer'], era: ['modern'] },
      { architecture: ['visionTransformer'], realTime: [true] },
      { architecture: ['visionTransformer'], priority: ['speed', 'memory'] },
    ],
    choose: 'rms',
    because: 'Vision transformers train with either; without the mean it is less work.',
    source: 'rms',
    alternatives: [rival('layer', 'vit', 'as the published model has it')],
  },
  {
    id: 'vision-transformer',
    when: [{ architecture: ['visionTransformer'] }],
    choose: 'layer',
    because: 'The published model has it before every block: each patch is normalized by itself.',
    source: 'vit',
    alternatives: [
      rival('rms', 'rms', 'not centred: less work'),
      rival('batch', 'articles', 'some hybrids keep it in their convolutions, with large batches', [
        { statisticsBatch: { atLeast: LARGE } },
      ]),
    ],
  },
];

const CNN = { architecture: ['cnn'] } as const;
const FEED_FORWARD = { architecture: ['feedForward'] } as const;

const BY_BATCH_SIZE: readonly Rule[] = [
  {
    id: 'cnn-shift',
    when: [{ ...CNN, distributionShift: [true] }],
    choose: 'group',
    because:
      'Moving statistics describe the training data; where inference data differ they are wrong. Groups ask each image.',
    source: 'rethinkingBatch',
    alternatives: [
      rival('instance', 'ibnNet', 'erases style, the commonest difference between data sets'),
      rival('layer', 'layer', 'each position by itself'),
      rival('batchInstance', 'batchInstance', 'learns what to erase; half of it is moving statistics'),
      rival('batch', 'rethinkingBatch', 'only with its statistics estimated again on the new data', [
        { statisticsBatch: { atLeast: LARGE } },
      ]),
    ],
  },
  {
    id: 'cnn-large-batch',
    when: [{ ...CNN, statisticsBatch: { atLeast: LARGE } }],
    choose: 'batch',
    because:
      'With 16 examples or more its statistics are good, it regularizes, and in inference it folds into the convolution. ResNet-50 at 32 a device: 23.6 % error, group norm 24.1 %.',
    source: 'group',
    alternatives: [
      rival(
        'group',
        'group',
        'the same at every batch size, the same in inference; half a point worse here. Some articles ask for 16 to 32 examples before batch norm',
      ),
      PROBE,
      rival(
        'weight',
        'weight',
        'no statistics; less accurate by itself (its paper, CIFAR-10: 8.46 % error, batch norm 8.05 %)',
      ),
    ],
  },
  {
    id: 'cnn-middle-batch',
    when: [{ ...CNN, statisticsBatch: { atLeast: SMALL, below: LARGE } }],
    choose: 'group',
    because:
      'From 8 to 15 examples the articles leave a gap: some let batch norm begin at 8, some at 16. Measured on ResNet-50 at 8 a device group norm errs less (24.0 %, batch norm 24.8 %), at 16 more (24.2 %, 23.7 %); between them the safe side is the one that does not depend on the batch.',
    source: 'group',
    alternatives: [
      rival(
        'batch',
        'articles',
        'from 8 on according to some articles; folds into the convolution in inference; nearer to 16 the better',
      ),
      PROBE,
      MEAN_ONLY,
    ],
  },
  {
    id: 'cnn-small-batch',
    when: [{ ...CNN, statisticsBatch: { below: SMALL } }],
    choose: 'group',
    because:
      'Below 8 examples batch norm’s statistics are noise; group norm with 32 groups does not ask the batch. ResNet-50 at 2 a device: 24.1 % error, batch norm 34.7 %.',
    source: 'group',
    alternatives: [
      PROBE,
      MEAN_ONLY,
      rival('weight', 'weight', 'no statistics at all; cheap; less accurate by itself'),
      rival(
        'batch',
        'articles',
        'from 4 on according to some articles; ResNet-50 at 4 a device: 27.3 % error, group norm 24.2 %',
        [{ statisticsBatch: { atLeast: LEAST } }],
      ),
    ],
  },
  {
    id: 'cnn-unknown-batch',
    when: [{ ...CNN, statisticsBatch: ['unknown', 'variable'] }],
    choose: 'group',
    because: 'The batch size is not fixed or not known, and group norm is the same at every one.',
    source: 'group',
    alternatives: [
      PROBE,
      rival('batch', 'group', 'if every device sees 16 examples or more: half a point better, free in inference', [
        { statisticsBatch: ['unknown'] },
      ]),
    ],
  },
  {
    id: 'feed-forward-shift',
    when: [{ ...FEED_FORWARD, distributionShift: [true] }],
    choose: 'layer',
    because:
      'Moving statistics describe the training data; where inference data differ they are wrong. Layer norm has none.',
    source: 'rethinkingBatch',
    alternatives: [
      rival('rms', 'rms', 'not centred: less work'),
      rival('group', 'group', 'several sets an example; of few features each it errs more'),
      rival('batch', 'rethinkingBatch', 'only with its statistics estimated again on the new data', [
        { statisticsBatch: { atLeast: LARGE } },
      ]),
    ],
  },
  {
    id: 'feed-forward-large-batch',
    when: [{ ...FEED_FORWARD, statisticsBatch: { atLeast: LARGE } }],
    choose: 'batch',
    because:
      'With a large batch each feature has good statistics, and in inference the norm folds into the dense layer.',
    source: 'batch',
    alternatives: [
      rival('layer', 'layer', 'the same at every batch size; features are normalized together'),
      rival('rms', 'rms', 'not centred: less work than layer norm'),
      rival('weight', 'weight', 'no statistics at all'),
    ],
  },
  {
    id: 'feed-forward-small-batch',
    when: [{ ...FEED_FORWARD, statisticsBatch: { below: SMALL } }],
    choose: 'layer',
    because:
      'Without space to average over, batch norm has as many values a feature as examples: on digits at 2 a step it errs in 35 %, layer norm in 1.9 %.',
    source: 'digits',
    alternatives: [
      rival('group', 'group', 'several sets an example; of few features each it errs more'),
      rival('rms', 'rms', 'not centred: less work'),
      MEAN_ONLY,
    ],
  },
];

const LATE: readonly Rule[] = [
  {
    id: 'speed',
    when: [{ realTime: [true] }, { priority: ['speed'] }],
    choose: 'rms',
    because:
      'One sum in place of two, and nothing to centre: the fastest norm of activations; for real time, mobile and edge.',
    source: 'rms',
    alternatives: [
      rival('layer', 'layer', 'centred, a little more work'),
      rival(
        'batch',
        'batch',
        'folds into the dense layer in inference, where it costs nothing; needs 16 examples or more in training',
        [{ statisticsBatch: { atLeast: SMALL } }, { statisticsBatch: ['unknown'] }],
      ),
    ],
  },
  {
    id: 'memory',
    when: [{ priority: ['memory'] }],
    choose: 'rms',
    because: 'One weight a feature and one statistic an example, no moving statistics.',
    source: 'rms',
    alternatives: [
      rival('instance', 'articles', 'no moving statistics either; for images'),
      rival('layer', 'layer', 'twice the weights and statistics'),
    ],
  },
  {
    id: 'in-doubt',
    when: [{}],
    choose: 'rms',
    because:
      'Nothing decides: RMS is cheap, knows no batch, and is what articles advise when in doubt, for multimodal networks as well.',
    source: 'articles',
    alternatives: [
      rival('layer', 'layer', 'centred; the older and better known of the two'),
      PROBE,
      rival('batch', 'batch', 'with 16 examples or more a device', [
        { statisticsBatch: { atLeast: SMALL } },
        { statisticsBatch: ['unknown'] },
      ]),
    ],
  },
];

export const RULES: readonly Rule[] = frozen([...EARLY, ...BY_TASK, ...BY_ARCHITECTURE, ...BY_BATCH_SIZE, ...LATE]);
