import { NORMS, type NormId } from '../norms.js';
import { frozen } from './frozen.js';

/** What the guide can choose: a row of the table, or no norm at all. */
export type Choice = NormId | 'none';

/** Everything the guide can choose. */
export const CHOICES: readonly Choice[] = [...NORMS.map(({ id }) => id), 'none'];

const ARCHITECTURES = ['cnn', 'feedForward', 'rnn', 'transformer', 'visionTransformer'] as const;
const TASKS = [
  'classification',
  'detection',
  'segmentation',
  'styleTransfer',
  'imageGeneration',
  'imageToImage',
  'superResolution',
  'domainGeneralization',
  'audioGeneration',
  'languageModel',
  'sequence',
  'reinforcementLearning',
  'regression',
] as const;
const PRIORITIES = ['accuracy', 'speed', 'memory'] as const;
const STYLES = ['erase', 'keep', 'learn'] as const;
const ERAS = ['modern', 'traditional'] as const;
const POSITIONS = ['hidden', 'beforeOutput'] as const;

/**
 * What is known about an architecture. Only `architecture` is needed; a fact that is left out is unknown, which is not the
 * same as false.
 */
export interface Facts {
  architecture: (typeof ARCHITECTURES)[number];
  task?: (typeof TASKS)[number];
  /** Examples a device sees in one step, or `'variable'`. */
  batchSize?: number | 'variable';
  /** Devices that train together. */
  devices?: number;
  /** Whether statistics are shared across devices. */
  synchronized?: boolean;
  /** Channels of the activations to normalize. */
  channels?: number;
  /** Rank of the activations to normalize, batch and channels included: 2 to 6. */
  rank?: number;
  /** Sequences of different lengths. */
  variableLength?: boolean;
  /** Learning from one example after the other, as they come. */
  online?: boolean;
  /** Inference has a deadline: real time, mobile, edge. */
  realTime?: boolean;
  /** Activations in half precision. */
  mixedPrecision?: boolean;
  /** The loss has a penalty on the gradient with respect to the input, as a critic's in WGAN-GP. */
  gradientPenalty?: boolean;
  /** What matters most. */
  priority?: (typeof PRIORITIES)[number];
  /** Contrast and brightness of an image: noise to erase, a signal to keep, or unknown, to be learned. */
  style?: (typeof STYLES)[number];
  /** Of a transformer: after T5 and LLaMA, or before. */
  era?: (typeof ERAS)[number];
  /** Training and inference data differ. */
  distributionShift?: boolean;
  /** The norm that a model to be fine-tuned already has. */
  pretrained?: Choice;
  /** Where the norm is to stand. */
  position?: (typeof POSITIONS)[number];
}

export type FactName = keyof Facts;

/** What a fact may be. */
export type FactRow = { readonly means: string } & (
  | { readonly kind: 'choice'; readonly values: readonly string[] }
  | { readonly kind: 'flag' }
  | { readonly kind: 'count'; readonly least: number; readonly most?: number; readonly words?: readonly string[] }
);

/** Every fact with what it may be: the checks, the command line's flags and the documentation read this. */
export const FACTS: Readonly<Record<FactName, FactRow>> = frozen<Record<FactName, FactRow>>({
  architecture: { kind: 'choice', values: ARCHITECTURES, means: 'the kind of network' },
  task: { kind: 'choice', values: TASKS, means: 'what it is for' },
  batchSize: { kind: 'count', least: 1, words: ['variable'], means: 'examples a device sees in one step' },
  devices: { kind: 'count', least: 1, means: 'devices that train together' },
  synchronized: { kind: 'flag', means: 'statistics are shared across devices' },
  channels: { kind: 'count', least: 1, means: 'channels of the activations to normalize' },
  rank: { kind: 'count', least: 2, most: 6, means: 'rank of the activations, batch and channels included' },
  variableLength: { kind: 'flag', means: 'sequences have different lengths' },
  online: { kind: 'flag', means: 'it learns from one example after the other' },
  realTime: { kind: 'flag', means: 'inference has a deadline: real time, mobile, edge' },
  mixedPrecision: { kind: 'flag', means: 'activations are in half precision' },
  gradientPenalty: { kind: 'flag', means: 'the loss penalizes the gradient of the input, as a critic’s' },
  priority: { kind: 'choice', values: PRIORITIES, means: 'what matters most' },
  style: { kind: 'choice', values: STYLES, means: 'contrast of an image: noise, signal, or unknown' },
  era: { kind: 'choice', values: ERAS, means: 'of a transformer: after T5 and LLaMA, or before' },
  distributionShift: { kind: 'flag', means: 'training and inference data differ' },
  pretrained: { kind: 'choice', values: CHOICES, means: 'the norm a model to be fine-tuned already has' },
  position: { kind: 'choice', values: POSITIONS, means: 'where the norm is to stand' },
});

/** Rank of the activations where it is not said. */
export const USUAL_RANK: Readonly<Record<Facts['architecture'], number>> = {
  cnn: 4,
  feedForward: 2,
  rnn: 3,
  transformer: 3,
  visionTransformer: 3,
};
