import { NORMS, type NormId } from '../norms.js';
import { frozen } from './frozen.js';

/** Where a statement comes from. Without an address it is advice that articles repeat, or a measurement of this package. */
export interface Source {
  readonly title: string;
  readonly year: number | null;
  readonly url: string | null;
}

const arxiv = (number: string, year: number, title: string): Source => ({
  title,
  year,
  url: `https://arxiv.org/abs/${number}`,
});

const OTHERS = {
  articles: { title: 'Survey articles on normalization (practice)', year: null, url: null },
  digits: { title: 'Measured here, models/digits', year: 2026, url: null },
  measured: { title: 'Measured here, npm run bench:guide', year: 2026, url: null },
  keras: {
    title: 'Keras, BatchNormalization layer',
    year: null,
    url: 'https://keras.io/api/layers/normalization_layers/batch_normalization/',
  },
  pytorch: {
    title: 'PyTorch, BatchNorm2d',
    year: null,
    url: 'https://pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html',
  },
  rethinkingBatch: arxiv('2105.07576', 2021, 'Rethinking “Batch” in BatchNorm'),
  megDet: arxiv('1711.07240', 2017, 'MegDet: A Large Mini-Batch Object Detector'),
  wganGp: arxiv('1704.00028', 2017, 'Improved Training of Wasserstein GANs'),
  recurrentBatch: arxiv('1603.09025', 2016, 'Recurrent Batch Normalization'),
  ibnNet: arxiv('1807.09441', 2018, 'Two at Once: Enhancing Learning and Generalization Capacities via IBN-Net'),
  edsr: arxiv('1707.02921', 2017, 'Enhanced Deep Residual Networks for Single Image Super-Resolution'),
  wdsr: arxiv('1808.08718', 2018, 'Wide Activation for Efficient and Accurate Image Super-Resolution'),
  melGan: arxiv('1910.06711', 2019, 'MelGAN: Generative Adversarial Networks for Conditional Waveform Synthesis'),
  preNorm: arxiv('2002.04745', 2020, 'On Layer Normalization in the Transformer Architecture'),
  t5: arxiv('1910.10683', 2019, 'Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer'),
  llama: arxiv('2302.13971', 2023, 'LLaMA: Open and Efficient Foundation Language Models'),
  vit: arxiv('2010.11929', 2020, 'An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale'),
  largeMinibatch: arxiv('1706.02677', 2017, 'Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour'),
  mixedPrecision: arxiv('1710.03740', 2017, 'Mixed Precision Training'),
} as const satisfies Record<string, Source>;

/** A norm's identifier stands for its paper. */
export type SourceId = keyof typeof OTHERS | NormId;

/** Every source that rules and notes name. */
export const SOURCES: Readonly<Record<SourceId, Source>> = frozen({
  ...(Object.fromEntries(NORMS.map(({ id, paper }) => [id, { ...paper }])) as unknown as Record<NormId, Source>),
  ...OTHERS,
});
