import type { Browser } from 'playwright-core';
import { resnet } from '../../models/shapes/index.js';
import { AUDIT_RULES, auditModel, batchNormalization } from '../../src/index.js';
import { hasChromium, launch } from '../browser/chromium.js';
import { onCpu, tf } from '../layers/setup.js';
import { whereSetUp } from '../whereSetUp.js';
import { convolutional } from './planted.js';

onCpu();

const faulty = () => convolutional([batchNormalization({ name: 'norm', momentum: 0.1 })], { useBias: true });

describe('a report', () => {
  test('is data, text and JSON', async () => {
    const model = faulty();
    const report = await auditModel(model, { batchSize: 2 });
    expect(report.ok).toBe(false);
    expect(report.findings.map(({ rule, severity, path }) => [rule, severity, path])).toEqual([
      ['batch-under-4', 'error', 'norm'],
      ['momentum-convention', 'warning', 'norm'],
      ['no-bias-before', 'info', 'conv'],
    ]);
    const { findings, facts, seen, ok, layers } = JSON.parse(JSON.stringify(report));
    expect(findings).toEqual(report.findings);
    expect(facts).toEqual({ architecture: 'cnn', batchSize: 2, channels: 6, pretrained: 'batch', rank: 4 });
    expect([ok, layers.length, seen.channels.where]).toEqual([false, 5, ['norm']]);
    const lines = `${report}`.split('\n');
    expect(lines[0]).toBe('1 error, 1 warning, 1 note in 5 layers, 1 of them a norm.');
    expect(lines).toContain('  norm  statisticsBatch 2');
    expect(lines).toContain('  conv  norm "norm"');
    model.dispose();
  });

  test('a model without norms, and one without faults', async () => {
    const bare = await auditModel(convolutional([]));
    expect([bare.ok, `${bare}`]).toEqual([true, 'Nothing wrong in 4 layers, 0 of them norms.']);
  });

  test('nothing of the model changes, a batch stays the caller’s', async () => {
    const model = faulty();
    const before = model.getWeights().map((weight) => weight.dataSync());
    const call = model.getLayer('norm').call;
    const batch = tf.randomNormal([4, 8, 8, 3]);
    const tensors = tf.memory().numTensors;
    await auditModel(model, {}, { batch });
    expect(tf.memory().numTensors).toBe(tensors);
    expect(batch.isDisposed).toBe(false);
    expect(model.getWeights().map((weight) => weight.dataSync())).toEqual(before);
    expect([Object.hasOwn(model.getLayer('norm'), 'call'), model.getLayer('norm').call]).toEqual([false, call]);
    await expect(auditModel(model, {}, { batch: tf.zeros([1, 5]) })).rejects.toThrow();
    expect(Object.hasOwn(model.getLayer('norm'), 'call')).toBe(false);
  });

  test('strict rejects errors and warnings, not notes', async () => {
    await expect(auditModel(faulty(), { batchSize: 2 }, { strict: true })).rejects.toThrow(/batch-under-4[\s\S]*norm/);
    const rules = { 'momentum-convention': 'off' } as const;
    const report = await auditModel(faulty(), {}, { strict: true, rules });
    expect(report.findings.map(({ rule }) => rule)).toEqual(['no-bias-before']);
  });

  test('severities can be changed', async () => {
    const report = await auditModel(faulty(), {}, { rules: { 'no-bias-before': 'error' } });
    expect(report.findings[0]).toMatchObject({ rule: 'no-bias-before', severity: 'error' });
  });

  test.each([
    [{ rules: { 'batch-under-5': 'off' } }, /unknown rule.*batch-under-4/],
    [{ rules: { 'batch-under-4': 'fatal' } }, /unknown severity/],
    [{ Strict: true }, /unknown option.*strict/],
    [{ rules: 5 }, /rules must be one plain object/],
    [{ rules: null }, /rules must be one plain object/],
    [{ rules: ['batch-under-4'] }, /rules must be one plain object/],
    [{ rules: new Map([['batch-under-4', 'off']]) }, /rules must be one plain object/],
    [{ strict: 'x' }, /strict must be true or false/],
    [{ strict: 0 }, /strict must be true or false/],
    [new Map([['strict', true]]), /options must be one plain object/],
    [null, /one plain object/],
  ])('wrong options are refused: %j', async (options, message) => {
    const before = tf.memory().numTensors;
    await expect(auditModel({ className: 'Sequential' }, {}, options as never)).rejects.toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  });

  test.each([new Map([['batchSize', 2]]), new Date(), [], 3, null])('wrong facts are refused: %p', async (facts) => {
    await expect(auditModel(faulty(), facts as never)).rejects.toThrow(/facts must be one plain object/);
  });

  test('options may lack a prototype, and hold undefined', async () => {
    const bare = (entries: object) => Object.assign(Object.create(null), entries);
    const options = bare({ rules: bare({ 'no-bias-before': 'off' }), strict: undefined, batch: undefined });
    const { findings } = await auditModel(faulty(), bare({ batchSize: 16 }), options);
    expect(findings.map(({ rule }) => rule)).toEqual(['momentum-convention']);
    expect((await auditModel(faulty(), undefined, { rules: undefined } as never)).findings).toHaveLength(2);
  });

  test('a batch needs a model in memory', async () => {
    const json = JSON.parse(faulty().toJSON() as unknown as string);
    const batch = tf.zeros([1, 8, 8, 3]);
    await expect(auditModel(json, {}, { batch })).rejects.toThrow(/a batch needs a model in memory/);
    batch.dispose();
  });

  test('the rules cannot be changed', () => {
    expect(() => Object.assign(AUDIT_RULES[0] as object, { id: 'mine' })).toThrow();
  });
});

whereSetUp('the page of a report', hasChromium(), () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  }, 30_000);
  afterAll(() => browser?.close());

  const EVIL = `<script>document.title='run'</script><img src=x onerror="document.title='run'">"'&\u202e\u001b[31m`;

  async function html(): Promise<string> {
    const file = JSON.parse(resnet({ norm: 'batch:momentum=0.1', stages: [2, 2] }).toJSON() as unknown as string);
    for (const layer of file.config.layers) {
      if (layer.class_name !== 'BatchNormalization') continue;
      layer.config.name += EVIL;
      layer.name += EVIL;
    }
    return (await auditModel(file, { batchSize: 2 })).html();
  }

  test.each([
    ['light', 1200],
    ['light', 390],
    ['dark', 1200],
    ['dark', 390],
  ] as const)(
    '%s, %i pixels: fits, asks for nothing, runs nothing, names stay text',
    async (colorScheme, width) => {
      const page = await browser.newPage({ colorScheme, viewport: { width, height: 800 } });
      const asked: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      await page.setContent(await html());
      expect(asked).toEqual([]);
      expect(await page.title()).toBe('Audit of a model’s norms');
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      expect(await page.locator('script, img, iframe, object, link').count()).toBe(0);
      const name = (await page.locator('article li code').first().textContent()) as string;
      expect(name).toContain(EVIL.slice(0, 20));
      expect(name).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      const colors = (await page.evaluate(
        'const s = getComputedStyle(document.body); [s.color, s.backgroundColor].map((c) => c.match(/\\d+/g).slice(0, 3).reduce((a, b) => a + +b, 0))',
      )) as [number, number];
      const [ink, paper] = colors;
      expect(colorScheme === 'dark' ? ink - paper : paper - ink).toBeGreaterThan(400);
      expect(await page.locator('svg rect.norm').count()).toBe(10);
      expect(await page.locator('svg rect.error').count()).toBe(10);
      await page.close();
    },
    30_000,
  );

  test('draws weights, ε as a line, weak channels in another colour', async () => {
    const model = convolutional([batchNormalization({ name: 'norm' })]);
    const [gamma, beta, mean, variance] = model.getLayer('norm').getWeights() as [never, never, never, never];
    const weak = tf.tensor1d([1, 1, 1e-4, 2e-4, 1, 1]);
    model.getLayer('norm').setWeights([gamma, beta, mean, weak]);
    const page = await browser.newPage();
    await page.setContent((await auditModel(model)).html());
    expect(await page.locator('.norm-card rect.warning').count()).toBe(2);
    expect(await page.locator('.norm-card rect.line').count()).toBe(1);
    expect(await page.locator('.norm-card figcaption').allTextContents()).toEqual([
      '|γ|, 1.0 to 1.0',
      'moving variance, 0.00010 to 1.0; line: ε 0.001',
    ]);
    await page.close();
    tf.dispose([weak, variance]);
  });
});
