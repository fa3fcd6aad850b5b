import {
  type Facts,
  NORMS,
  PLACEMENT,
  RULES,
  recommendNormalization,
  SOURCES,
  WARNINGS,
} from '../../src/guide/index.js';
import { factsFor, numbers, randomFacts } from './facts.js';

const CHOICES = [...NORMS.map(({ id }) => id), 'none'];

/** Facts under which each rule is the first to hold, and what must come of it. */
const REACHED: readonly (readonly [rule: string, norm: string, facts: Facts])[] = [
  ['before-output', 'none', { architecture: 'cnn', batchSize: 64, position: 'beforeOutput' }],
  ['pretrained-batch-frozen', 'batch', { architecture: 'cnn', pretrained: 'batch', batchSize: 7 }],
  ['pretrained', 'batch', { architecture: 'cnn', pretrained: 'batch', batchSize: 8 }],
  ['pretrained', 'group', { architecture: 'cnn', pretrained: 'group', batchSize: 64 }],
  ['gradient-penalty', 'weight', { architecture: 'cnn', gradientPenalty: true, batchSize: 64 }],
  ['online', 'layer', { architecture: 'cnn', online: true, batchSize: 64 }],
  ['reinforcement-learning', 'layer', { architecture: 'cnn', task: 'reinforcementLearning', batchSize: 64 }],
  ['language-model', 'rms', { architecture: 'transformer', task: 'languageModel', variableLength: true }],
  ['detection-segmentation', 'group', { architecture: 'cnn', task: 'detection', batchSize: 1 }],
  ['detection-segmentation', 'group', { architecture: 'cnn', task: 'segmentation', batchSize: 2 }],
  ['style-small-batch', 'group', { architecture: 'cnn', style: 'learn', batchSize: 1 }],
  ['style-small-batch', 'group', { architecture: 'cnn', task: 'domainGeneralization', batchSize: 3 }],
  ['style-signal', 'batchInstance', { architecture: 'cnn', style: 'learn', batchSize: 32 }],
  ['style-signal', 'batchInstance', { architecture: 'cnn', style: 'keep', task: 'styleTransfer' }],
  ['style-signal', 'batchInstance', { architecture: 'cnn', task: 'domainGeneralization' }],
  ['super-resolution', 'weight', { architecture: 'cnn', task: 'superResolution' }],
  ['audio-generation', 'weight', { architecture: 'cnn', task: 'audioGeneration', batchSize: 1 }],
  ['image-synthesis', 'instance', { architecture: 'cnn', task: 'styleTransfer', batchSize: 1 }],
  ['image-synthesis', 'instance', { architecture: 'cnn', task: 'imageToImage' }],
  ['image-synthesis', 'instance', { architecture: 'cnn', task: 'imageGeneration', batchSize: 64 }],
  ['style-erase', 'instance', { architecture: 'cnn', style: 'erase', batchSize: 32 }],
  ['variable-length', 'layer', { architecture: 'rnn', variableLength: true }],
  ['batch-of-one', 'layer', { architecture: 'feedForward', batchSize: 1 }],
  ['recurrent', 'layer', { architecture: 'rnn', batchSize: 64 }],
  ['transformer-traditional', 'layer', { architecture: 'transformer', era: 'traditional' }],
  ['transformer-modern', 'rms', { architecture: 'transformer', era: 'modern' }],
  ['transformer-modern', 'rms', { architecture: 'transformer' }],
  ['vision-transformer-efficient', 'rms', { architecture: 'visionTransformer', priority: 'speed' }],
  ['vision-transformer', 'layer', { architecture: 'visionTransformer' }],
  ['cnn-shift', 'group', { architecture: 'cnn', batchSize: 64, distributionShift: true }],
  ['cnn-large-batch', 'batch', { architecture: 'cnn', batchSize: 16 }],
  ['cnn-large-batch', 'batch', { architecture: 'cnn', batchSize: 2, devices: 8, synchronized: true }],
  ['cnn-large-batch', 'batch', { architecture: 'cnn', batchSize: 64, realTime: true, priority: 'speed' }],
  ['cnn-middle-batch', 'group', { architecture: 'cnn', batchSize: 15 }],
  ['cnn-middle-batch', 'group', { architecture: 'cnn', batchSize: 8 }],
  ['cnn-small-batch', 'group', { architecture: 'cnn', batchSize: 7 }],
  ['cnn-small-batch', 'group', { architecture: 'cnn', batchSize: 2, devices: 64 }],
  ['cnn-unknown-batch', 'group', { architecture: 'cnn' }],
  ['cnn-unknown-batch', 'group', { architecture: 'cnn', batchSize: 'variable' }],
  ['feed-forward-shift', 'layer', { architecture: 'feedForward', batchSize: 64, distributionShift: true }],
  ['feed-forward-large-batch', 'batch', { architecture: 'feedForward', batchSize: 16 }],
  ['feed-forward-small-batch', 'layer', { architecture: 'feedForward', batchSize: 7 }],
  ['speed', 'rms', { architecture: 'feedForward', realTime: true }],
  ['speed', 'rms', { architecture: 'feedForward', priority: 'speed', batchSize: 12 }],
  ['memory', 'rms', { architecture: 'feedForward', priority: 'memory' }],
  ['in-doubt', 'rms', { architecture: 'feedForward' }],
  ['in-doubt', 'rms', { architecture: 'feedForward', batchSize: 'variable' }],
];

describe('rules', () => {
  test.each(REACHED)('%s → %s %j', (rule, norm, facts) => {
    const { reasons, norm: chosen } = recommendNormalization(facts);
    expect([reasons[0]?.id, chosen]).toEqual([rule, norm]);
  });

  test('every one is reached', () => {
    expect([...new Set(REACHED.map(([rule]) => rule))]).toEqual(RULES.map(({ id }) => id));
  });

  test('each condition of each is reached', () => {
    const hidden = RULES.flatMap((rule) =>
      rule.when.map(factsFor).filter((facts) => recommendNormalization(facts).reasons[0]?.id !== rule.id),
    );
    expect(hidden).toEqual([]);
  });

  test('choices and alternatives are rows of the table, alternatives other than the choice', () => {
    for (const { choose, alternatives } of RULES) {
      if (typeof choose === 'string') expect(CHOICES).toContain(choose);
      for (const { norm } of alternatives) {
        expect(CHOICES).toContain(norm);
        expect(norm).not.toBe(choose);
      }
      expect(new Set(alternatives.map(({ norm }) => norm)).size).toBe(alternatives.length);
    }
  });

  test('no two are equal', () => {
    for (const key of ['id', 'when', 'because'] as const) {
      expect(new Set(RULES.map((rule) => JSON.stringify(rule[key]))).size).toBe(RULES.length);
    }
    const conditions = RULES.flatMap(({ when }) => when.map((one) => JSON.stringify(Object.entries(one).sort())));
    expect(new Set(conditions).size).toBe(conditions.length);
  });

  test('every source is named by a rule, a note or an option', () => {
    const used = JSON.stringify([RULES, PLACEMENT, WARNINGS]);
    const others = Object.keys(SOURCES).filter((id) => !used.includes(`"${id}"`));
    expect(others.filter((id) => !['keras', 'measured'].includes(id))).toEqual([]);
    for (const { title, url } of Object.values(SOURCES)) {
      expect(title).toMatch(/\w/);
      if (url !== null) expect(url).toMatch(/^https:\/\//);
    }
  });

  test('sentences end, and none has a straight quote or a double space', () => {
    const sentences = [...RULES.map(({ because }) => because), ...[...PLACEMENT, ...WARNINGS].map(({ text }) => text)];
    for (const text of sentences) expect(text).toMatch(/^[A-Zγ](?!.* {2})(?!.*').*\.$/u);
  });
});

describe('never', () => {
  const random = numbers(7);
  const answers = Array.from({ length: 8000 }, () => {
    const facts = randomFacts(random);
    try {
      return [facts, recommendNormalization(facts)] as const;
    } catch {
      return undefined;
    }
  }).filter((answer) => answer !== undefined);
  const fresh = answers.filter(([{ pretrained }]) => pretrained === undefined);

  test('batch norm under 4 examples, chosen or named', () => {
    let under = 0;
    for (const [facts] of fresh) {
      const { devices: _, synchronized: __, ...others } = facts;
      for (const batchSize of [1, 2, 3]) {
        const { norm, alternatives } = recommendNormalization({ ...others, batchSize });
        expect([norm, ...alternatives.map((other) => other.norm)]).not.toContain('batch');
        under++;
      }
    }
    expect(under).toBeGreaterThan(1000);
  });

  test('anything with a batch in a critic with a gradient penalty, or for data that shift', () => {
    const rows = new Map(NORMS.map((row) => [row.id as string, row]));
    const penal = fresh.filter(([{ gradientPenalty, position }]) => gradientPenalty && position !== 'beforeOutput');
    expect(penal.length).toBeGreaterThan(50);
    for (const [, { norm, alternatives }] of penal) {
      for (const id of [norm, ...alternatives.map((other) => other.norm)]) expect(rows.get(id)?.memory).toBe(false);
    }
    const shifting = fresh.filter(([{ distributionShift }]) => distributionShift);
    expect(shifting.length).toBeGreaterThan(100);
    for (const [, { norm, warnings }] of shifting) {
      expect(norm).not.toBe('batch');
      expect(warnings.map(({ id }) => id)).toContain('distribution-shift');
    }
  });

  test('a norm that the rank cannot have', () => {
    for (const [{ rank }, { norm, alternatives }] of answers) {
      for (const id of [norm, ...alternatives.map((other) => other.norm)]) {
        const row = NORMS.find((each) => each.id === id);
        expect(row?.minRank ?? 2).toBeLessThanOrEqual(rank ?? 6);
      }
    }
  });
});
