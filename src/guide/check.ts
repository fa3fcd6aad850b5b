import { type NormalizationError, problem } from '../core/errors.js';
import { meant } from '../core/near.js';
import { rowOf } from './config.js';
import { FACTS, type FactName, type FactRow, type Facts } from './facts.js';
import { matches, type When } from './when.js';

/** Facts that cannot be true together. */
export interface Conflict {
  readonly id: string;
  readonly when: readonly When[];
  readonly facts: readonly FactName[];
  readonly rule: string;
  readonly advice: string;
}

const IMAGE_TASKS = [
  'detection',
  'segmentation',
  'styleTransfer',
  'imageGeneration',
  'imageToImage',
  'superResolution',
];

export const CONFLICTS: readonly Conflict[] = [
  {
    id: 'era-of-a-transformer',
    when: [{ architecture: ['cnn', 'feedForward', 'rnn'], era: ['modern', 'traditional'] }],
    facts: ['architecture', 'era'],
    rule: 'era is said of transformers only',
    advice: "Leave era out, or use architecture: 'transformer'.",
  },
  {
    id: 'synchronized-needs-devices',
    when: [{ synchronized: [true], devices: { below: 2 } }],
    facts: ['synchronized', 'devices'],
    rule: 'statistics can be synchronized across two devices or more',
    advice: 'Leave synchronized out, or give the number of devices.',
  },
  {
    id: 'cnn-without-space',
    when: [{ architecture: ['cnn'], rank: { below: 3 } }],
    facts: ['architecture', 'rank'],
    rule: 'activations of a convolution have rank 3 or more',
    advice: "Use architecture: 'feedForward' for the dense layers of a cnn.",
  },
  {
    id: 'image-task-without-image',
    when: [{ architecture: ['rnn'], task: IMAGE_TASKS }],
    facts: ['architecture', 'task'],
    rule: 'a recurrent network does not make or cut up images',
    advice: "Use architecture: 'cnn' for the part that does.",
  },
  {
    id: 'vision-without-image',
    when: [{ architecture: ['visionTransformer'], task: ['languageModel', 'audioGeneration'] }],
    facts: ['architecture', 'task'],
    rule: 'a vision transformer reads images',
    advice: "Use architecture: 'transformer'.",
  },
  {
    id: 'style-without-image',
    when: [{ style: ['erase', 'keep', 'learn'], task: ['languageModel', 'audioGeneration', 'sequence'] }],
    facts: ['style', 'task'],
    rule: 'style is the contrast and brightness of an image',
    advice: 'Leave style out.',
  },
];

const SUBJECT = 'guide';

/** One check for each kind of fact. Returns what to try, or undefined where the value is right. */
const KINDS: { readonly [K in FactRow['kind']]: (row: FactRow & { kind: K }, value: unknown) => string[] | undefined } =
  {
    choice: ({ values }, value) =>
      values.includes(value as string)
        ? undefined
        : [`must be one of its ${values.length} values`, meant(value, values)],
    flag: (_, value) =>
      typeof value === 'boolean' ? undefined : ['must be true or false', 'Use a boolean, or leave it out.'],
    count: ({ least, most, words = [] }, value) => {
      if (words.includes(value as string)) return undefined;
      const inRange =
        Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= (most ?? Infinity);
      if (inRange) return undefined;
      const range = most === undefined ? `from ${least} on` : `from ${least} to ${most}`;
      const or = words.map((word) => ` or '${word}'`).join('');
      return [`must be a whole number ${range}${or}`, `Give one${or}, or leave it out if it is not known.`];
    },
  };

function checkValue(name: FactName, value: unknown): void {
  const row = FACTS[name];
  const wrong = KINDS[row.kind](row as never, value);
  if (wrong) throw problem(SUBJECT, `${name} ${wrong[0]}`, { [name]: value }, wrong[1]);
}

function checkNames(given: object): void {
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(FACTS, name)) continue;
    throw problem(SUBJECT, 'unknown fact', { fact: name }, meant(name, Object.keys(FACTS)));
  }
}

/** The conflict of facts, if there is one. Checked facts only. */
export function conflictOf(facts: Facts): NormalizationError | undefined {
  const found = CONFLICTS.find(({ when }) => matches(when, facts));
  if (found) {
    const received = Object.fromEntries(found.facts.map((name) => [name, facts[name]]));
    return problem(SUBJECT, found.rule, received, found.advice);
  }
  const { pretrained, rank } = facts;
  const least = pretrained ? (rowOf(pretrained)?.minRank ?? 0) : 0;
  if (rank === undefined || rank >= least) return undefined;
  return problem(
    SUBJECT,
    `a norm of this kind needs rank ${least} or more`,
    { pretrained, rank },
    'Correct one of them.',
  );
}

/**
 * Checks facts and copies them; `undefined` counts as left out.
 *
 * @throws NormalizationError for unknown facts or values (with what was probably meant), and for facts in conflict.
 */
export function checkFacts(given: unknown): Facts {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw problem(
      SUBJECT,
      'facts must be one plain object',
      { facts: given },
      "Try { architecture: 'cnn', batchSize: 4 }.",
    );
  }
  checkNames(given);
  const facts = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  if (facts.architecture === undefined) {
    const { values } = FACTS.architecture as FactRow & { kind: 'choice' };
    throw problem(SUBJECT, 'architecture must be given', { facts: Object.keys(facts) }, meant(undefined, values));
  }
  for (const [name, value] of Object.entries(facts)) checkValue(name as FactName, value);
  const conflict = conflictOf(facts as unknown as Facts);
  if (conflict) throw conflict;
  return facts as unknown as Facts;
}
