import {
  type Facts,
  NORMS,
  NormalizationError,
  type Recommendation,
  RULES,
  recommendNormalization,
} from '../../src/guide/index.js';
import { numbers, randomFacts } from './facts.js';

const ids = (notes: readonly { id: string }[]) => notes.map(({ id }) => id);
const norms = ({ alternatives }: Recommendation) => alternatives.map(({ norm }) => norm);

describe('what an answer holds', () => {
  test('reasons, alternatives, warnings, places with their sources; cost; code', () => {
    const answer = recommendNormalization({ architecture: 'cnn', batchSize: 32, channels: 64 });
    expect(Object.keys(answer)).toEqual([
      'norm',
      'config',
      'placement',
      'reasons',
      'alternatives',
      'warnings',
      'cost',
      'code',
    ]);
    expect(answer.config).toEqual({ momentum: 0.9, epsilon: 1e-5 });
    expect(ids(answer.reasons)).toEqual(['cnn-large-batch', 'momentum-large-batch', 'epsilon-float']);
    expect(ids(answer.placement)).toEqual([
      'before-activation',
      'after-activation',
      'no-bias-before',
      'not-before-output',
      'initial-values',
      'residual-gamma',
    ]);
    expect(ids(answer.warnings)).toEqual(['two-modes', 'momentum-convention', 'learning-rate', 'one-norm']);
    for (const { text, source } of [...answer.reasons, ...answer.placement, ...answer.warnings]) {
      expect(text).toMatch(/\.$/);
      expect(source.title).toMatch(/\w/);
    }
    expect(norms(answer)).toEqual(['group', 'switchable', 'weight']);
  });

  test('both sides where the sources disagree', () => {
    const middle = recommendNormalization({ architecture: 'cnn', batchSize: 12 });
    expect([middle.norm, ...norms(middle)]).toEqual(['group', 'batch', 'switchable', 'meanOnlyBatch']);
    expect(middle.reasons[0]?.text).toMatch(/gap.*at 8.*at 16/);
    const recurrent = recommendNormalization({ architecture: 'rnn' });
    expect([recurrent.norm, norms(recurrent)[0]]).toEqual(['layer', 'weight']);
    expect(recurrent.alternatives[0]?.trade).toMatch(/disagree/);
    const unknown = recommendNormalization({ architecture: 'cnn' });
    expect(norms(unknown)).toEqual(['switchable', 'batch']);
    expect(unknown.alternatives[1]?.trade).toMatch(/16 examples/);
    expect(norms(recommendNormalization({ architecture: 'cnn', batchSize: 'variable' }))).toEqual(['switchable']);
    const doubt = recommendNormalization({ architecture: 'feedForward' });
    expect([doubt.norm, ...norms(doubt)]).toEqual(['rms', 'layer', 'switchable', 'batch']);
    expect(doubt.alternatives[1]?.config.statistics).toEqual(['layer', 'batch']);
  });

  test('batch-free alternatives lead where data shift', () => {
    const memory = new Map(NORMS.map((row) => [row.id as string, row.memory]));
    for (const architecture of ['cnn', 'feedForward'] as const) {
      const answer = recommendNormalization({ architecture, batchSize: 64, distributionShift: true });
      const withMemory = [answer.norm, ...norms(answer)].map((id) => memory.get(id));
      expect(withMemory).toEqual([...withMemory].sort());
      expect(norms(answer)).toContain('batch');
    }
  });

  test('nothing that somebody does to an answer or the data changes the next', () => {
    const facts = { architecture: 'cnn', batchSize: 2 } as const;
    const before = JSON.stringify(recommendNormalization(facts));
    const answer = recommendNormalization(facts) as unknown as { reasons: { source: { title: string } }[] };
    expect(() => {
      (answer.reasons[0] as { source: { title: string } }).source.title = 'another';
    }).toThrow(TypeError);
    expect(() => (RULES as unknown[]).pop()).toThrow(TypeError);
    expect(JSON.stringify(recommendNormalization(facts))).toBe(before);
  });

  test.each([
    [{ architecture: 'rnn' }, ['recurrent', 'not-before-output', 'initial-values']],
    [{ architecture: 'transformer' }, ['pre-norm', 'not-before-output', 'initial-scale']],
    [
      { architecture: 'cnn', pretrained: 'batch', batchSize: 32 },
      ['before-activation', 'after-activation', 'not-before-output'],
    ],
    [{ architecture: 'cnn', position: 'beforeOutput' }, []],
  ])('%j is placed by %j', (facts, expected) => {
    expect(ids(recommendNormalization(facts as Facts).placement)).toEqual(expected);
  });

  test('no advice contradicts its warning', () => {
    for (const batchSize of [1, 2, 3]) {
      for (const facts of [{ style: 'learn' }, { task: 'domainGeneralization' }, { task: 'detection' }] as const) {
        const { warnings } = recommendNormalization({ architecture: 'cnn', batchSize, ...facts });
        expect(ids(warnings)).not.toContain('batch-under-4');
      }
    }
    const { alternatives } = recommendNormalization({ architecture: 'cnn', task: 'styleTransfer', batchSize: 1 });
    expect(alternatives.map(({ norm }) => norm)).toEqual(['weight', 'group']);
  });

  test('a pretrained norm stays as it is, batch norm frozen at a small batch', () => {
    const small = recommendNormalization({ architecture: 'cnn', pretrained: 'batch', batchSize: 2 });
    expect([small.norm, small.config]).toEqual(['batch', { trainable: false }]);
    expect(ids(small.warnings)).toEqual(['frozen-batch-norm', 'pretrained-mix']);
    expect(small.code).toContain('batchNormalization({ trainable: false })');
    for (const pretrained of [...NORMS.map(({ id }) => id), 'none'] as const) {
      const answer = recommendNormalization({ architecture: 'cnn', pretrained, batchSize: 32 });
      expect([answer.norm, answer.config]).toEqual([pretrained, pretrained === 'group' ? { groups: 'auto' } : {}]);
    }
  });

  test('devices: a batch is one device’s unless statistics are synchronized', () => {
    const apart = recommendNormalization({ architecture: 'cnn', batchSize: 16, devices: 4 });
    expect(ids(apart.warnings)).toContain('per-device');
    const together = recommendNormalization({ architecture: 'cnn', batchSize: 4, devices: 4, synchronized: true });
    expect([together.norm, ids(together.warnings).includes('synchronized')]).toEqual(['batch', true]);
    expect(recommendNormalization({ architecture: 'cnn', batchSize: 4, devices: 4 }).norm).toBe('group');
  });

  test.each([
    [{ mixedPrecision: true }, 'half-precision'],
    [{ gradientPenalty: true }, 'gradient-penalty'],
    [{ task: 'styleTransfer' }, 'style-erased'],
    [{ task: 'styleTransfer' }, 'no-space'],
    [{ batchSize: 4 }, 'less-regularization'],
    [{ batchSize: 4 }, 'groups-divide'],
    [{ devices: 4, batchSize: 4 }, 'per-device-size'],
    [{ architecture: 'rnn' }, 'no-batch-in-time'],
  ])('%j warns of %s', (facts, warning) => {
    const answer = recommendNormalization({ architecture: 'cnn', ...facts } as Facts);
    expect(ids(answer.warnings)).toContain(warning);
    expect(ids(recommendNormalization({ architecture: 'transformer' }).warnings)).not.toContain(warning);
  });
});

describe('options', () => {
  test.each([
    [64, 32],
    [256, 32],
    [48, 24],
    [32, 16],
    [36, 18],
    [62, 31],
    [7, 1],
    [2, 1],
    [1, 1],
  ])('%i channels in %i groups', (channels, groups) => {
    expect(recommendNormalization({ architecture: 'cnn', batchSize: 2, channels }).config.groups).toBe(groups);
  });

  test('groups wait where the channels are not known', () => {
    expect(recommendNormalization({ architecture: 'cnn', batchSize: 2 }).config.groups).toBe('auto');
  });

  test('epsilon by precision, momentum by the examples that share statistics', () => {
    expect(recommendNormalization({ architecture: 'transformer' }).config).toEqual({ epsilon: 1e-6 });
    expect(recommendNormalization({ architecture: 'transformer', mixedPrecision: true }).config).toEqual({
      epsilon: 1e-5,
    });
    const momentum = (facts: Partial<Facts>) =>
      recommendNormalization({ architecture: 'cnn', ...facts }).config.momentum;
    expect(momentum({ batchSize: 31 })).toBe(0.99);
    expect(momentum({ batchSize: 32 })).toBe(0.9);
    expect(momentum({ batchSize: 16, devices: 2, synchronized: true })).toBe(0.9);
    expect(momentum({ style: 'learn' })).toBe(0.99);
  });
});

describe('what would change the answer', () => {
  test('each change that is named does', () => {
    const random = numbers(3);
    let named = 0;
    for (let i = 0; i < 300; i++) {
      const facts = randomFacts(random);
      let answer: Recommendation;
      try {
        answer = recommendNormalization(facts);
      } catch {
        continue;
      }
      for (const { norm, wins } of answer.alternatives) {
        if (wins === null) continue;
        named++;
        expect(Object.keys(wins)).toHaveLength(1);
        expect(recommendNormalization({ ...facts, ...wins }).norm).toBe(norm);
      }
    }
    expect(named).toBeGreaterThan(50);
  });

  test('is the batch size, for batch against group norm', () => {
    const small = recommendNormalization({ architecture: 'cnn', batchSize: 4 });
    expect(small.alternatives.find(({ norm }) => norm === 'batch')?.wins).toEqual({ batchSize: 16 });
    const large = recommendNormalization({ architecture: 'cnn', batchSize: 16 });
    expect(large.alternatives.find(({ norm }) => norm === 'group')?.wins).toEqual({ batchSize: 15 });
    const transformer = recommendNormalization({ architecture: 'transformer' });
    expect(transformer.alternatives[0]).toMatchObject({ norm: 'layer', wins: { era: 'traditional' } });
  });
});

describe('10,000 random facts', () => {
  const random = numbers(1);
  const all = Array.from({ length: 10_000 }, () => randomFacts(random));

  test('give an answer, the same each time, or a typed error; the median takes under 1 ms', () => {
    const times: number[] = [];
    let refused = 0;
    for (const facts of all) {
      const before = JSON.stringify(facts);
      const started = performance.now();
      try {
        const answer = recommendNormalization(facts);
        times.push(performance.now() - started);
        expect(answer.reasons.length).toBeGreaterThan(0);
      } catch (error) {
        if (!(error instanceof NormalizationError)) throw error;
        refused++;
      }
      expect(JSON.stringify(facts)).toBe(before);
    }
    expect(times.length).toBeGreaterThan(3000);
    expect(refused).toBeGreaterThan(100);
    expect(times.sort((a, b) => a - b)[Math.floor(times.length / 2)]).toBeLessThan(1);
    for (const facts of all.slice(0, 500)) {
      const twice = [0, 1].map(() => {
        try {
          return JSON.stringify(recommendNormalization(facts));
        } catch (error) {
          return String(error);
        }
      });
      expect(twice[0]).toBe(twice[1]);
    }
  });
});

describe('facts that are refused', () => {
  const refused = (facts: unknown) => {
    try {
      recommendNormalization(facts as Facts);
    } catch (error) {
      expect(error).toBeInstanceOf(NormalizationError);
      expect((error as Error).message).toMatch(/^\[guide\] [a-z][^.]*\. (Received .*\. )?[A-Z].*[.?]$/);
      return (error as Error).message;
    }
    return 'accepted';
  };

  test.each([
    [undefined, /^\[guide\] facts must be one plain object\. Received facts=undefined\. Try/],
    [null, /facts must be one plain object/],
    ['cnn', /facts must be one plain object/],
    [['cnn'], /facts must be one plain object/],
    [() => 1, /facts must be one plain object/],
    [{}, /architecture must be given.*Use one of cnn, feedForward/],
    [{ architecture: undefined }, /architecture must be given/],
    [{ architecture: 'CNN' }, /architecture must be one of.*Did you mean `cnn`\?/],
    [{ architecture: 'cnn', task: 'segmentaton' }, /Received task="segmentaton"\. Did you mean `segmentation`\?/],
    [{ architecture: 'cnn', bachSize: 2 }, /unknown fact\. Received fact="bachSize"\. Did you mean `batchSize`\?/],
    [{ architecture: 'cnn', batch: 2 }, /unknown fact/],
    [{ architecture: 'cnn', toString: 1 }, /unknown fact/],
    [JSON.parse('{"architecture":"cnn","__proto__":{}}'), /unknown fact/],
    [
      { architecture: 'cnn', batchSize: 0 },
      /batchSize must be a whole number from 1 on or 'variable'\. Received batchSize=0/,
    ],
    [{ architecture: 'cnn', batchSize: 1.5 }, /Received batchSize=1\.5/],
    [{ architecture: 'cnn', batchSize: Number.NaN }, /Received batchSize=NaN/],
    [{ architecture: 'cnn', batchSize: Number.POSITIVE_INFINITY }, /Received batchSize=Infinity/],
    [{ architecture: 'cnn', batchSize: '16' }, /Received batchSize="16"/],
    [{ architecture: 'cnn', batchSize: null }, /Received batchSize=null/],
    [{ architecture: 'cnn', rank: 7 }, /rank must be a whole number from 2 to 6/],
    [{ architecture: 'cnn', channels: -1 }, /channels must be a whole number from 1 on/],
    [{ architecture: 'cnn', online: 'yes' }, /online must be true or false/],
    [{ architecture: 'cnn', pretrained: 'bn' }, /pretrained must be one of/],
    [
      { architecture: 'cnn', era: 'modern' },
      /era is said of transformers only\. Received architecture="cnn", era="modern"/,
    ],
    [{ architecture: 'cnn', rank: 2 }, /rank 3 or more.*feedForward/],
    [{ architecture: 'cnn', synchronized: true, devices: 1 }, /two devices or more/],
    [{ architecture: 'rnn', task: 'styleTransfer' }, /does not make or cut up images/],
    [{ architecture: 'visionTransformer', task: 'languageModel' }, /reads images/],
    [{ architecture: 'cnn', style: 'keep', task: 'audioGeneration' }, /contrast and brightness of an image/],
    [
      { architecture: 'feedForward', rank: 2, pretrained: 'instance' },
      /needs rank 3 or more.*pretrained="instance", rank=2/,
    ],
  ])('%j', (facts, message) => expect(refused(facts)).toMatch(message));

  test('undefined counts as left out, and a null prototype is an object', () => {
    expect(recommendNormalization({ architecture: 'cnn', batchSize: undefined } as never).reasons[0]?.id).toBe(
      'cnn-unknown-batch',
    );
    expect(recommendNormalization(Object.assign(Object.create(null), { architecture: 'cnn' })).norm).toBe('group');
  });
});
